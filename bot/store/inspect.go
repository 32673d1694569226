package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"parley/bot"
)

// Inspection is what a look into a database told.
type Inspection struct {
	Exists bool // there are tables; false for one that is to be made at the first start
	Schema int  // their version
	Kept   map[string]string
	Pins   []bot.Chat // where the schedule is to be pinned
}

// Inspect looks into a database and changes nothing: it makes no tables and
// holds up nobody who writes. Of the small values that are kept it reads those
// with the keys given. Errors do not contain the password of the URL.
func Inspect(ctx context.Context, where string, kept ...string) (*Inspection, error) {
	x := &Inspection{Kept: make(map[string]string)}
	if !IsPostgres(where) {
		if _, err := os.Stat(where); errors.Is(err, os.ErrNotExist) {
			return x, writable(filepath.Dir(where))
		}
	}
	db, err := openReading(where)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	defer db.Close()
	if err := x.read(ctx, db, IsPostgres(where), kept); err != nil {
		return nil, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	return x, nil
}

// openReading opens a database without changing it.
func openReading(where string) (*sql.DB, error) {
	if IsPostgres(where) {
		return sql.Open("pgx", where)
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: where}).EscapedPath()+"?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)")
}

// writable tells why a new file cannot be made in a folder.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".parley-*")
	if err != nil {
		return fmt.Errorf("store: no file can be made: %w", err)
	}
	f.Close()
	return os.Remove(f.Name())
}

func (x *Inspection) read(ctx context.Context, db *sql.DB, postgres bool, kept []string) error {
	tables := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'parley_schema'`
	if postgres {
		tables = `SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'parley_schema'`
	}
	var n int
	if err := db.QueryRowContext(ctx, tables).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return x.mayMake(ctx, db, postgres)
	}
	x.Exists = true
	if err := db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM parley_schema`).Scan(&x.Schema); err != nil {
		return err
	}
	if x.Schema < 2 {
		return nil // without what follows; the start adds it
	}
	if !postgres {
		var sound string
		if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&sound); err == nil && sound != "ok" {
			return errors.New("the file is damaged: " + sound)
		}
	}
	for _, key := range kept {
		var v string
		err := db.QueryRowContext(ctx, `SELECT value FROM kept WHERE key = $1`, key).Scan(&v)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		x.Kept[key] = v
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	x.Pins, err = chatsOf(ctx, tx, `SELECT network, chat, thread FROM pins`)
	return err
}

// mayMake tells why no tables can be made.
func (x *Inspection) mayMake(ctx context.Context, db *sql.DB, postgres bool) error {
	if !postgres {
		return nil
	}
	var may bool
	if err := db.QueryRowContext(ctx, `SELECT has_schema_privilege(current_schema(), 'CREATE')`).Scan(&may); err != nil {
		return err
	}
	if !may {
		return errors.New("the user may not make tables: GRANT CREATE ON SCHEMA public TO that user")
	}
	return nil
}
