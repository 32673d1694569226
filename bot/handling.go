package bot

import (
	"sync"
	"time"
)

// Handling is how a network's updates get on.
type Handling struct {
	Ended bool      // the network has ended; nothing comes any more
	Open  int       // taken and not dealt with
	Last  time.Time // when one was last dealt with; zero: none yet
	busy  time.Time // since when there is something to do
}

// stuckAfter is longer than any answer may take.
const stuckAfter = serveWithin + time.Minute

// Stuck tells whether updates wait and none has been dealt with for longer than
// any may take.
func (h Handling) Stuck(now time.Time) bool {
	since := h.busy
	if h.Last.After(since) {
		since = h.Last
	}
	return h.Open > 0 && now.Sub(since) > stuckAfter
}

// handlings are those of all networks.
type handlings struct {
	mu  sync.Mutex
	all map[string]Handling
}

func (hs *handlings) took(network string, now time.Time) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.all == nil {
		hs.all = make(map[string]Handling)
	}
	h := hs.all[network]
	if h.Open++; h.Open == 1 {
		h.busy = now
	}
	hs.all[network] = h
}

func (hs *handlings) dealt(network string, now time.Time) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h := hs.all[network]
	h.Open--
	h.Last = now
	hs.all[network] = h
}

func (hs *handlings) end(network string) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.all == nil {
		hs.all = make(map[string]Handling)
	}
	h := hs.all[network]
	h.Ended = true
	hs.all[network] = h
}

// Handling tells how the updates of a network get on.
func (b *Bot) Handling(network string) Handling {
	b.handlings.mu.Lock()
	defer b.handlings.mu.Unlock()
	return b.handlings.all[network]
}
