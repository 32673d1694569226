package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/bot"
	"parley/bot/store"
)

// inProcess carries requests to the server without a network, so that a
// simulated clock goes on while they are under way.
type inProcess struct{ *telegramtest.Server }

func (s inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// sender is the adapter without its receiving half, which waits for updates.
type sender struct{ *Adapter }

func (sender) Run(ctx context.Context, _ bot.Handler) error { <-ctx.Done(); return nil }

// tasks are those that a publication has made.
func tasks(t *testing.T, st *store.Store) (out []bot.Task) {
	t.Helper()
	rows, err := st.DB().Query(`SELECT json(args) FROM river_job ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var a struct{ Task, Network, Chat, Mark string }
		if err := errors.Join(rows.Scan(&text), json.Unmarshal([]byte(text), &a)); err != nil {
			t.Fatal(err)
		}
		out = append(out, bot.Task{Kind: a.Task, Chat: bot.Chat{Network: a.Network, ID: a.Chat}, Mark: a.Mark})
	}
	return out
}

// work does each task until it is done, some at a time, as the queue does.
func work(b *bot.Bot, all []bot.Task, atOnce int) error {
	todo := make(chan bot.Task)
	errs := make(chan error, atOnce)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for t := range todo {
				err := b.Deliver(context.Background(), t)
				for busy := (bot.Busy{}); errors.As(err, &busy); err = b.Deliver(context.Background(), t) {
					time.Sleep(busy.After)
				}
				if err != nil {
					select {
					case errs <- err:
					default:
					}
				}
			}
		})
	}
	for _, t := range all {
		todo <- t
	}
	close(todo)
	wg.Wait()
	close(errs)
	return <-errs
}

// The clock is simulated: 10,000 chats take Telegram more than five minutes, and
// this test seconds.
func TestTenThousandChatsAreToldAsFastAsTelegramAllows(t *testing.T) {
	was, now := meetings(t, 1), meetings(t, 2)
	s := telegramtest.New(t, telegramtest.Options{Latency: 40 * time.Millisecond, Limits: telegramtest.Telegram})
	path := filepath.Join(t.TempDir(), "x.db")
	synctest.Test(t, func(t *testing.T) {
		st := openStore(t, path)
		a, err := New(config(t, s, st))
		if err != nil {
			t.Fatal(err)
		}
		a.gov = newGovernor(Limits{})
		a.client.http.Transport = inProcess{s}
		b := bot.New(bot.Options{Book: was, Keeper: st})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx, sender{a}) }()
		synctest.Wait()
		if err := b.Announce(t.Context()); err != nil {
			t.Fatal(err)
		}
		all := audience(t, s, path, 10_000/slowdown)
		b.Swap(now)
		if err := b.Announce(t.Context()); err != nil {
			t.Fatal(err)
		}
		todo := tasks(t, st)
		began := time.Now()
		if err := work(b, todo, 32); err != nil {
			t.Error(err)
		}
		took, refused := time.Since(began), 0
		for _, r := range s.Requests("sendMessage") {
			if r.Status != 200 {
				refused++
			}
		}
		allowed := time.Duration(float64(len(all)) / telegramtest.Telegram.Overall * float64(time.Second))
		t.Logf("%d chats in %s by the simulated clock, %.1f %% over the %s that the limits allow; %d requests refused",
			len(all), took.Round(time.Millisecond), 100*(took.Seconds()/allowed.Seconds()-1), allowed.Round(time.Second), refused)
		if refused > 0 || took > allowed*105/100 {
			t.Errorf("took %s of %s, %d refused", took, allowed, refused)
		}
		for _, c := range all {
			if n := len(s.Sent(c)); n != 1 {
				t.Fatalf("chat %d: %d messages", c.ID, n)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
}
