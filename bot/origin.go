package bot

import "context"

// Origin is what somebody said, or a task, that something is done for. It goes
// with the context from an update to its answer, so that all lines of the log
// about one can be found. Whoever logs it hashes it: chats and people are not to
// be told from a log.
type Origin struct {
	Chat Chat
	ID   string // of the message, or of the task
}

type originKey struct{}

// WithOrigin returns a context in which something is done for o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns what ctx is for; false if that is nothing in particular.
func OriginOf(ctx context.Context) (Origin, bool) {
	o, ok := ctx.Value(originKey{}).(Origin)
	return o, ok
}
