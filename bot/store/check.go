package store

import (
	"context"
	"fmt"
	"time"
)

// Check proves that the database can be read and written now.
func (s *Store) Check(ctx context.Context) error {
	var version int
	if err := s.db.QueryRowContext(ctx, `SELECT max(version) FROM parley_schema`).Scan(&version); err != nil {
		return fmt.Errorf("store cannot be read: %w", hide(err, s.where))
	}
	if err := s.writer.do(ctx, `INSERT INTO kept (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		"checked", time.Now().UTC().Format(time.RFC3339)); err != nil {
		return fmt.Errorf("store cannot be written: %w", hide(err, s.where))
	}
	return nil
}

// KeepFirst stores a small value of the program itself unless there is one, and
// returns the one there is: all processes that share the database get the same.
func (s *Store) KeepFirst(ctx context.Context, key, value string) (string, error) {
	if err := s.writer.do(ctx, `INSERT INTO kept (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`, key, value); err != nil {
		return "", fmt.Errorf("keep %s: %w", key, err)
	}
	return s.Kept(ctx, key)
}
