package telegram

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/answers/lang"
	"parley/answers/markup"
	"parley/bot"
	"parley/bot/store"
)

const soon = 5 * time.Second

// rig is an adapter that runs against a test server.
type rig struct {
	*telegramtest.Server
	a    *Adapter
	logs *syncBuffer
	got  chan bot.Message
	stop func() error // ends Run and returns its error
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *syncBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

// answer is what a test's bot does with a message.
type answer func(ctx context.Context, a *Adapter, m bot.Message) error

// echo replies to every text with it, and edits where that is asked for.
func echo(ctx context.Context, a *Adapter, m bot.Message) error {
	r := bot.Reply{Body: markup.Text{markup.Para("echo " + m.Text + m.Command + m.Choice)}, Quote: m.ID, Lang: "en"}
	if m.Command == "gone" || m.Command == "moved" {
		return nil
	}
	if m.Answer != "" {
		return a.Edit(ctx, m.Chat, m.Answer, r)
	}
	_, err := a.Send(ctx, m.Chat, r)
	return err
}

// lanes handles the messages of each chat in order, chats beside each other.
type lanes struct {
	mu  sync.Mutex
	all map[bot.Chat]chan func()
	wg  sync.WaitGroup
}

func (l *lanes) do(ctx context.Context, c bot.Chat, f func()) {
	l.mu.Lock()
	ch := l.all[c]
	if ch == nil {
		ch = make(chan func(), 200)
		l.all[c] = ch
		l.wg.Go(func() {
			for {
				select {
				case f := <-ch:
					f()
				case <-ctx.Done():
					return
				}
			}
		})
	}
	l.mu.Unlock()
	ch <- f
}

func openStore(tb testing.TB, path string) *store.Store {
	tb.Helper()
	st, err := store.Open(context.Background(), path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { st.Close() })
	return st
}

func config(tb testing.TB, s *telegramtest.Server, st *store.Store) Config {
	tb.Helper()
	packs, err := lang.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return Config{Token: s.Token, APIURL: s.URL, Store: st, Packs: packs, Limits: Limits{Off: true}}
}

// begin runs an adapter against the server until the test ends.
func begin(tb testing.TB, s *telegramtest.Server, cfg Config, do answer) *rig {
	tb.Helper()
	r := &rig{Server: s, logs: &syncBuffer{}, got: make(chan bot.Message, 1000)}
	cfg.Log = slog.New(slog.NewTextHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	r.a = a
	ctx, cancel := context.WithCancel(context.Background())
	l := &lanes{all: map[bot.Chat]chan func(){}}
	ended := make(chan error, 1)
	go func() {
		ended <- a.Run(ctx, func(ctx context.Context, m bot.Message, done func(error)) error {
			select {
			case r.got <- m:
			default:
			}
			l.do(ctx, m.Chat, func() { done(do(ctx, a, m)) })
			return nil
		})
	}()
	r.stop = sync.OnceValue(func() error { cancel(); err := <-ended; l.wg.Wait(); return err })
	tb.Cleanup(func() { _ = r.stop(); r.checkSecrets(tb) })
	return r
}

// checkSecrets looks for the token and for what was said in the log, and for
// requests that no Telegram would take.
func (r *rig) checkSecrets(tb testing.TB) {
	tb.Helper()
	for _, secret := range []string{r.Token, "TEST-token", "sesame"} {
		if strings.Contains(r.logs.String(), secret) {
			tb.Errorf("the log contains %q:\n%s", secret, r.logs.String())
		}
	}
	for _, v := range r.Violations() {
		tb.Errorf("bad request: %s", v)
	}
}

// start is a server and an adapter that echoes.
func start(t *testing.T, o telegramtest.Options, change ...func(*Config)) *rig {
	t.Helper()
	return startWith(t, o, echo, change...)
}

func startWith(t *testing.T, o telegramtest.Options, do answer, change ...func(*Config)) *rig {
	t.Helper()
	s := telegramtest.New(t, o)
	cfg := config(t, s, openStore(t, filepath.Join(t.TempDir(), "p.db")))
	for _, f := range change {
		f(&cfg)
	}
	r := begin(t, s, cfg, do)
	if !s.WaitPolling(soon) {
		t.Fatalf("no poll\n%s", r.logs.String())
	}
	return r
}

func (r *rig) mustReply(t *testing.T, m *telegramtest.Message) telegramtest.Message {
	t.Helper()
	got, ok := r.WaitReply(m, soon)
	if !ok {
		t.Fatalf("no reply\n%s", r.logs.String())
	}
	return got
}

// mustGet is the next message that the bot was given.
func (r *rig) mustGet(t *testing.T) bot.Message {
	t.Helper()
	select {
	case m := <-r.got:
		return m
	case <-time.After(soon):
		t.Fatalf("nothing came\n%s", r.logs.String())
		return bot.Message{}
	}
}

func reply(text string) bot.Reply {
	return bot.Reply{Body: markup.Text{markup.Para(text)}, Lang: "en"}
}
