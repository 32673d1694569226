package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// State is what became of an update.
type State int

// The states of an update.
const (
	New     State = iota // not seen, or seen and nothing sent yet
	Sending              // an answer went out; whether it arrived was not noted
	Done                 // dealt with
)

// Update returns what became of an update of a network.
func (s *Store) Update(ctx context.Context, network, id string) (State, error) {
	var st State
	err := s.reads.one(ctx, &st, `SELECT state FROM inbox WHERE network = $1 AND id = $2`, network, id)
	if errors.Is(err, sql.ErrNoRows) {
		return New, nil
	}
	if err != nil {
		return New, fmt.Errorf("read inbox: %w", err)
	}
	return st, nil
}

const mark = `INSERT INTO inbox (network, id, state, at) VALUES ($1, $2, $3, $4)
	ON CONFLICT (network, id) DO UPDATE SET state = excluded.state` // at stays, and so does its index

// Mark notes what became of an update. It returns once that is kept; marks
// made at the same time share a transaction.
func (s *Store) Mark(ctx context.Context, network, id string, st State, now time.Time) error {
	err := s.writer.do(ctx, mark, network, id, int(st), millis(now))
	if err != nil {
		return fmt.Errorf("write inbox: %w", err)
	}
	return nil
}

// takeoverAfter is how long what a process has claimed is left to it at least. One
// that has lost the database holds its lock again within lookForDead.
const takeoverAfter = 2 * lookForDead

// Claim takes an update for this process, of several replicas for one. It tells
// what became of it before, and whether it is this process's now: it is if it is
// new, was given back, has not been dealt with for as long as stale, or was claimed
// by a process that has died since.
func (s *Store) Claim(ctx context.Context, network, id string, now time.Time, stale time.Duration) (was State, mine bool, err error) {
	me := s.life.name()
	const fresh = `INSERT INTO inbox (network, id, state, at, taker) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
	if mine, err = s.changes(ctx, fresh, network, id, int(Sending), millis(now), me); mine || err != nil {
		return New, mine, err
	}
	left := `UPDATE inbox SET at = $1, state = $2, taker = $3 WHERE network = $4 AND id = $5 AND (state = $6 OR state = $2 AND (at < $7` +
		s.orTakerDied() + `))`
	args := []any{millis(now), int(Sending), me, network, id, int(New), millis(now.Add(-stale))}
	if s.Shared() {
		args = append(args, millis(now.Add(-takeoverAfter)))
	}
	if mine, err = s.changes(ctx, left, args...); mine || err != nil {
		return Sending, mine, err
	}
	was, err = s.Update(ctx, network, id)
	return was, false, err
}

func (s *Store) orTakerDied() string {
	if !s.Shared() {
		return ""
	}
	return ` OR at < $8 AND taker NOT IN ('', $3) AND pg_try_advisory_xact_lock(hashtextextended(taker, 7239))`
}

// changes tells whether a statement changed something.
func (s *Store) changes(ctx context.Context, query string, args ...any) (bool, error) {
	r, err := s.db.ExecContext(ctx, query, args...)
	if err != nil {
		return false, fmt.Errorf("claim update: %w", err)
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// Latest returns the ids of the updates of a network that were noted last.
func (s *Store) Latest(ctx context.Context, network string, most int) (ids []string, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id FROM inbox WHERE network = $1 ORDER BY at DESC LIMIT $2`, network, most)
	if err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read inbox: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// PruneInbox forgets updates noted before a time, what was said to them, and the
// answers that still wait; networks repeat none so old.
func (s *Store) PruneInbox(ctx context.Context, before time.Time) error {
	for _, table := range [...]string{"inbox", "said"} {
		if err := s.writer.do(ctx, `DELETE FROM `+table+` WHERE at < $1`, millis(before)); err != nil {
			return fmt.Errorf("prune %s: %w", table, err)
		}
	}
	const orphans = `DELETE FROM waiting WHERE NOT EXISTS (SELECT 1 FROM inbox i WHERE i.network = waiting.network AND i.id = waiting.id)`
	if err := s.writer.do(ctx, orphans); err != nil {
		return fmt.Errorf("prune waiting: %w", err)
	}
	return nil
}
