package bot

import (
	"sync"
	"time"
)

// Connection is how a network can be reached.
type Connection struct {
	Up    bool
	Heard time.Time // when it last answered; zero: never
}

// Connected is an adapter that tells how its network can be reached.
type Connected interface {
	Adapter
	Connection() Connection
}

// Contact notes how a network answers. The zero value is one that never did. It
// is safe for concurrent use.
type Contact struct {
	mu   sync.Mutex
	last Connection
}

// Answered notes that the network answered.
func (c *Contact) Answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = Connection{Up: true, Heard: time.Now()}
}

// Failed notes that it did not, or that it is not well.
func (c *Contact) Failed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last.Up = false
}

// Connection is what was noted last.
func (c *Contact) Connection() Connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}
