package bot

import (
	"context"

	"parley/answers"
)

// Command does what a command says, as if it had come from a network.
func (b *Bot) Command(ctx context.Context, a Adapter, m Message) (Reply, bool) {
	return b.command(ctx, a, m)
}

// Serves tells whether a network runs.
func (b *Bot) Serves(network string) bool { return b.adapter(network) != nil }

// Look is the card as it should be now.
func (b *Bot) Look(ctx context.Context, code string) (string, error) {
	v, err := b.look(ctx)
	if err != nil {
		return "", err
	}
	return v.card(code).reply.Body.String(), nil
}

// Recent answers as a bot does, remembering what was asked lately.
func Recent() func(*answers.Book, answers.Question) answers.Answer { return newRecent().answer }
