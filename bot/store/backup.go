package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"
)

// A backup is JSON, a line each, compressed: a head, files, tables with their
// rows, tasks, and an end with a sum of all before. It is the same whichever
// engine it is made from and restored to.

// BackupFormat is the version of the form of backups.
const BackupFormat = 1

// Head is how a backup begins.
type Head struct {
	Format   int            `json:"parley_backup"`
	Made     time.Time      `json:"made"`
	Program  string         `json:"program"`  // the version of the program that made it
	Engine   string         `json:"engine"`   // which it was made from
	Versions map[string]int `json:"versions"` // of the tables: parley, and those of libraries that keep theirs here
}

// line is a line of a backup after the head; one of its fields is set.
type line struct {
	File    string    `json:"file,omitempty"`
	Data    []byte    `json:"data,omitempty"`
	Table   string    `json:"table,omitempty"`
	Columns []string  `json:"columns,omitempty"`
	Row     []any     `json:"row,omitempty"`
	Task    *taskArgs `json:"task,omitempty"`
	At      time.Time `json:"at,omitzero"` // of the task
	End     string    `json:"end,omitempty"`
}

// Count is what a backup holds.
type Count struct{ Tables, Rows, Tasks, Files int }

// Backup writes all that must outlive the program as it is at one moment, and
// with it the contents of files, by names that Restore gives back. Whoever uses
// the database goes on meanwhile.
func Backup(ctx context.Context, where, program string, files map[string][]byte, w io.Writer) (c Count, err error) {
	db, err := openReading(where)
	if err != nil {
		return c, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	defer db.Close()
	var how *sql.TxOptions
	if IsPostgres(where) {
		how = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := db.BeginTx(ctx, how) // in SQLite, too, all is read as it was at the first read
	if err != nil {
		return c, fmt.Errorf("store %s: %w", Redacted(where), hide(err, where))
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	b := newBackup(tx, IsPostgres(where), w)
	if err := b.write(ctx, program, files); err != nil {
		return c, fmt.Errorf("back up %s: %w", Redacted(where), hide(err, where))
	}
	return b.count, nil
}

// backup is one that is being written.
type backup struct {
	tx       *sql.Tx
	postgres bool
	zip      *gzip.Writer
	buf      *bufio.Writer
	sum      hash.Hash
	enc      *json.Encoder
	count    Count
}

func newBackup(tx *sql.Tx, postgres bool, w io.Writer) *backup {
	b := &backup{tx: tx, postgres: postgres, zip: gzip.NewWriter(w), sum: sha256.New()}
	b.buf = bufio.NewWriter(io.MultiWriter(b.zip, b.sum))
	b.enc = json.NewEncoder(b.buf)
	b.enc.SetEscapeHTML(false)
	return b
}

func (b *backup) write(ctx context.Context, program string, files map[string][]byte) error {
	tables, err := tablesOf(ctx, b.tx, b.postgres)
	if err != nil {
		return err
	}
	head := Head{Format: BackupFormat, Made: time.Now().UTC(), Program: program, Engine: "sqlite"}
	if b.postgres {
		head.Engine = "postgres"
	}
	if head.Versions, err = versionsOf(ctx, b.tx, tables); err != nil {
		return err
	}
	if err := b.enc.Encode(head); err != nil {
		return err
	}
	for name, data := range files {
		if err := b.enc.Encode(line{File: name, Data: data}); err != nil {
			return err
		}
		b.count.Files++
	}
	for _, table := range tables {
		if _, versions := versionTables[table]; versions || leftOut[table] {
			continue
		}
		if err := b.table(ctx, table); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	if slices.Contains(tables, queueTable) {
		if err := b.tasks(ctx); err != nil {
			return fmt.Errorf("tasks: %w", err)
		}
	}
	return b.end()
}

// end writes the sum of all that went before.
func (b *backup) end() error {
	if err := b.buf.Flush(); err != nil {
		return err
	}
	if err := b.enc.Encode(line{End: hex.EncodeToString(b.sum.Sum(nil))}); err != nil {
		return err
	}
	if err := b.buf.Flush(); err != nil {
		return err
	}
	return b.zip.Close()
}

// table writes a table, row by row.
func (b *backup) table(ctx context.Context, table string) error {
	rows, err := b.tx.QueryContext(ctx, `SELECT * FROM `+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	if err := b.enc.Encode(line{Table: table, Columns: columns}); err != nil {
		return err
	}
	b.count.Tables++
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i := range row {
			row[i] = written(row[i], types[i].DatabaseTypeName())
		}
		if err := b.enc.Encode(line{Row: row}); err != nil {
			return err
		}
		b.count.Rows++
	}
	return rows.Err()
}

// tasks writes what is still to be done. What is done is left out: a task that
// is done twice does no harm.
func (b *backup) tasks(ctx context.Context) error {
	args, millis := `json(args)`, `CAST(1000 * unixepoch(scheduled_at, 'subsec') AS INTEGER)`
	if b.postgres {
		args, millis = `CAST(args AS TEXT)`, `CAST(1000 * extract(epoch FROM scheduled_at) AS BIGINT)`
	}
	rows, err := b.tx.QueryContext(ctx, `SELECT `+args+`, `+millis+` FROM river_job
		WHERE kind = '`+taskArgs{}.Kind()+`' AND state NOT IN ('completed', 'cancelled', 'discarded') ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var at int64
		var t taskArgs
		if err := rows.Scan(&text, &at); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return err
		}
		if err := b.enc.Encode(line{Task: &t, At: time.UnixMilli(at).UTC()}); err != nil {
			return err
		}
		b.count.Tasks++
	}
	return rows.Err()
}

// queueTable is where the queue keeps the tasks, in each engine in its own way.
const queueTable = "river_job"

// versionTables are where versions of tables stand: ours and those of mautrix.
var versionTables = map[string]string{"parley_schema": "parley", "crypto_version": "crypto", "mx_version": "rooms"}

// leftOut are the tables that no backup holds. A session of a room whose keys move
// on with each message must never be written with from an earlier state: others
// would refuse what is sent, so a new one is made. The rest holds for a moment only.
var leftOut = map[string]bool{
	"crypto_megolm_outbound_session": true, "crypto_megolm_outbound_session_shared": true,
	"slots": true, "talks": true, queueTable: true, // whose tasks are written instead
}

// tablesOf lists the tables there are of those that belong to the program: its
// own, the queue's and those of mautrix.
func tablesOf(ctx context.Context, tx *sql.Tx, postgres bool) (out []string, err error) {
	own, err := ownTables(ctx)
	if err != nil {
		return nil, err
	}
	query := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1`
	if postgres {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1`
	}
	names, err := namesOf(ctx, tx, query)
	for _, name := range names {
		if slices.Contains(own, name) || strings.HasPrefix(name, "crypto_") || strings.HasPrefix(name, "mx_") || name == queueTable {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, err
}

// ownTables are the tables that the migrations make, found by making them.
func ownTables(ctx context.Context) ([]string, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	s := Store{db: db, engine: "sqlite"}
	if err := s.migrate(ctx, SchemaVersion()); err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return namesOf(ctx, tx, `SELECT name FROM sqlite_master WHERE type = 'table'`)
}

func namesOf(ctx context.Context, tx *sql.Tx, query string) (names []string, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// versionsOf are the versions of the tables there are.
func versionsOf(ctx context.Context, tx *sql.Tx, tables []string) (map[string]int, error) {
	out := make(map[string]int)
	for table, name := range versionTables {
		if !slices.Contains(tables, table) {
			continue
		}
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM `+table).Scan(&n); err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, nil
}
