package telegram

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/answers/lang"
	"parley/bot"
	"parley/bot/store"
)

// TestMain runs the tests, or an echo bot for the test that kills it.
func TestMain(m *testing.M) {
	if url := os.Getenv("PARLEY_TEST_ECHO"); url != "" {
		if err := echoBot(url, os.Getenv("PARLEY_TEST_STORE")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func echoBot(url, path string) error {
	ctx := context.Background()
	st, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	packs, err := lang.Load()
	if err != nil {
		return err
	}
	a, err := New(Config{Token: "123456:TEST-token_of-the-bot", APIURL: url, Store: st, Packs: packs, Limits: Limits{Off: true}})
	if err != nil {
		return err
	}
	l := &lanes{all: map[bot.Chat]chan func(){}}
	return a.Run(ctx, func(ctx context.Context, m bot.Message, done func(error)) error {
		l.do(ctx, m.Chat, func() { done(echo(ctx, a, m)) })
		return nil
	})
}

// killing is a bot that is killed again and again while people ask.
type killing struct {
	*telegramtest.Server
	store   *store.Store
	path    string
	asked   []*telegramtest.Message
	unknown map[*telegramtest.Message]int // how often it was found being sent after a kill
}

// A killed process could note nothing of what it was sending. Each such answer
// may come twice and no other; none may be missing. How many it was is reported.
func TestKilledAtRandomMomentsItLosesNothing(t *testing.T) {
	const kills, each, people = 10, 60, 20
	k := &killing{Server: telegramtest.New(t, telegramtest.Options{Latency: 5 * time.Millisecond}), unknown: map[*telegramtest.Message]int{}}
	k.path = filepath.Join(t.TempDir(), "p.db")
	k.store = openStore(t, k.path)
	var us []*telegramtest.User
	for range people {
		us = append(us, k.User("A", "en"))
	}
	for range kills {
		for i := range each {
			u := us[i%people]
			k.asked = append(k.asked, k.Say(k.Private(u), u, "q"))
		}
		k.live(t, func() {
			k.WaitPolling(soon)
			_ = pause(t.Context(), rand.N(60*time.Millisecond)) // the random moment
		})
	}
	k.live(t, func() {
		if !k.WaitConfirmed(2 * soon) {
			t.Errorf("%d updates left", k.Unconfirmed())
		}
	})
	k.verdict(t)
}

// live runs the bot for as long as f takes, and kills it.
func (k *killing) live(t *testing.T, f func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PARLEY_TEST_ECHO="+k.URL, "PARLEY_TEST_STORE="+k.path)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f()
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed
	for _, m := range k.asked {
		state, err := k.store.Update(t.Context(), Network, fmt.Sprintf("%d.%d", telegramtest.BotID, m.Update))
		if err != nil {
			t.Error(err)
		}
		if state == store.Sending {
			k.unknown[m]++
		}
	}
}

func (k *killing) verdict(t *testing.T) {
	t.Helper()
	lost, doubled, unknown := 0, 0, 0
	for _, m := range k.asked {
		n := len(k.Replies(m))
		if n == 0 {
			lost++
		}
		doubled += max(0, n-1)
		unknown += k.unknown[m]
		if n-1 > k.unknown[m] {
			t.Errorf("update %d: %d answers, found being sent %d times", m.Update, n, k.unknown[m])
		}
	}
	t.Logf("%d questions: %d lost, %d doubled, %d sends of unknown fate", len(k.asked), lost, doubled, unknown)
	if lost > 0 {
		t.Errorf("%d answers were lost", lost)
	}
}
