// Package storetest gives tests a database of their own, on each engine there is:
// SQLite always, PostgreSQL where PARLEY_TEST_POSTGRES names a server, as in make
// test. It knows no tables.
package storetest

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
)

// Engines runs a test on each engine. where names a fresh database.
func Engines(t *testing.T, test func(t *testing.T, where string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	if Server(t) == "" {
		return
	}
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// Places are a fresh database on each engine, by the engine's name.
func Places(tb testing.TB) map[string]string {
	tb.Helper()
	places := map[string]string{"sqlite": SQLite(tb)}
	if where := Postgres(tb); where != "" {
		places["postgres"] = where
	}
	return places
}

// SQLite is the path of a file that is not there yet.
func SQLite(tb testing.TB) string { return filepath.Join(tb.TempDir(), "a b.db") }

// Server is the URL of the PostgreSQL server, or "" if there is none.
func Server(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv("PARLEY_TEST_POSTGRES")
	if server == "" {
		tb.Log("without PostgreSQL: PARLEY_TEST_POSTGRES is not set")
	}
	return server
}

// Postgres makes a database on that server and returns its URL, or "" if there is
// no server.
func Postgres(tb testing.TB) string {
	tb.Helper()
	server := Server(tb)
	if server == "" {
		return ""
	}
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatal(err)
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	name := "t" + strings.ToLower(rand.Text())
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		tb.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
