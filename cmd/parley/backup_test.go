package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
	"parley/bot/store/storetest"
)

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, code := run(t, "", args...)
	if code != 0 {
		t.Fatalf("%v: exit %d: %s", args, code, out)
	}
	return out
}

func TestABackupMadeWhileQuestionsRunMovesTheBotElsewhere(t *testing.T) {
	for engine := range storetest.Places(t) {
		t.Run(engine, func(t *testing.T) {
			s := newSceneOf(t, telegramtest.Options{Latency: 5 * time.Millisecond}, func(*scene) func() { return func() {} })
			p := startProgram(t)
			groups := s.crowd(5)
			people := make([]*telegramtest.User, 20)
			for i := range people {
				people[i] = s.User("Ann", "en")
			}
			ask := func(n int) (asked []*telegramtest.Message) {
				for i := range n {
					u := people[i%len(people)]
					asked = append(asked, s.Say(s.Private(u), u, asks[i%len(asks)]))
				}
				return asked
			}
			answered := func(asked []*telegramtest.Message) {
				t.Helper()
				for _, m := range asked {
					if _, ok := s.WaitReply(m, within); !ok {
						t.Fatalf("update %d was not answered", m.Update)
					}
				}
			}
			asked := ask(40)
			file := filepath.Join(t.TempDir(), "backup")
			must(t, "backup", file)
			private(t, file)
			if out, code := run(t, "", "backup", file); code != 2 || !strings.Contains(out, "there already") {
				t.Errorf("exit %d: %s", code, out)
			}
			if out, code := run(t, "", "restore", file, "--force"); code != 2 || !strings.Contains(out, "stop parley run first") {
				t.Errorf("over a bot that runs: exit %d: %s", code, out)
			}
			// What is under way when the old store ends is known to it alone.
			answered(asked)
			if !s.WaitConfirmed(within) {
				t.Fatal("not all was confirmed")
			}
			p.kill()

			t.Setenv("PARLEY_STORE_URL", storetest.Places(t)[engine])
			if out := must(t, "restore", file); !strings.Contains(out, "made from sqlite") {
				t.Error(out)
			}
			if out, code := run(t, "", "restore", file); code != 2 || !strings.Contains(out, "--force") {
				t.Errorf("twice: exit %d: %s", code, out)
			}
			asked = append(asked, ask(20)...)
			s.put("ev-moved-x", "announced", "2026-11-20", "2027-01-05")
			s.save()
			p = startProgram(t)
			defer p.kill()
			s.awaitAll(groups)
			answered(asked)
			for _, m := range asked {
				if n := len(s.Replies(m)); n != 1 {
					t.Errorf("update %d has %d answers", m.Update, n)
				}
			}
		})
	}
}

func TestABackupKeepsTheBotsDeviceInMatrix(t *testing.T) {
	hs := matrixtest.Start(t)
	for engine := range storetest.Places(t) {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			name := "parley" + engine
			set := func(dir, url string) {
				setAll(t, map[string]string{"STORE_URL": url, "MATRIX_RECOVERY_KEY_FILE": filepath.Join(dir, "recovery.key"), "MATRIX_PICKLE_KEY_FILE": filepath.Join(dir, "pickle.key")})
			}
			setAll(t, map[string]string{"MATRIX_HOMESERVER": hs.URL, "MATRIX_USER": hs.Register(t, name), "MATRIX_PASSWORD": matrixtest.Password})
			set(dir, filepath.Join(dir, "p.db"))
			bot := "@" + name + ":" + matrixtest.ServerName
			alice := matrixtest.NewPerson(t, hs, "alice"+engine)
			says := func(want string) {
				t.Helper()
				r := alice.Room(t, true, bot)
				alice.AwaitMember(t, r, bot)
				if got := alice.Reply(t, alice.Say(t, r, asks[0])).Content.AsMessage().Body; !strings.Contains(got, want) {
					t.Errorf("answered %s", got)
				}
			}
			p := startProgram(t)
			room := alice.Room(t, true, bot)
			alice.AwaitMember(t, room, bot)
			first := alice.Say(t, room, asks[0])
			alice.Reply(t, first)
			file := filepath.Join(dir, "backup")
			if out := must(t, "backup", file); !strings.Contains(out, "2 key files") {
				t.Error(out)
			}
			second := alice.Say(t, room, asks[1]) // answered after the backup, and not again
			alice.Reply(t, second)
			p.kill()
			away := alice.Say(t, room, asks[0]) // while nobody is there

			moved := t.TempDir()
			set(moved, storetest.Places(t)[engine])
			must(t, "restore", file)
			private(t, filepath.Join(moved, "recovery.key"))
			private(t, filepath.Join(moved, "pickle.key"))
			p = startProgram(t)
			if got := alice.Reply(t, away).Content.AsMessage().Body; !strings.Contains(got, "72") {
				t.Errorf("what was asked meanwhile: %s", got)
			}
			says("72") // in a room of its own, with keys of its own
			text, code := examined(t)
			if code != 0 || !strings.Contains(text, "is signed") {
				t.Errorf("exit %d: %s", code, text)
			}
			if n := len(alice.Seen(matrixtest.RepliesTo(first))) + len(alice.Seen(matrixtest.RepliesTo(second))); n != 2 {
				t.Errorf("%d answers to two questions", n)
			}
			p.kill()

			must(t, "restore", file, "--force", "--new-device")
			if err := os.Remove(filepath.Join(moved, "pickle.key")); err != nil { // as docs/operating.md says to change it
				t.Fatal(err)
			}
			p = startProgram(t)
			defer p.kill()
			says("72")
			if text, _ = examined(t); !strings.Contains(text, "is signed") {
				t.Error(text)
			}
		})
	}
}
