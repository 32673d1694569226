package bot

import (
	"context"
	"sync"
)

// lanes serve the messages of a chat in their order, and many chats at the same
// time. How many messages wait is bounded: whoever brings one more waits too.
type lanes struct {
	room    chan struct{} // one for each message taken
	working chan struct{} // one for each chat being served
	mu      sync.Mutex
	boxes   map[Chat][]func()
	wg      sync.WaitGroup
}

// perLane is how many messages may wait for each lane on average.
const perLane = 8

func newLanes(n int) *lanes {
	return &lanes{room: make(chan struct{}, n*perLane), working: make(chan struct{}, n), boxes: make(map[Chat][]func())}
}

// put takes a job for a chat. It waits while there is no room, and returns an
// error only if ctx ends first; then the job is not done.
func (l *lanes) put(ctx context.Context, c Chat, job func()) error {
	select {
	case l.room <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, busy := l.boxes[c]
	l.boxes[c] = append(waiting, job)
	if !busy {
		l.wg.Add(1)
		go l.serve(c)
	}
	return nil
}

// serve does the jobs of a chat until there are none left.
func (l *lanes) serve(c Chat) {
	defer l.wg.Done()
	l.working <- struct{}{}
	defer func() { <-l.working }()
	for {
		job, ok := l.next(c)
		if !ok {
			return
		}
		job()
		<-l.room
	}
}

func (l *lanes) next(c Chat) (func(), bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	jobs := l.boxes[c]
	if len(jobs) == 0 {
		delete(l.boxes, c)
		return nil, false
	}
	l.boxes[c] = jobs[1:]
	return jobs[0], true
}

// wait returns once every job taken has been done.
func (l *lanes) wait() { l.wg.Wait() }
