package bot

import (
	"context"
	"errors"
)

// Blocked is who is not answered, by network and id: "telegram:12345".
type Blocked struct{ People, Chats []string }

type blockList struct{ people, chats map[string]bool }

func newBlockList(b Blocked) *blockList {
	l := &blockList{make(map[string]bool, len(b.People)), make(map[string]bool, len(b.Chats))}
	for _, id := range b.People {
		l.people[id] = true
	}
	for _, id := range b.Chats {
		l.chats[id] = true
	}
	return l
}

func (l *blockList) chat(c Chat) bool { return l.chats[c.Network+":"+c.ID] }

func (l *blockList) person(network, id string) bool { return l.people[network+":"+id] }

// SetBlocked changes who is not answered.
func (b *Bot) SetBlocked(who Blocked) { b.blocked.Store(newBlockList(who)) }

// Quitter is an adapter that can leave chats.
type Quitter interface {
	Adapter
	Leave(ctx context.Context, c Chat) error
}

// abandonBlocked leaves a blocked chat, where the network lets it, and forgets it.
func (b *Bot) abandonBlocked(ctx context.Context, a Adapter, m Message) error {
	if q, ok := a.(Quitter); ok && m.Command != "gone" {
		if err := q.Leave(ctx, m.Chat); err != nil && !errors.Is(err, ErrGone) {
			b.log.WarnContext(ctx, "a blocked chat was not left", "network", a.Name(), "err", err)
		} else {
			b.log.InfoContext(ctx, "a blocked chat was left", "network", a.Name())
		}
	}
	b.forget(ctx, m.Chat)
	return nil
}
