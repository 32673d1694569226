package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

// TestAnOperatorsWeek plays what happens to who runs the program: each day with
// the program as it is released, real servers and a store of its own. Days run at
// the same time, as most of each is waiting.
func TestAnOperatorsWeek(t *testing.T) {
	t.Parallel()
	hs := matrixtest.Start(t)
	for name, day := range map[string]func(*testing.T, *matrixtest.Homeserver){
		"Monday: set up, at work, moved after a crash":             monday,
		"Tuesday: upgraded from the first schema":                  tuesday,
		"Wednesday: three replicas, killed and cut off under load": wednesday,
		"Thursday: the disk is full":                               thursday,
		"Friday: Telegram is down at the start":                    friday,
		"Saturday: the homeserver is down at the start":            saturday,
		"Sunday: both are away for a while":                        sunday,
		"Some day: the clock is set, ahead and back":               aClock,
		"Some day: the clock is not the homeserver's":              clockInMatrix,
		"Some day: the clock of one replica is wrong by days":      clocks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			day(t, hs)
		})
	}
}

// monday: init, doctor, run, talk on both networks, change facts, back up,
// kill -9, restore elsewhere, go on.
func monday(t *testing.T, hs *matrixtest.Homeserver) {
	s := &scene{Server: telegramtest.New(t, telegramtest.Options{}), base: newBase(t)}
	s.admin = s.User("Ann", "en")
	r := withPerson(t, hs, nil, "monday", hs.Register(t, "parley-monday"))
	dir := t.TempDir()
	file := filepath.Join(dir, "parley.yaml")
	said := site{"TELEGRAM_TOKEN": s.Token, "MATRIX_PASSWORD": matrixtest.Password}.must(t, "init", "--config", file,
		"--telegram.api_url", s.URL, "--matrix.homeserver", hs.URL, "--matrix.user", r.bot, "--store.url", filepath.Join(dir, "parley.db"),
		"--facts.dir", s.dir, "--matrix.recovery_key_file", filepath.Join(dir, "recovery.key"), "--matrix.pickle_key_file", filepath.Join(dir, "pickle.key"))
	says(t, said, "the token is that of @parley_bot", "logged in as "+r.bot)
	here := site{"CONFIG": file}
	says(t, here.must(t, "doctor"), "@parley_bot", "logged in as "+r.bot)

	p := here.run(t)
	groups := s.crowd(3)
	room, sealed := r.room(false), r.room(true)
	moment := func(id string) {
		t.Helper()
		s.put(id, "announced", "2026-11-20", "2027-01-05")
		s.save()
		s.awaitAll(groups)
		r.await(room, id, func(w wall) bool { return s.wrong(w) == "" })
		r.await(sealed, id, func(w wall) bool { return s.wrong(w) == "" })
	}
	moment("ev-one-x")
	says(t, here.must(t, "doctor"), "is signed")
	if !s.WaitConfirmed(within) {
		t.Fatal("not all was confirmed")
	}
	backup := filepath.Join(dir, "backup")
	here.must(t, "backup", backup)
	p.kill()

	// While nothing runs people ask, and the facts change.
	ask := s.Say(groups[0], s.admin, "/next@parley_bot")
	asked := r.Say(t, sealed, "!parley next")
	moved := t.TempDir()
	there := here.with(site{"STORE_URL": filepath.Join(moved, "parley.db"),
		"MATRIX_RECOVERY_KEY_FILE": filepath.Join(moved, "recovery.key"), "MATRIX_PICKLE_KEY_FILE": filepath.Join(moved, "pickle.key")})
	if url := postgresURL(t); url != "" {
		there["STORE_URL"] = url
	}
	there.must(t, "restore", backup)
	if err := os.Rename(filepath.Join(dir, "parley.db"), filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	p = there.run(t)
	if _, ok := s.WaitReply(ask, within); !ok {
		t.Error("what was asked meanwhile in Telegram was not answered")
	}
	r.Reply(t, asked)
	moment("ev-two-x")
	says(t, there.must(t, "doctor"), "is signed")
	if n := len(s.Replies(ask)) + len(r.Seen(matrixtest.RepliesTo(asked))); n != 2 {
		t.Errorf("%d answers to two questions", n)
	}
	if took := p.stop(); took > 5*time.Second {
		t.Errorf("stopped in %s", took)
	}
	for _, v := range s.Violations() {
		t.Errorf("bad request: %s", v)
	}
	if strings.Contains(p.log.String(), s.Token) {
		t.Error("the token is in the log")
	}
}

// postgresURL is that of a new database, or empty.
func postgresURL(t *testing.T) string {
	if d := newDatabase(t); d != nil {
		return d.url
	}
	return ""
}
