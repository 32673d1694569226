package store

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Restoring says how a backup is restored.
type Restoring struct {
	Force bool // replace what is there
	// Tables makes the tables of libraries, if the backup holds any.
	Tables func(context.Context, *Store) error
	// Files is given the files of the backup before anything is replaced.
	Files func(map[string][]byte) error
	// Skip leaves out rows; nil: none.
	Skip func(table string, row map[string]any) bool
	// Keep is kept besides what the backup holds.
	Keep map[string]string
}

// Errors of Restore that say what to do.
var (
	ErrNotEmpty = errors.New("the store is not empty; --force replaces what is there")
	ErrInUse    = errors.New("the store is in use: stop parley run first")
)

// Restore puts the contents of a backup into a store, all or nothing. The
// backup is read whole and proved before anything is changed.
func Restore(ctx context.Context, where string, from io.ReadSeeker, how Restoring) (head Head, c Count, err error) {
	head, files, c, err := prove(from)
	if err != nil {
		return head, c, err
	}
	if err := head.fits(); err != nil {
		return head, c, err
	}
	var to target = &fileTarget{path: where}
	if IsPostgres(where) {
		to = &databaseTarget{url: where}
	}
	if err := to.free(ctx, head, how.Force); err != nil {
		return head, c, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	if how.Files != nil {
		if err := how.Files(files); err != nil {
			return head, c, err
		}
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return head, c, err
	}
	if err := to.fill(ctx, head, from, how); err != nil {
		return head, c, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	return head, c, nil
}

// target is what is restored to.
type target interface {
	// free tells why it cannot be restored to.
	free(ctx context.Context, head Head, force bool) error
	fill(ctx context.Context, head Head, from io.Reader, how Restoring) error
}

// fits tells why this program cannot read a backup.
func (h Head) fits() error {
	const other = "restore it with the version that made it (%s)"
	switch have := h.Versions["parley"]; {
	case h.Format != BackupFormat:
		return fmt.Errorf("the backup is of form %d, this program reads %d: "+other, h.Format, BackupFormat, h.Program)
	case have > SchemaVersion() || have < 1:
		return fmt.Errorf("the backup is of schema %d, this program knows %d: "+other, have, SchemaVersion(), h.Program)
	}
	return nil
}

// restoreInto fills a store whose own tables are of the backup's version, and
// then brings them to the newest.
func restoreInto(ctx context.Context, s *Store, from io.Reader, how Restoring) error {
	r, err := newBackupReader(from)
	if err != nil {
		return err
	}
	if len(r.head.Versions) > 1 && how.Tables != nil {
		if err := how.Tables(ctx, s); err != nil {
			return err
		}
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing once committed
	tables, err := tablesOf(ctx, tx, s.engine == "postgres")
	if err != nil {
		return err
	}
	have, err := versionsOf(ctx, tx, tables)
	if err != nil {
		return err
	}
	for name, version := range r.head.Versions {
		if have[name] != version {
			return fmt.Errorf("the backup's tables of %s are of version %d, this program makes %d: restore it with the version that made it (%s), then upgrade",
				name, version, have[name], r.head.Program)
		}
	}
	f := filler{s: s, tx: tx, tables: tables, skip: how.Skip}
	if err := f.empty(ctx); err != nil {
		return err
	}
	if err := f.fill(ctx, r); err != nil {
		return err
	}
	for key, value := range how.Keep {
		if _, err := tx.ExecContext(ctx, keep, key, value); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return s.migrate(ctx, SchemaVersion())
}
