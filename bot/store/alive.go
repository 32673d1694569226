package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river/rivertype"
)

// alive is the sign of life of a process that does tasks on PostgreSQL: an
// advisory lock of a connection of its own, which ends with the process. Others
// take over what a process without one had begun, long before the queue itself
// would take it for dead.
type alive struct {
	s    *Store
	id   string
	conn *sql.Conn
}

// life is the name under which this process gives signs of life, while it does.
type life struct{ of atomic.Pointer[string] }

func (l *life) name() string {
	if id := l.of.Load(); id != nil {
		return *id
	}
	return ""
}

// lookForDead is how often that is looked for.
const lookForDead = 5 * time.Second

func newAlive(s *Store) *alive { return &alive{s: s, id: "parley-" + rand.Text()} }

// run holds the lock and looks for the dead until ctx ends.
func (a *alive) run(ctx context.Context, log *slog.Logger) {
	a.s.life.of.Store(&a.id)
	defer func() {
		a.s.life.of.Store(nil)
		if a.conn != nil {
			end(a.conn)
		}
	}()
	for {
		if err := a.look(ctx); err != nil && ctx.Err() == nil {
			log.Warn("tasks of processes that ended are taken over later", "err", err)
		}
		t := time.NewTimer(lookForDead)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

func (a *alive) look(ctx context.Context) error {
	if err := a.hold(ctx); err != nil {
		return err
	}
	rows, err := a.s.db.QueryContext(ctx, `SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] FROM river_job WHERE state = 'running'`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var others []string
	for rows.Next() {
		var id sql.NullString
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if id.Valid && id.String != a.id {
			others = append(others, id.String)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, id := range others {
		if err := a.takeOver(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// hold takes the lock, anew if its connection was lost.
func (a *alive) hold(ctx context.Context) (err error) {
	if a.conn != nil && a.conn.PingContext(ctx) == nil {
		return nil
	}
	if a.conn != nil {
		a.conn.Close()
	}
	if a.conn, err = a.s.db.Conn(ctx); err != nil {
		return err
	}
	_, err = a.conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 7239))`, a.id)
	return err
}

// takeOver frees the tasks of a process, if that has ended.
func (a *alive) takeOver(ctx context.Context, id string) error {
	err := a.s.inTx(ctx, func(tx *sql.Tx) error {
		var dead bool // the lock is given back at the end of the transaction
		if err := tx.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7239))`, id).Scan(&dead); err != nil || !dead {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE river_job SET state = $1::river_job_state WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $2`,
			string(rivertype.JobStateAvailable), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}
