package bot

import (
	"context"
	"time"
)

// handler takes messages of a network. What is blocked or too much goes no further,
// and costs next to nothing.
func (b *Bot) handler(a Adapter) Handler {
	return func(ctx context.Context, m Message, done func(error)) error {
		m.taken = time.Now()
		b.metrics.taken(m, b.now())
		ctx = WithOrigin(ctx, Origin{m.Chat, m.ID})
		do := b.admit(m)
		if do == nil {
			done(nil)
			return nil
		}
		b.handlings.took(a.Name(), m.taken)
		err := b.lanes.put(ctx, m.Chat, func() {
			err := b.serve(context.WithoutCancel(ctx), a, m, do)
			b.handlings.dealt(a.Name(), time.Now())
			done(err)
		})
		if err != nil {
			b.handlings.dealt(a.Name(), time.Now())
		}
		return err
	}
}

// deed is what is done with a message.
type deed func(ctx context.Context, a Adapter, m Message) error

// admit decides what is done with a message; nil is nothing. What a network itself
// reports of a chat's end is always taken.
func (b *Bot) admit(m Message) deed {
	network := m.Chat.Network
	list := b.blocked.Load()
	switch {
	case list.chat(m.Chat):
		b.metrics.held(network, "blocked")
		return b.abandonBlocked
	case m.Command == "gone", m.Command == "moved":
		return b.respond
	case list.person(network, m.From):
		b.metrics.held(network, "blocked")
		return nil
	}
	v, who := b.floods.Load().judge(m, b.rules(m), b.now())
	switch v {
	case answer:
		return b.respond
	case asAdmin:
		return b.respondToAdmin
	}
	b.metrics.held(network, who)
	if v == slowDown && m.Command != "added" { // then nobody wrote anything there
		return b.tellSlowDown
	}
	return nil
}

// respondToAdmin does what those who rule a chat want, although it is too much.
func (b *Bot) respondToAdmin(ctx context.Context, a Adapter, m Message) error {
	if m.Kind == Group && !b.isAdmin(ctx, m) {
		return nil
	}
	return b.respond(ctx, a, m)
}
