package matrix

import (
	"context"
	"sync"
	"time"
)

// ledger knows which batches of the sync have been dealt with. The token that
// is saved never passes a batch with an open message: after a crash the
// homeserver tells it again, and the inbox knows what was done.
type ledger struct {
	mu    sync.Mutex
	queue []*batch
	token string        // up to where all is dealt with
	moved chan struct{} // token moved
}

// batch is one response of the sync.
type batch struct {
	token string // where the sync goes on after it
	open  int
}

// maxBatches is how many batches may be under way before the sync waits.
const maxBatches = 1000

func newLedger() *ledger { return &ledger{moved: make(chan struct{}, 1)} }

// add opens a batch, which its caller must release.
func (l *ledger) add(token string) *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := &batch{token: token, open: 1}
	l.queue = append(l.queue, b)
	return b
}

// hold keeps a batch open until release.
func (l *ledger) hold(b *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b.open++
}

func (l *ledger) release(b *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b.open--
	moved := false
	for len(l.queue) > 0 && l.queue[0].open == 0 {
		l.token, moved = l.queue[0].token, true
		l.queue = l.queue[1:]
	}
	if moved {
		select {
		case l.moved <- struct{}{}:
		default:
		}
	}
}

func (l *ledger) state() (token string, open int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.token, len(l.queue)
}

const keptToken = "matrix.sync"

// saveTokens writes the token whenever it has moved, and once more at the end.
func (a *Adapter) saveTokens(ctx context.Context) {
	var saved string
	save := func(ctx context.Context) {
		token, _ := a.ledger.state()
		if token == saved {
			return
		}
		if err := a.cfg.Store.Keep(ctx, keptToken, token); err != nil {
			a.log.ErrorContext(ctx, "sync token not saved", "err", err)
			return
		}
		saved = token
	}
	for {
		select {
		case <-a.ledger.moved:
			save(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			save(last)
			return
		}
	}
}
