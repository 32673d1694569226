package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

func TestRunAnswersInTelegramAndInMatrixAtTheSameTime(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	hs := matrixtest.Start(t)
	dir := t.TempDir()
	for key, value := range map[string]string{
		"TELEGRAM_TOKEN": s.Token, "TELEGRAM_API_URL": s.URL, "STORE_URL": filepath.Join(dir, "parley.db"),
		"MATRIX_HOMESERVER": hs.URL, "MATRIX_USER": hs.Register(t, "parley"), "MATRIX_PASSWORD": matrixtest.Password,
		"MATRIX_RECOVERY_KEY_FILE": filepath.Join(dir, "recovery.key"), "MATRIX_PICKLE_KEY_FILE": filepath.Join(dir, "pickle.key"),
	} {
		t.Setenv("PARLEY_"+key, value)
	}
	stop := begin(t)
	defer stop()
	u := s.User("Ann", "en")
	if r, ok := s.WaitReply(s.Say(s.Private(u), u, "How long did the second round last?"), 10*time.Second); !ok || !strings.Contains(r.Text, "72") {
		t.Errorf("in Telegram answered %v: %s", ok, r.Text)
	}
	alice := matrixtest.NewPerson(t, hs, "alice")
	room := alice.Room(t, true, "@parley:"+matrixtest.ServerName)
	alice.AwaitMember(t, room, "@parley:"+matrixtest.ServerName)
	if got := alice.Reply(t, alice.Say(t, room, "How long did the second round last?")).Content.AsMessage().Body; !strings.Contains(got, "72") {
		t.Errorf("in Matrix answered %s", got)
	}
}
