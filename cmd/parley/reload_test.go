package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
)

// startLogging is startProgram with the log in a file.
func startLogging(t *testing.T, args ...string) (p *program, logged func(text string) bool) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log")
	log, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	p = programOf(t, args...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log.Close()
	t.Cleanup(func() {
		if t.Failed() {
			data, _ := os.ReadFile(name)
			t.Logf("the log:\n%s", data)
		}
	})
	return p, func(text string) bool {
		for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if data, err := os.ReadFile(name); err == nil && strings.Contains(string(data), text) {
				return true
			}
		}
		return false
	}
}

func TestAHangUpReloadsWhatCanBeReloadedAndNamesTheRest(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	other := newBase(t)
	dir := t.TempDir()
	file, token := filepath.Join(dir, "parley.yaml"), filepath.Join(dir, "token")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings := func(more string) string {
		return fmt.Sprintf("telegram:\n  token_file: %s\n  api_url: %s\nstore:\n  url: %s\n%s", token, s.URL, filepath.Join(dir, "p.db"), more)
	}
	put(token, s.Token)
	put(file, settings(""))
	p, logged := startLogging(t, "run", "--config", file)
	defer p.kill()
	hangUp := func() {
		t.Helper()
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(text string) {
		t.Helper()
		if !logged(text) {
			t.Fatalf("not logged: %s", text)
		}
	}
	u := s.User("Ann", "en")
	answer := func() string {
		t.Helper()
		r, ok := s.WaitReply(s.Say(s.Private(u), u, "How long did the second round last?"), within)
		if !ok {
			t.Fatal("no answer")
		}
		return r.Text
	}
	if got := answer(); !strings.Contains(got, "72") {
		t.Errorf("at first: %s", got)
	}

	put(file, settings("log:\n  levle: debug\n"))
	hangUp()
	wants(file + `:7: unknown setting \"log.levle\"`)
	put(file, settings("facts:\n  dir: /nowhere\n"))
	hangUp()
	wants("facts.dir /nowhere")
	if got := answer(); !strings.Contains(got, "72") {
		t.Errorf("after what was refused: %s", got)
	}

	put(token, s.Token+"\n\n")
	put(file, settings("facts:\n  dir: "+other.dir+"\nlog:\n  level: debug\nmatrix:\n  prefix: x\n"))
	hangUp()
	wants(`"changed":["facts.dir","log.level"]`)
	wants(`"settings":["matrix.prefix","telegram.token_file"]`)
	wants("facts changed")
	if got := answer(); strings.Contains(got, "72") {
		t.Errorf("after the facts have moved: %s", got)
	}
	put(file, settings(""))
	hangUp()
	if !s.WaitUntil(within, func() bool { return strings.Contains(answer(), "72") }) {
		t.Error("not back to the facts in the program")
	}
}
