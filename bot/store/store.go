// Package store keeps what must outlive the process: which updates were dealt
// with, the languages of chats. It holds no message texts and no names. SQLite
// and PostgreSQL serve it with the same statements.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	_ "modernc.org/sqlite"             // the SQLite driver, without C
)

// mostConns is how many connections to PostgreSQL a process has at the most, beside
// a few that wait for tasks: three processes fit into the hundred that it takes
// as it is installed.
const mostConns = 24

//go:embed migrations
var migrations embed.FS

// Store is the database. It is safe for concurrent use.
type Store struct {
	db     *sql.DB
	engine string // sqlite or postgres
	where  string
	writer *writer
	reads  prepared
	langs  languages
	queue  queue
	locks  locks
	life   life
	clock  dbClock
}

// Open opens the database that where names, a path of a SQLite file or a
// postgres:// URL, and brings its tables up to date. Errors do not contain the
// password of the URL.
func Open(ctx context.Context, where string) (*Store, error) {
	return openAt(ctx, where, SchemaVersion())
}

// openAt brings the tables to a version, which is the newest but for a moment
// while a backup is restored.
func openAt(ctx context.Context, where string, version int) (*Store, error) {
	s := &Store{engine: "sqlite", where: where, locks: locks{held: make(map[string]bool)}}
	driver, source := "sqlite", sqliteSource(where)
	if IsPostgres(where) {
		s.engine, driver, source = "postgres", "pgx", where
	} else if f, err := os.OpenFile(where, os.O_RDWR|os.O_CREATE, 0o600); err == nil { // its owner's alone, if it is new
		f.Close()
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	s.db, s.reads.db = db, db
	if s.engine == "sqlite" {
		db.SetMaxOpenConns(4)
	} else {
		db.SetMaxOpenConns(mostConns)
		db.SetMaxIdleConns(mostConns) // a new one costs PostgreSQL more than what is asked on it
		db.SetConnMaxIdleTime(time.Minute)
	}
	if err := errors.Join(s.migrate(ctx, version), s.migrateQueue(ctx), s.openQueue()); err != nil {
		db.Close()
		return nil, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	m, err := s.readClock(ctx)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	s.clock.last.Store(m)
	s.writer = newWriter(db)
	return s, nil
}

// IsPostgres tells whether where is the URL of a PostgreSQL database.
func IsPostgres(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

func sqliteSource(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(5000)&_pragma=cache_size(-512)&_txlock=immediate"
}

// Redacted returns where without its password, for messages.
func Redacted(where string) string {
	if !IsPostgres(where) {
		return where
	}
	u, err := url.Parse(where)
	if err != nil {
		return "postgres://(cannot be parsed)"
	}
	return u.Redacted()
}

// hide removes the password of where from the text of an error.
func hide(err error, where string) error {
	u, perr := url.Parse(where)
	if perr != nil || u.User == nil {
		return err
	}
	pw, _ := u.User.Password()
	if pw == "" || !strings.Contains(err.Error(), pw) {
		return err
	}
	return fmt.Errorf("%s", strings.ReplaceAll(err.Error(), pw, "xxxxx"))
}

// Close writes what waits to be written and closes the database.
func (s *Store) Close() error {
	s.writer.close()
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	return errors.Join(s.locks.drop(), s.db.Close())
}

// DB returns the database for libraries that keep tables of their own in it.
func (s *Store) DB() *sql.DB { return s.db }

// Engine is "sqlite" or "postgres".
func (s *Store) Engine() string { return s.engine }

// Shared tells whether other processes may use the database too. A SQLite file
// belongs to one.
func (s *Store) Shared() bool { return s.engine == "postgres" }

// migrate brings the tables up to a version.
func (s *Store) migrate(ctx context.Context, version int) error {
	names, err := fs.Glob(migrations, "migrations/"+s.engine+"/*.sql")
	if err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing once committed
	if s.engine == "postgres" {          // replicas that start together wait for each other
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(7238401)`); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS parley_schema (version INTEGER NOT NULL)`); err != nil {
		return err
	}
	var have int
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM parley_schema`).Scan(&have); err != nil {
		return err
	}
	if have > len(names) {
		return fmt.Errorf("the database is of a newer version (%d) than this program (%d)", have, len(names))
	}
	for i, name := range names[have:max(have, version)] {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO parley_schema (version) VALUES ($1)`, have+i+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func millis(t time.Time) int64 { return t.UnixMilli() }
