package bot

import (
	"context"

	"parley/answers"
)

// talk is what is being talked about with whoever wrote a message. Where other
// processes answer too, any of them may have got the question before this one,
// and only the storage knows.
func (b *Bot) talk(ctx context.Context, m Message) answers.Talk {
	if !b.shares() {
		return b.topics.talk(m.Chat, m.From)
	}
	t, err := b.memory.Talk(ctx, m.Chat, m.From)
	if err != nil {
		b.log.WarnContext(ctx, "talk not read", "err", err)
	}
	return t
}

// remember notes what is being talked about, before the answer is sent: what is
// asked next may come at once.
func (b *Bot) remember(ctx context.Context, m Message, t answers.Talk) {
	if !b.shares() {
		b.topics.remember(m.Chat, m.From, t)
		return
	}
	if err := b.memory.PutTalk(ctx, m.Chat, m.From, t); err != nil {
		b.log.WarnContext(ctx, "talk not kept", "err", err)
	}
}

// forgetTalk forgets what was talked about with whoever wrote a message.
func (b *Bot) forgetTalk(ctx context.Context, m Message) error {
	b.topics.forgetPerson(m.Chat, m.From)
	if !b.shares() {
		return nil
	}
	return b.memory.ForgetTalk(ctx, m.Chat.Network, m.Chat.ID, m.From)
}

// shares tells whether other processes may use the storage.
func (b *Bot) shares() bool { return b.memory != nil && b.memory.Shared() }
