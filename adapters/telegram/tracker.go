package telegram

import "sync"

// tracker knows which updates are under way, so that none is confirmed to
// Telegram that is not dealt with, and none is taken twice.
type tracker struct {
	mu      sync.Mutex
	pending map[int]bool // taken and not dealt with; false: left for the next start
	done    map[int]bool
	ring    []int // ids of done, oldest at head
	head    int
	next    int // one above the last id taken
	asked   int // the offset of the last poll
	open    int // how many of pending are under way
	news    chan struct{}
}

// remembersDone is for how many dealt-with updates a repetition is known
// without asking the store.
const remembersDone = 8192

func newTracker() *tracker {
	return &tracker{pending: map[int]bool{}, done: map[int]bool{}, news: make(chan struct{}, 1)}
}

// take tells whether an update is new. An id below what was confirmed means
// that Telegram, after a week of silence, began to count anew.
func (t *tracker) take(id int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.pending[id]; ok || t.done[id] {
		return false
	}
	t.pending[id] = true
	t.open++
	if id < t.asked {
		t.next, t.asked = id+1, id
	}
	t.next = max(t.next, id+1)
	return true
}

// finish ends what take began. An update that is not dealt with stays
// unconfirmed.
func (t *tracker) finish(id int, dealt bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.pending[id] {
		return
	}
	t.open--
	if !dealt {
		t.pending[id] = false
		return
	}
	delete(t.pending, id)
	t.remember(id)
	select {
	case t.news <- struct{}{}:
	default:
	}
}

// leave forgets that an update was taken: another process has it.
func (t *tracker) leave(id int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pending[id] {
		t.open--
	}
	delete(t.pending, id)
}

func (t *tracker) remember(id int) {
	t.done[id] = true
	if len(t.ring) < remembersDone {
		t.ring = append(t.ring, id)
		return
	}
	delete(t.done, t.ring[t.head])
	t.ring[t.head] = id
	t.head = (t.head + 1) % remembersDone
}

// offset is what the next poll asks for: it confirms all below.
func (t *tracker) offset() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.next
	for id := range t.pending {
		o = min(o, id)
	}
	t.asked = o
	return o
}

// recent tells whether an update is so near to the last ones that it would be
// known if it had been taken before.
func (t *tracker) recent(id int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return id > t.next-remembersDone/2
}

// isDone tells whether an update was dealt with not long ago.
func (t *tracker) isDone(id int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done[id]
}

func (t *tracker) underWay() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open
}
