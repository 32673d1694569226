package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
)

// fileTarget is a SQLite file. A new one is filled beside it and takes its place.
type fileTarget struct{ path string }

func (t *fileTarget) free(ctx context.Context, _ Head, force bool) error {
	if _, err := os.Stat(t.path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	empty, err := t.alone(ctx)
	if err == nil && !empty && !force {
		return ErrNotEmpty
	}
	return err
}

// alone makes sure that nobody uses the file, and brings all of it into the one
// file: what stood in a log beside it would be taken for the new file's.
func (t *fileTarget) alone(ctx context.Context) (empty bool, err error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: t.path}).EscapedPath())
	if err != nil {
		return false, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var mode string
	if err := db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode); err != nil {
		return false, fmt.Errorf("%w (%w)", ErrInUse, err)
	}
	if mode != "delete" {
		return false, ErrInUse
	}
	return isEmpty(ctx, db, false)
}

func (t *fileTarget) fill(ctx context.Context, head Head, from io.Reader, how Restoring) error {
	beside := t.path + ".restoring"
	for _, end := range [...]string{"", "-wal", "-shm"} {
		os.Remove(beside + end) // of an attempt that was cut off
	}
	defer os.Remove(beside) // fails once it is renamed
	if err := t.fillBeside(ctx, beside, head, from, how); err != nil {
		return err
	}
	if _, err := os.Stat(t.path); err == nil {
		if err := os.Rename(t.path, t.path+".replaced"); err != nil {
			return err
		}
	}
	return os.Rename(beside, t.path)
}

func (t *fileTarget) fillBeside(ctx context.Context, beside string, head Head, from io.Reader, how Restoring) error {
	s, err := openAt(ctx, beside, head.Versions["parley"])
	if err != nil {
		return err
	}
	if err := restoreInto(ctx, s, from, how); err != nil {
		return errors.Join(err, s.Close())
	}
	if err := s.Close(); err != nil { // which empties the log beside it
		return err
	}
	if err := os.Chmod(beside, 0o600); err != nil {
		return err
	}
	f, err := os.Open(beside)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// databaseTarget is a PostgreSQL database, filled in one transaction.
type databaseTarget struct{ url string }

func (t *databaseTarget) free(ctx context.Context, head Head, force bool) error {
	db, err := sql.Open("pgx", t.url)
	if err != nil {
		return err
	}
	defer db.Close()
	var used bool // whoever works off tasks holds a lock that tells so
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&used); err != nil {
		return err
	}
	if used {
		return ErrInUse
	}
	empty, err := isEmpty(ctx, db, true)
	if err != nil {
		return err
	}
	if !empty && !force {
		return ErrNotEmpty
	}
	return t.older(ctx, db, head)
}

// older refuses tables that are newer than the backup's: rows cannot be brought
// up in them.
func (t *databaseTarget) older(ctx context.Context, db *sql.DB, head Head) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	tables, err := tablesOf(ctx, tx, true)
	if err != nil {
		return err
	}
	have, err := versionsOf(ctx, tx, tables)
	if err == nil && have["parley"] > head.Versions["parley"] {
		return fmt.Errorf("its tables are of schema %d, the backup's of %d: give an empty database", have["parley"], head.Versions["parley"])
	}
	return err
}

func (t *databaseTarget) fill(ctx context.Context, head Head, from io.Reader, how Restoring) error {
	s, err := openAt(ctx, t.url, head.Versions["parley"])
	if err != nil {
		return err
	}
	defer s.Close()
	return restoreInto(ctx, s, from, how)
}

// isEmpty tells whether no table of the program holds anything.
func isEmpty(ctx context.Context, db *sql.DB, postgres bool) (bool, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	tables, err := tablesOf(ctx, tx, postgres)
	if err != nil {
		return false, err
	}
	for _, table := range slices.DeleteFunc(tables, func(t string) bool { return versionTables[t] != "" }) {
		var some bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+table+`)`).Scan(&some); err != nil || some {
			return false, err
		}
	}
	return true, nil
}
