package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"parley/bot"
)

// locks are the chats that this process writes to. On PostgreSQL, which other
// processes may share, each is an advisory lock of one connection besides: it
// ends with the process, however that ends.
type locks struct {
	mu   sync.Mutex
	held map[string]bool
	conn *sql.Conn
}

// Lock makes this process the only one that writes to a chat until unlock is
// called; false if another does now.
func (s *Store) Lock(ctx context.Context, c bot.Chat) (unlock func(), ok bool, err error) {
	key := c.Network + "\x1f" + c.ID // all topics of a chat together
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	if s.locks.held[key] {
		return nil, false, nil
	}
	if s.engine == "postgres" {
		if ok, err = s.advisory(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 7238))`, key); err != nil || !ok {
			return nil, false, err
		}
	}
	s.locks.held[key] = true
	return func() { s.unlock(key) }, true, nil
}

func (s *Store) unlock(key string) {
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	delete(s.locks.held, key)
	if s.engine == "postgres" {
		// An error has ended the connection, and its locks with it.
		_, _ = s.advisory(context.Background(), `SELECT pg_advisory_unlock(hashtextextended($1, 7238))`, key)
	}
}

// advisory asks on the one connection that holds the locks. A connection that
// fails is given up with all locks it held.
func (s *Store) advisory(ctx context.Context, query, key string) (ok bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // a query cut off would end the connection
	defer cancel()
	if s.locks.conn == nil {
		if s.locks.conn, err = s.db.Conn(ctx); err != nil {
			return false, fmt.Errorf("lock: %w", err)
		}
	}
	if err = s.locks.conn.QueryRowContext(ctx, query, key).Scan(&ok); err != nil {
		err = errors.Join(fmt.Errorf("lock: %w", err), s.locks.drop())
	}
	return ok, err
}

// drop ends the connection instead of handing it back with its locks.
func (l *locks) drop() error {
	if l.conn == nil {
		return nil
	}
	_ = l.conn.Raw(func(any) error { return driver.ErrBadConn }) // makes the pool close it
	err := l.conn.Close()
	l.conn = nil
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// Slot reserves the next moment at which something may be sent on a network,
// and returns how far off it is. Where no other process can share the storage
// that is at once: the network's own governor keeps the limits.
func (s *Store) Slot(ctx context.Context, network string, apart time.Duration) (time.Duration, error) {
	if s.engine != "postgres" {
		return 0, nil
	}
	var next int64
	now := s.Now()
	err := s.db.QueryRowContext(ctx, `INSERT INTO slots (network, next) VALUES ($1, $2)
		ON CONFLICT (network) DO UPDATE SET next = GREATEST(slots.next + $3, excluded.next) RETURNING next`,
		network, now.UnixMicro(), apart.Microseconds()).Scan(&next)
	if err != nil {
		return 0, fmt.Errorf("slot: %w", err)
	}
	return max(0, time.UnixMicro(next).Sub(now)), nil
}
