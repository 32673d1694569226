package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/bot"
	"parley/bot/store/storetest"
)

// libraryTables are tables as mautrix makes them, with every type it has.
func libraryTables(ctx context.Context, s *Store) error {
	_, err := s.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS crypto_version (version INTEGER)`)
	for _, q := range []string{
		`DELETE FROM crypto_version`, `INSERT INTO crypto_version VALUES (21)`,
		`CREATE TABLE IF NOT EXISTS crypto_account (id TEXT PRIMARY KEY, key bytea NOT NULL, shared BOOLEAN NOT NULL, made timestamp, levels jsonb, max BIGINT)`,
		`CREATE TABLE IF NOT EXISTS crypto_hash (hash bytea PRIMARY KEY, account TEXT REFERENCES crypto_account (id))`,
		`CREATE TABLE IF NOT EXISTS crypto_megolm_outbound_session (id TEXT PRIMARY KEY)`,
	} {
		if err == nil {
			_, err = s.db.ExecContext(ctx, q)
		}
	}
	return err
}

// fillAll puts something into every table.
func fillAll(t *testing.T, s *Store) {
	t.Helper()
	if err := libraryTables(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := s.db.Exec(q, args...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	exec(`INSERT INTO crypto_account VALUES ($1, $2, $3, $4, $5, $6)`, "me/DEV", []byte{0, 1, 0xff}, true, time.Unix(1_750_000_000, 123e6).UTC(), `{"a": 1}`, int64(1)<<60+1)
	exec(`INSERT INTO crypto_account VALUES ($1, $2, $3, NULL, NULL, NULL)`, "it's \"quoted\" \u2028 укр", []byte{}, false)
	exec(`INSERT INTO crypto_hash VALUES ($1, 'me/DEV')`, []byte("text that is bytes"))
	exec(`INSERT INTO crypto_megolm_outbound_session VALUES ('never restored')`)
	own, err := ownTables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range own {
		if table == "parley_schema" {
			continue
		}
		putRows(t, s, table, 450)
	}
	tasks := make([]bot.Task, 30)
	for i := range tasks {
		tasks[i] = bot.Task{Kind: "news", Chat: bot.Chat{Network: "telegram", ID: fmt.Sprint(i), Thread: "7"}, Mark: "5", At: now.Add(time.Duration(i) * time.Hour)}
	}
	if err := s.Enqueue(t.Context(), tasks...); err != nil {
		t.Fatal(err)
	}
}

// putRows puts rows of made up values into a table.
func putRows(t *testing.T, s *Store, table string, n int) {
	t.Helper()
	err := s.inTx(t.Context(), func(tx *sql.Tx) error {
		f := filler{s: s, tx: tx, tables: []string{table}}
		rows, err := tx.Query(`SELECT * FROM ` + table + ` LIMIT 0`)
		if err != nil {
			return err
		}
		types, err := rows.ColumnTypes()
		if err != nil {
			return err
		}
		rows.Close()
		f.table = table
		for _, c := range types {
			f.columns = append(f.columns, c.Name())
		}
		for i := range n {
			row := make([]any, len(types))
			for j, c := range types {
				if row[j] = i; !strings.Contains(c.DatabaseTypeName(), "INT") {
					row[j] = fmt.Sprintf("%s %d\n", c.Name(), i)
				}
			}
			f.rows = append(f.rows, row)
		}
		return f.flush(t.Context())
	})
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

func backedUp(t *testing.T, where string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Backup(t.Context(), where, "v1", map[string][]byte{"key": []byte("k\n")}, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// contents are the lines of a backup but head and end, in order of the alphabet.
func contents(t *testing.T, backup []byte) []string {
	t.Helper()
	text := strings.NewReplacer(",true", ",1", ",false", ",0").Replace(string(unzipped(t, backup))) // SQLite has no truth values
	lines := strings.Split(strings.TrimSpace(text), "\n")
	lines = lines[1 : len(lines)-1]
	slices.Sort(lines)
	return lines
}

func restore(t *testing.T, where string, backup []byte, how Restoring) error {
	t.Helper()
	how.Tables = libraryTables
	_, _, err := Restore(t.Context(), where, bytes.NewReader(backup), how)
	return err
}

func TestABackupIsTheSameFromWhicheverEngineAndToWhichever(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from.db")
	s := open(t, from)
	fillAll(t, s)
	first := backedUp(t, from) // while it is open
	want := contents(t, first)
	if len(want) < 9*450 || slices.ContainsFunc(want, func(l string) bool { return strings.Contains(l, "never restored") }) {
		t.Errorf("%d lines", len(want))
	}
	next := first
	for range 2 {
		for engine, where := range storetest.Places(t) {
			if err := restore(t, where, next, Restoring{}); err != nil {
				t.Fatalf("%s: %v", engine, err)
			}
			r := open(t, where)
			if s := tasksOf(t, r); s != 30 {
				t.Errorf("%s: %d tasks", engine, s)
			}
			next = backedUp(t, where)
			if got := contents(t, next); !slices.Equal(got, want) {
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("%s: line %d is\n%s, was\n%s", engine, i, got[i], want[i])
					}
				}
				t.Fatalf("%s: %d lines, were %d", engine, len(got), len(want))
			}
			if files, _ := filepath.Glob(where + ".*"); len(files) > 0 {
				t.Errorf("left behind: %v", files)
			}
		}
	}
}

func tasksOf(t *testing.T, s *Store) (n int64) {
	t.Helper()
	d, err := s.Deliveries(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	left, _ := d.Left()
	return int64(left)
}

func TestAStoreThatIsNotEmptyOrInUseIsNotRestoredTo(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from.db")
	s := open(t, from)
	fillAll(t, s)
	backup := backedUp(t, from)
	for engine, where := range storetest.Places(t) {
		t.Run(engine, func(t *testing.T) {
			r, err := Open(t.Context(), where)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Keep(t.Context(), "mine", "1"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			worked := make(chan error, 1)
			go func() { worked <- r.Work(ctx, 1, nil, func(context.Context, bot.Task) error { return nil }) }()
			for err = nil; !errors.Is(err, ErrInUse); {
				if err = restore(t, where, backup, Restoring{Force: true}); err == nil {
					t.Fatal("restored while it was in use")
				}
			}
			cancel()
			if err := errors.Join(<-worked, r.Close()); err != nil {
				t.Fatal(err)
			}
			if err := restore(t, where, backup, Restoring{}); !errors.Is(err, ErrNotEmpty) {
				t.Errorf("not empty: %v", err)
			}
			if v, err := open(t, where).Kept(t.Context(), "mine"); err != nil || v != "1" {
				t.Errorf("what was there: %q, %v", v, err)
			}
		})
	}
}

func TestForceReplacesWhatIsThere(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from.db")
	s := open(t, from)
	fillAll(t, s)
	backup := backedUp(t, from)
	for engine, where := range storetest.Places(t) {
		t.Run(engine, func(t *testing.T) {
			r, err := Open(t.Context(), where)
			if err != nil {
				t.Fatal(err)
			}
			fillAll(t, r)
			if err := errors.Join(r.Keep(t.Context(), "mine", "1"), r.Close()); err != nil {
				t.Fatal(err)
			}
			keep := map[string]string{"restored": "now", "key 8\n": "other"}
			skip := func(table string, row map[string]any) bool { return table == "crypto_hash" || row["key"] == "key 7\n" }
			if err := restore(t, where, backup, Restoring{Force: true, Skip: skip, Keep: keep}); err != nil {
				t.Fatal(err)
			}
			got := contents(t, backedUp(t, where))
			x, err := Inspect(t.Context(), where, "restored", "key 8\n")
			if err != nil || x.Kept["restored"] != "now" || x.Kept["key 8\n"] != "other" {
				t.Errorf("%+v, %v", x, err)
			}
			if want := len(contents(t, backup)) - 2 + 1; len(got) != want {
				t.Errorf("%d lines, want %d", len(got), want)
			}
		})
	}
}

func TestADamagedBackupChangesNothing(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from.db")
	fillAll(t, open(t, from))
	whole := backedUp(t, from)
	where := filepath.Join(t.TempDir(), "to.db")
	version := func(old, text string) []byte { return summed(t, changed(t, whole, old, text)) }
	for _, c := range []struct {
		backup []byte
		says   string
	}{
		{nil, "no whole backup"}, {[]byte("no backup"), "no whole backup"}, {whole[:len(whole)/2], "no whole backup"}, {whole[:len(whole)-20], "no whole backup"},
		{changed(t, whole, "lang 7", "lang 8"), "do not fit its sum"},
		{version(`"parley_backup":1`, `"parley_backup":2`), "is of form 2"},
		{version(`"crypto":21`, `"crypto":20`), "restore it with the version that made it (v1)"},
		{version(fmt.Sprintf(`"parley":%d`, SchemaVersion()), `"parley":999`), "is of schema 999"},
		{version(`"table":"chats"`, `"table":"rooks"`), "which this program does not have"},
		{version(`"columns":["network"`, `"columns":["netwerk"`), "which this program does not have"},
	} {
		err := restore(t, where, c.backup, Restoring{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %q", err, c.says)
		}
		if left, _ := filepath.Glob(where + "*"); len(left) > 0 {
			t.Errorf("%s: left behind: %v", c.says, left)
		}
	}
}

// summed is a backup with a sum that fits.
func summed(t *testing.T, backup []byte) []byte {
	t.Helper()
	data := unzipped(t, backup)
	data = data[:bytes.LastIndex(data, []byte(`{"end":`))]
	return zipped(t, fmt.Appendf(data, "{\"end\":\"%x\"}\n", sha256.Sum256(data)))
}

func unzipped(t *testing.T, backup []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(backup))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.Bytes()
}

// changed is a backup with another text in it, and with its sum as it was.
func changed(t *testing.T, backup []byte, old, text string) []byte {
	t.Helper()
	data := unzipped(t, backup)
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("no %q", old)
	}
	return zipped(t, bytes.Replace(data, []byte(old), []byte(text), 1))
}

func TestABackupOfAnEarlierSchemaIsBroughtToTheNewest(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from.db")
	s, err := openAt(t.Context(), from, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Keep(t.Context(), "mine", "1"), s.Close()); err != nil {
		t.Fatal(err)
	}
	backup := backedUp(t, from)
	for engine, where := range storetest.Places(t) {
		if err := restore(t, where, backup, Restoring{}); err != nil {
			t.Fatalf("%s: %v", engine, err)
		}
		x, err := Inspect(t.Context(), where, "mine")
		if err != nil || x.Schema != SchemaVersion() || x.Kept["mine"] != "1" {
			t.Errorf("%s: %+v, %v", engine, x, err)
		}
		if engine == "postgres" {
			if err := restore(t, where, backup, Restoring{Force: true}); err == nil || !strings.Contains(err.Error(), "give an empty database") {
				t.Errorf("into newer tables: %v", err)
			}
		}
	}
}
