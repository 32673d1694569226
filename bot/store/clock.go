package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// moment is what the database's clock said, and when in this process's time, which
// goes on whatever becomes of clocks.
type moment struct{ theirs, ours time.Time }

func (m *moment) now() time.Time { return m.theirs.Add(time.Since(m.ours)) }

// dbClock is the clock that all processes which share the database go by. That of
// each machine may be wrong by hours.
type dbClock struct{ last atomic.Pointer[moment] }

// Now is the time by the database's clock. SQLite's is this machine's.
func (s *Store) Now() time.Time {
	if m := s.clock.last.Load(); s.engine == "postgres" {
		return m.now()
	}
	return time.Now()
}

// readClock asks the database for the time.
func (s *Store) readClock(ctx context.Context) (*moment, error) {
	if s.engine != "postgres" {
		now := time.Now()
		return &moment{now.Round(0), now}, nil // without what goes on by itself
	}
	m, asked := &moment{}, time.Now()
	if err := s.db.QueryRowContext(ctx, `SELECT clock_timestamp()`).Scan(&m.theirs); err != nil {
		return nil, fmt.Errorf("clock of the database: %w", err)
	}
	m.ours = asked.Add(time.Since(asked) / 2)
	return m, nil
}

// setBackBy is how far a clock goes back at once that was set: less only makes
// tasks wait as much longer.
const setBackBy = 10 * time.Second

// watchClock reads the clock from time to time until ctx ends, and sees to it that
// nothing waits because the clock was set back.
func (s *Store) watchClock(ctx context.Context, log *slog.Logger) {
	for ; ctx.Err() == nil; wait(ctx, lookForDead) {
		m, err := s.readClock(ctx)
		if err == nil {
			was := s.clock.last.Swap(m)
			if m.theirs.After(was.now().Add(-setBackBy)) {
				continue
			}
			log.Warn("the clock was set back", "seconds", int(was.now().Sub(m.theirs).Seconds()))
			err = s.afterSetBack(ctx)
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("tasks may wait for too long if the clock was set back", "err", err)
		}
	}
}

// afterSetBack puts right what was noted while the clock was ahead: what is tried
// again later is tried now, a reminder that came due then comes due once more at its
// time (who was reminded is not reminded again), and what was done, by a mark that
// names a time which is yet to come, may be done again.
func (s *Store) afterSetBack(ctx context.Context) error {
	now, task := `datetime('now', 'subsec')`, s.arg("task")
	if s.engine == "postgres" {
		now = `now()`
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, query := range [...]string{
			`UPDATE river_job SET scheduled_at = NOW WHERE state IN ('available', 'retryable', 'scheduled') AND scheduled_at > NOW
				AND (created_at > NOW OR attempted_at > NOW) AND TASK <> 'remind'`,
			`UPDATE river_job SET state = 'scheduled', finalized_at = NULL WHERE state = 'completed' AND finalized_at > NOW AND TASK = 'remind'`,
			`DELETE FROM river_job WHERE state = 'completed' AND finalized_at > NOW AND TASK IN ('verify', 'reminder')`,
			`DELETE FROM river_leader WHERE elected_at > NOW`,
			`DELETE FROM slots`,
		} {
			query = strings.NewReplacer("NOW", now, "TASK", task).Replace(query)
			if _, err := tx.ExecContext(ctx, query); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}
