package bot

import "context"

// Forgetter is an adapter that remembers something of chats by itself, or has
// yet to store it.
type Forgetter interface {
	Adapter
	// Forget returns once nothing that was known of a chat before will be stored.
	Forget(c Chat)
}

// forget deletes all that is kept of a chat, in memory and in storage.
func (b *Bot) forget(ctx context.Context, c Chat) {
	b.topics.forget(c)
	b.told.drop(c)
	if f, ok := b.adapter(c.Network).(Forgetter); ok {
		f.Forget(c)
	}
	if b.keeper == nil {
		return
	}
	if err := b.keeper.Forget(ctx, c.Network, c.ID); err != nil {
		b.log.ErrorContext(ctx, "chat not forgotten", "err", err)
	}
}

// forgetMe deletes what is kept of a chat, if who asks speaks for it; in a group
// others have their own talk forgotten, which is all there is of a person.
func (b *Bot) forgetMe(ctx context.Context, m Message) (Reply, bool) {
	if m.Kind == Group && !b.isAdmin(ctx, m) {
		r := b.notice(ctx, m, "forgotten.person", nil)
		if err := b.forgetTalk(ctx, m); err != nil {
			return b.troubled(ctx, m, err)
		}
		return r, true
	}
	r := b.notice(ctx, m, "forgotten", nil)
	if b.memory != nil {
		unlock, err := b.lock(ctx, m.Chat) // what is under way for the chat would be noted afterwards
		if err != nil {
			return b.troubled(ctx, m, err)
		}
		defer unlock()
		if p, err := b.memory.Pin(ctx, m.Chat); err == nil && p != nil {
			b.endCard(ctx, p)
		}
	}
	b.forget(ctx, m.Chat)
	r.Final = true
	return r, true
}
