package matrix

import "sync"

// memory is a map that forgets its oldest entries. It is safe for concurrent
// use.
type memory[V any] struct {
	mu    sync.Mutex
	order []string // a ring of max keys; next is the oldest
	next  int
	vals  map[string]V
}

func newMemory[V any](max int) *memory[V] {
	return &memory[V]{order: make([]string, 0, max), vals: make(map[string]V)}
}

func (m *memory[V]) put(key string, v V) { m.swap(key, v) }

// swap puts a value and returns the one before.
func (m *memory[V]) swap(key string, v V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, ok := m.vals[key]
	if !ok {
		if len(m.order) < cap(m.order) {
			m.order = append(m.order, key)
		} else {
			delete(m.vals, m.order[m.next])
			m.order[m.next] = key
			m.next = (m.next + 1) % len(m.order)
		}
	}
	m.vals[key] = v
	return was
}

func (m *memory[V]) get(key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.vals[key]
	return v, ok
}

// past is what is remembered of what was said, for as long as memory lasts:
// ids, no words. What must outlive a restart is in the store.
type past struct {
	questions *memory[question] // what to answer how
	ours      *memory[bool]     // event -> whether the bot sent it
	sends     *memory[int]      // question -> how many messages answered it
	asked     *memory[bool]     // keys that were asked for, by room and session
	followed  *memory[bool]     // rooms joined because an older one was upgraded
}

// question is how a message is to be answered.
type question struct {
	quote  string // the event to reply to; "" for none
	sender string
	edited string // the event that this one edits
}

const remembered = 4096

func newPast() past {
	return past{
		questions: newMemory[question](remembered),
		ours:      newMemory[bool](2 * remembered), sends: newMemory[int](remembered),
		followed: newMemory[bool](remembered), asked: newMemory[bool](remembered),
	}
}
