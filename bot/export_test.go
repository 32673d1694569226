package bot

import "context"

// Command does what a command says, as if it had come from a network.
func (b *Bot) Command(ctx context.Context, a Adapter, m Message) (Reply, bool) {
	return b.command(ctx, a, m)
}

// Serves tells whether a network runs.
func (b *Bot) Serves(network string) bool { return b.adapter(network) != nil }
