package main

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"parley/bot/store"
	"parley/bot/store/storetest"
)

// ownDatabase is a PostgreSQL database that a test may ill-treat.
type ownDatabase struct {
	url     string
	restart func() // as after a crash: what is connected is cut off
}

// newDatabase makes a database, on a server of its own where PostgreSQL is
// installed here. There is none if PARLEY_TEST_POSTGRES is not set.
func newDatabase(t *testing.T) *ownDatabase {
	t.Helper()
	if storetest.Server(t) == "" {
		return nil
	}
	if bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin"); len(bins) > 0 {
		return ownServer(t, bins[len(bins)-1])
	}
	where := storetest.Postgres(t)
	st, err := store.Open(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return &ownDatabase{where, func() {
		if _, err := st.DB().Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
			t.Error(err)
		}
	}}
}

// ownServer starts a server that ends with the test.
func ownServer(t *testing.T, bin string) *ownDatabase {
	t.Helper()
	dir, err := os.MkdirTemp("", "parley-pg-") // not the test's own folder: its path is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := asPostgres(t, dir)
	call := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.SysProcAttr, cmd.Dir = as, dir
		if out, err := cmd.Output(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	data := filepath.Join(dir, "data")
	call("initdb", "-D", data, "-U", "parley", "-A", "trust", "--no-sync")
	control := func(args ...string) {
		t.Helper()
		call("pg_ctl", slices.Concat([]string{"-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", "-c listen_addresses='' -k " + dir}, args)...)
	}
	control("start")
	t.Cleanup(func() { control("-m", "immediate", "stop") })
	return &ownDatabase{"postgres://parley@/postgres?host=" + dir, func() { control("-m", "immediate", "restart") }}
}

// asPostgres gives a folder to the user that PostgreSQL wants to run as: it
// refuses to run as root.
func asPostgres(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	group, err := strconv.Atoi(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, id, group); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(id), Gid: uint32(group)}}
}
