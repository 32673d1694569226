package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/adapters/telegram"
	"parley/adapters/telegram/telegramtest"
	"parley/answers"
	"parley/answers/lang"
	"parley/bot"
	"parley/bot/store"
)

// noteBook is a log that is kept in memory.
type noteBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *noteBook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *noteBook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// linesOf reads a log of JSON.
func linesOf(t *testing.T, text string) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		lines = append(lines, l)
	}
	return lines
}

type stringer string

func (s stringer) String() string { return string(s) }

func TestIDsAndTokensAreHiddenWhereverTheyStand(t *testing.T) {
	var out noteBook
	names := newPseudonyms()
	log := newLog(&out, slog.LevelDebug, "json", names)
	const room, person, event, group, token = "!abcDEF:example.org", "@ann:example.org", "$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", "-1001234567890", "123456:ABCDEF-abcdef_0123456789abcdef"
	ctx := bot.WithOrigin(t.Context(), bot.Origin{Chat: bot.Chat{Network: "telegram", ID: group}, ID: "7"})
	log.InfoContext(ctx, "by context")
	log.Info("by key", "room", room, "event", event, "from", stringer(group), "to", 1234567, "user", errors.New(person))
	log.Info("in errors", "err", fmt.Errorf("send: %w", errors.New(`Get "https://example.org/_matrix/client/v3/rooms/%21abcDEF%3Aexample.org/state": no access for `+person)))
	log.Info("in texts "+room, "x", "chat "+group+" and "+event, "y", []string{person}, "z", struct{ Text string }{person})
	log.With("room", room).WithGroup("g").Info("in groups", slog.Group("h", "chat", group, "err", person))
	log.Info("tokens", "err", "https://api.telegram.org/bot"+token+"/getMe: bad", "auth", "Bearer syt_abcdefghijklmnop_q")
	log.Info("panics", "panic_val", "what somebody wrote", "args", []byte(person))
	text := out.String()
	for _, secret := range []string{"abcDEF", "ann", event, "1001234567890", "1234567", token, "syt_", "what somebody wrote"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q stands in\n%s", secret, text)
		}
	}
	if n := strings.Count(text, names.of(room)); n != 3 {
		t.Errorf("a room is called by its name %d times:\n%s", n, text)
	}
	if !strings.Contains(text, `"trace":"`) || !strings.Contains(text, `"chat":"`+names.of(group)+`"`) {
		t.Errorf("no origin:\n%s", text)
	}
	log.Info("harmless", "err", "getUpdates: 502 Bad Gateway", "settings", []string{"log.level"}, "in", 1500, "at", "127.0.0.1:39903")
	if text = out.String(); !strings.Contains(text, "502 Bad Gateway") || !strings.Contains(text, `["log.level"]`) || !strings.Contains(text, "127.0.0.1:39903") {
		t.Errorf("what is harmless is hidden:\n%s", text)
	}
}

func TestChatsAreCalledTheSameOverRestartsAndOtherwiseElsewhere(t *testing.T) {
	name := func(db string) string {
		t.Helper()
		st, err := store.Open(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		p := newPseudonyms()
		if err := p.from(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		return p.of("-100123")
	}
	dir := t.TempDir()
	here, again, there := name(filepath.Join(dir, "a.db")), name(filepath.Join(dir, "a.db")), name(filepath.Join(dir, "b.db"))
	if here != again || here == there || len(here) != 12 {
		t.Errorf("%s, %s, %s", here, again, there)
	}
}

// traced are the messages of the log by their trace.
func traced(lines []map[string]any) map[string][]string {
	all := map[string][]string{}
	for _, l := range lines {
		if trace, ok := l["trace"].(string); ok {
			all[trace] = append(all[trace], l["msg"].(string))
		}
	}
	return all
}

func TestAllLinesOfAnUpdateHaveTheSameTrace(t *testing.T) {
	a := newAsking(t, telegramtest.Options{}, 2)
	a.Fail(telegramtest.Fault{Kind: telegramtest.DropAfter, Method: "sendMessage", Times: 1})
	log := logsOf(t, func() {
		stop := begin(t)
		a.ask(2)
		for _, m := range a.asked {
			if _, ok := a.WaitReply(m, within); !ok {
				t.Error("not answered")
			}
		}
		a.WaitConfirmed(within)
		stop()
	})
	all := traced(linesOf(t, string(log)))
	if len(all) != 2 {
		t.Errorf("%d traces: %v", len(all), all)
	}
	retried := 0
	for trace, lines := range all {
		for _, want := range []string{"update taken", "answer found", "message sent", "answered"} {
			if !slices.Contains(lines, want) {
				t.Errorf("%s lacks %q: %v", trace, want, lines)
			}
		}
		if slices.Contains(lines, "fate of a request unknown; trying once more") {
			retried++
		}
	}
	if retried != 1 {
		t.Errorf("the fault belongs to %d traces: %v", retried, slices.Sorted(maps.Keys(all)))
	}
}

func TestLogsAreTextOrJSONAsIsWanted(t *testing.T) {
	for format, want := range map[string]string{"text": "level=INFO msg=hello", "json": `"msg":"hello"`, "auto": `"msg":"hello"`} {
		var out noteBook
		newLog(&out, slog.LevelInfo, format, newPseudonyms()).Info("hello")
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: %s", format, out.String())
		}
	}
}

// careless is a store that panics with what it was given, as a library might.
type careless struct{ *store.Store }

func (careless) Language(context.Context, string, string) (string, error) { panic("ZQXJLANGUAGE") }
func (careless) Subscription(context.Context, bot.Chat) (*bot.Subscription, error) {
	panic(fmt.Errorf("ZQXJSUBSCRIPTION"))
}

func TestAPanicTellsNothingOfWhatWasWritten(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	db := filepath.Join(t.TempDir(), "p.db")
	st, err := store.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	book, err := answers.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	packs, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	var out noteBook
	log := newLog(&out, slog.LevelDebug, "json", newPseudonyms())
	b := bot.New(bot.Options{Book: book, Keeper: careless{st}, Log: log})
	a, err := telegram.New(telegram.Config{Token: s.Token, APIURL: s.URL, Store: st, Packs: packs, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Announce(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := s.User("ZQXJNAME", "en")
	c := s.Private(u)
	task := bot.Task{Kind: bot.TaskNews, Chat: bot.Chat{Network: telegram.Network, ID: fmt.Sprint(c.ID)}, Mark: "x"}
	if err := st.Enqueue(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.Run(ctx, a); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() {
		if err := st.Work(ctx, 1, queueLog(log), b.Do); err != nil {
			t.Error(err)
		}
	})
	s.Say(c, u, "ZQXJTEXT who is Umerov?")
	if !s.WaitUntil(within, func() bool {
		return strings.Contains(out.String(), "panic while answering") && strings.Contains(out.String(), "panic in a task")
	}) {
		t.Errorf("nothing panicked:\n%s", out.String())
	}
	cancel()
	wg.Wait()
	if i := strings.Index(strings.ToUpper(out.String()), "ZQXJ"); i >= 0 {
		t.Errorf("the log says %q", out.String()[max(0, i-80):i+40])
	}
	findIn(t, db, "ZQXJ")
}
