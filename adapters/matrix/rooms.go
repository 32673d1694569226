package matrix

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"
)

// rooms runs what there is to do, in order within a room and side by side
// across rooms, so that a slow room holds up no other and never the sync.
type rooms struct {
	mu    sync.Mutex
	queue map[id.RoomID][]func()
	open  map[string]chan struct{} // messages the bot is dealing with
	ended bool
	wg    sync.WaitGroup
	log   *slog.Logger
}

func newRooms(log *slog.Logger) *rooms {
	return &rooms{queue: make(map[id.RoomID][]func()), open: make(map[string]chan struct{}), log: log}
}

// do adds a task to a room. A room with nothing to do has no goroutine.
func (r *rooms) do(room id.RoomID, task func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	q, running := r.queue[room]
	r.queue[room] = append(q, task)
	if !running {
		r.wg.Go(func() { r.work(room) })
	}
}

// beside runs a task at once, outside the order of any room.
func (r *rooms) beside(task func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.wg.Go(func() { r.safely(task) })
	}
}

func (r *rooms) work(room id.RoomID) {
	for {
		r.mu.Lock()
		q := r.queue[room]
		if len(q) == 0 {
			delete(r.queue, room)
			r.mu.Unlock()
			return
		}
		r.queue[room] = q[1:]
		r.mu.Unlock()
		r.safely(q[0])
	}
}

// safely keeps a message that breaks the program from harming other rooms.
func (r *rooms) safely(task func()) {
	defer func() {
		if p := recover(); p != nil {
			// The value may contain what somebody wrote; the stack does not.
			r.log.Error("a room's task failed", "stack", string(debug.Stack()))
		}
	}()
	task()
}

// begin notes that the bot deals with a message; false if it does already.
func (r *rooms) begin(event string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.open[event]; ok {
		return false
	}
	r.open[event] = make(chan struct{})
	return true
}

// end is called once the bot has dealt with a message; false if it had before.
func (r *rooms) end(event string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	ch, ok := r.open[event]
	if ok {
		close(ch)
		delete(r.open, event)
	}
	return ok
}

func (r *rooms) pending(event string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.open[event]
	return ok
}

// settled waits until the bot is not dealing with a message any more.
func (r *rooms) settled(ctx context.Context, event string, most time.Duration) {
	r.mu.Lock()
	ch := r.open[event]
	r.mu.Unlock()
	if ch == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	select {
	case <-ch:
	case <-ctx.Done():
	}
}

// wait returns once all tasks have ended. What is added by then is not begun.
func (r *rooms) wait() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.wg.Wait()
}

// roomLocks keeps sends in one room in order.
type roomLocks struct {
	mu    sync.Mutex
	locks map[id.RoomID]*roomLock
}

type roomLock struct {
	ch    chan struct{}
	users int
}

// lock returns how to unlock, or an error if ctx ends first.
func (l *roomLocks) lock(ctx context.Context, room id.RoomID) (func(), error) {
	l.mu.Lock()
	if l.locks == nil {
		l.locks = make(map[id.RoomID]*roomLock)
	}
	k := l.locks[room]
	if k == nil {
		k = &roomLock{ch: make(chan struct{}, 1)}
		l.locks[room] = k
	}
	k.users++
	l.mu.Unlock()
	select {
	case k.ch <- struct{}{}:
		return func() { <-k.ch; l.leave(room, k) }, nil
	case <-ctx.Done():
		l.leave(room, k)
		return nil, ctx.Err()
	}
}

func (l *roomLocks) leave(room id.RoomID, k *roomLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.locks, room)
	}
}
