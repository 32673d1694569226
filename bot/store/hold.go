package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"parley/bot"
)

var _ bot.Holder = (*Store)(nil)

// keptHold is since when tasks are held up.
const keptHold = "announce.hold"

// Hold holds up all tasks, in all processes that share the database, until
// Release. Each task looks for it before it begins; besides, the queue is paused,
// so that they do not look in vain again and again.
func (s *Store) Hold(ctx context.Context, now time.Time) error {
	if _, err := s.KeepFirst(ctx, keptHold, now.UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	return paused(s.queue.insert.QueuePause(ctx, river.QueueDefault, nil))
}

// Release lets tasks go on.
func (s *Store) Release(ctx context.Context) error {
	if err := s.writer.do(ctx, `DELETE FROM kept WHERE key = $1`, keptHold); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return paused(s.queue.insert.QueueResume(ctx, river.QueueDefault, nil))
}

// paused leaves out that there is no queue yet: no process has worked here.
func paused(err error) error {
	if err == nil || errors.Is(err, rivertype.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("queue: %w", err)
}

// Held is since when tasks are held up; zero: they are not.
func (s *Store) Held(ctx context.Context) (time.Time, error) {
	var text string
	err := s.reads.one(ctx, &text, `SELECT value FROM kept WHERE key = $1`, keptHold)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read hold: %w", err)
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Now(), nil // whoever wrote it meant to stop them
	}
	return at, nil
}
