package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// How one process takes over from another. One that loses the database has
// noticed after lookHeld and heldWithin, and has then as long as settled to end
// what it had begun.
const (
	lookFree   = time.Second     // between attempts
	lookHeld   = 2 * time.Second // between looks whether it is still held
	heldWithin = 3 * time.Second
	settled    = 4 * time.Second
)

// Alone runs do while this process is the only one, of all that share the
// storage, to do what has this name; until then it waits. If the storage is lost
// the context of do ends, and do is called again once the process is alone
// again. An error of do ends it, ctx's end without one.
func (s *Store) Alone(ctx context.Context, name string, do func(ctx context.Context) error) error {
	if !s.Shared() {
		return do(ctx)
	}
	for first := true; ctx.Err() == nil; first = false {
		conn, err := s.seize(ctx, name)
		if err != nil || conn == nil {
			wait(ctx, lookFree)
			continue
		}
		if !first { // another may have had it a moment ago
			wait(ctx, settled)
		}
		held, release := holding(ctx, conn)
		if held.Err() == nil {
			err = do(held)
		}
		release()
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return nil
}

// seize takes the lock of a name on a connection of its own, or returns none if
// another has it. A machine that vanishes is noticed within ten seconds.
func (s *Store) seize(ctx context.Context, name string) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, heldWithin)
	defer cancel()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	const quick = `SELECT set_config('tcp_keepalives_idle', '4', false), set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)`
	if _, err := conn.ExecContext(ctx, quick); err != nil {
		end(conn)
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	var ok bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 7240))`, name).Scan(&ok); err != nil || !ok {
		end(conn)
		return nil, err
	}
	return conn, nil
}

// holding is a context that ends when the connection that holds a lock does.
// release gives the lock back.
func holding(ctx context.Context, conn *sql.Conn) (held context.Context, release func()) {
	held, cancel := context.WithCancel(ctx)
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		defer cancel()
		for held.Err() == nil {
			look, done := context.WithTimeout(context.WithoutCancel(ctx), heldWithin)
			_, err := conn.ExecContext(look, `SELECT 1`)
			done()
			if err != nil {
				return
			}
			wait(held, lookHeld)
		}
	}()
	return held, func() { cancel(); <-looked; end(conn) }
}

// end closes a connection instead of handing it back with its locks.
func end(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // makes the pool close it
	_ = conn.Close()                                           // which says that it is closed
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
