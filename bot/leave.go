package bot

import (
	"context"
	"errors"
)

// Leaver is an adapter whose chats the bot leaves when it is told to.
type Leaver interface {
	Adapter
	// MayRemove tells whether a person may remove others from a chat.
	MayRemove(ctx context.Context, c Chat, person string) (bool, error)
	Leave(ctx context.Context, c Chat) error
}

// leave leaves a chat and forgets it, if who asks could remove the bot anyway.
func (b *Bot) leave(ctx context.Context, m Message) (Reply, bool) {
	l, ok := b.adapter(m.Chat.Network).(Leaver)
	if !ok {
		return b.noCommand(ctx, m), true
	}
	may, err := l.MayRemove(ctx, m.Chat, m.From)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	if !may && m.Kind == Group {
		return b.notice(ctx, m, "leave.who", nil), true
	}
	if err := l.Leave(ctx, m.Chat); err != nil && !errors.Is(err, ErrGone) {
		return b.troubled(ctx, m, err)
	}
	b.forget(ctx, m.Chat)
	return Reply{}, false
}
