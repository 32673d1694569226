package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Holder is storage in which what is sent unasked can be held up, by all processes
// that share it.
type Holder interface {
	// Held is since when it is; zero: it is not.
	Held(ctx context.Context) (time.Time, error)
}

// waitHeld is how long a task waits that was begun although tasks are held up.
const waitHeld = 5 * time.Second

var errTaskPanicked = errors.New("panic in a task; the log has the stack")

// Do does a task unless tasks are held up. It returns Busy if it is to be done
// later. A panic costs this try, not the program; what was thrown may hold what
// somebody wrote, and is neither logged nor stored with the task.
func (b *Bot) Do(ctx context.Context, t Task) (err error) {
	ctx = WithOrigin(ctx, Origin{t.Chat, t.Kind + " " + t.Mark})
	defer func() {
		if p := recover(); p != nil {
			b.log.ErrorContext(ctx, "panic in a task", "task", t.Kind, "kind", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errTaskPanicked
		}
	}()
	if h, ok := b.memory.(Holder); ok {
		since, err := h.Held(ctx)
		if err != nil {
			return err
		}
		if !since.IsZero() {
			return Busy{After: waitHeld}
		}
	}
	if t.Kind != TaskRemind && b.blocked.Load().chat(t.Chat) {
		b.forget(ctx, t.Chat)
		return nil
	}
	return b.Deliver(ctx, t)
}
