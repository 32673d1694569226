package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/bot/store"
	"parley/config"
)

// begin runs what parley run runs, by its settings, until stop is called.
func begin(t *testing.T, change ...func(*config.Config)) (stop func()) {
	t.Helper()
	cfg, err := config.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, cfg, func() (*config.Config, error) { return config.Load("") }) }()
	return func() {
		t.Helper()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(5 * time.Second):
			t.Error("not stopped within 5 s")
		}
	}
}

func TestRunAnswersByTheEnvironmentAlone(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	db := filepath.Join(t.TempDir(), "parley.db")
	t.Setenv("PARLEY_TELEGRAM_TOKEN", s.Token)
	t.Setenv("PARLEY_TELEGRAM_API_URL", s.URL)
	t.Setenv("PARLEY_STORE_URL", db)
	old := time.Now().Add(-30 * 24 * time.Hour)
	st, err := store.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Mark(t.Context(), "telegram", "old", store.Done, old); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}

	u := s.User("Ann", "uk")
	c := s.Private(u)
	stop := begin(t)
	asked := s.Say(c, u, "Скільки тривав другий раунд?")
	if r, ok := s.WaitReply(asked, 10*time.Second); !ok || !strings.Contains(r.Text, "72") {
		t.Errorf("answered %v: %s", ok, r.Text)
	}
	stop()

	stop = begin(t) // what was answered before is not answered again
	if _, ok := s.WaitReply(s.Say(c, u, "хто такий Умєров?"), 10*time.Second); !ok {
		t.Error("not answered after the restart")
	}
	stop()
	if n := len(s.Replies(asked)); n != 1 {
		t.Errorf("%d answers", n)
	}

	if st, err = store.Open(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if got, _ := st.Update(t.Context(), "telegram", "old"); got != store.New {
		t.Error("an update of a month ago is still remembered")
	}
}

func TestRunSaysWhatItNeeds(t *testing.T) {
	t.Setenv("PARLEY_STORE_URL", filepath.Join(t.TempDir(), "x.db"))
	if out, code := run(t, "", "run"); code != 2 || !strings.Contains(out, "PARLEY_TELEGRAM_TOKEN") {
		t.Errorf("exit %d: %s", code, out)
	}
}
