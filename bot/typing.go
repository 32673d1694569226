package bot

import (
	"context"
	"time"
)

// typingAfter is how long an answer may take before it is shown that it is on
// its way. Most are there long before; the sign costs a request of its own.
const typingAfter = 400 * time.Millisecond

// showTyping shows that an answer is on its way, if stop is not called soon.
func showTyping(ctx context.Context, a Adapter, c Chat) (stop func()) {
	t, ok := a.(Typer)
	if !ok {
		return func() {}
	}
	shown := make(chan struct{})
	timer := time.AfterFunc(typingAfter, func() {
		defer close(shown)
		_ = t.Typing(ctx, c) // a courtesy; an answer follows whatever becomes of it
	})
	return func() {
		if !timer.Stop() {
			<-shown
		}
	}
}
