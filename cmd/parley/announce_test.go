package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/answers/facts"
	"parley/bot"
	"parley/bot/store"
	"parley/config"
)

// within is how long a change may take to reach a chat in these tests.
const within = 20 * time.Second

// base is a folder of facts that a test edits as a curator does.
type base struct {
	t      *testing.T
	dir    string
	events map[string]string
	texts  map[string]string // in English
	order  []string
}

func newBase(t *testing.T) *base {
	t.Helper()
	b := &base{t: t, dir: t.TempDir(), events: map[string]string{}, texts: map[string]string{}}
	b.put("ev-first-held", "held", "2026-11-02", "2026-11-02")
	b.save()
	return b
}

// put sets an event. More is its text.
func (b *base) put(id, kind, on, day string, more ...string) {
	if _, had := b.events[id]; !had {
		b.order = append(b.order, id)
	}
	text := strings.TrimSpace(id + " " + kind + " " + strings.Join(more, " "))
	en := "en " + text
	b.texts[id] = en
	sum := facts.Sum(facts.Text{en}, facts.Text{en})
	b.events[id] = fmt.Sprintf("  - id: %s\n    kind: %s\n    announced_on: %s\n    for_date: %s\n    date: %s\n    status: confirmed\n"+
		"    text: {en: en %s, uk: укр %s, ru: рус %s, tr: tür %s}\n    short: {en: en %s, uk: укр %s, ru: рус %s, tr: tür %s}\n"+
		"    translated_from: %s\n    sources: [{publisher: P, title: T, url: 'https://example.org/%s', date: %s}]\n",
		id, kind, on, day, on, text, text, text, text, text, text, text, text, sum, id, on)
}

func (b *base) drop(id string) { delete(b.events, id) }

func (b *base) text() string {
	s := "as_of: 2026-11-20\nevents:\n"
	for _, id := range b.order {
		s += b.events[id]
	}
	return s
}

// save writes the file as editors do: a new one that takes the place of the old.
func (b *base) save() {
	b.t.Helper()
	tmp := filepath.Join(b.dir, ".schedule.yaml.tmp")
	if err := os.WriteFile(tmp, []byte(b.text()), 0o600); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(b.dir, "schedule.yaml")); err != nil {
		b.t.Fatal(err)
	}
}

// scene is the bot, run by its settings, with one group in which it may pin.
type scene struct {
	*telegramtest.Server
	*base
	admin *telegramtest.User
	group *telegramtest.Chat
	stop  func()
}

func newScene(t *testing.T, o telegramtest.Options) *scene {
	t.Helper()
	return newSceneOf(t, o, func(s *scene) func() {
		return begin(t, func(c *config.Config) { c.Announce.Round = time.Second })
	})
}

// newSceneOf is a scene whose bot is begun in another way.
func newSceneOf(t *testing.T, o telegramtest.Options, begin func(*scene) (stop func())) *scene {
	t.Helper()
	s := &scene{Server: telegramtest.New(t, o), base: newBase(t)}
	t.Setenv("PARLEY_TELEGRAM_TOKEN", s.Token)
	t.Setenv("PARLEY_TELEGRAM_API_URL", s.URL)
	t.Setenv("PARLEY_STORE_URL", filepath.Join(t.TempDir(), "parley.db"))
	t.Setenv("PARLEY_FACTS_DIR", s.dir)
	s.admin = s.User("Ann", "en")
	s.group = s.Supergroup("Talks")
	s.Set(s.group, func(c *telegramtest.Chat) {
		c.Status[s.admin.ID], c.Status[telegramtest.BotID] = "administrator", "administrator"
	})
	s.stop = begin(s)
	t.Cleanup(func() {
		s.stop()
		for _, v := range s.Violations() {
			t.Errorf("bad request: %s", v)
		}
	})
	return s
}

// tell gives a command in the group.
func (s *scene) tell(text string) *telegramtest.Message { return s.Say(s.group, s.admin, text) }

// pinned waits for a pinned card that shows a text.
func (s *scene) pinned(text string) telegramtest.Message {
	s.t.Helper()
	var got []telegramtest.Message
	if !s.WaitUntil(within, func() bool {
		got = s.Pins(s.group)
		return len(got) == 1 && got[0].From == telegramtest.BotID && strings.Contains(got[0].Text, text)
	}) {
		s.t.Fatalf("no pinned card shows %q: %+v", text, got)
	}
	return got[0]
}

// news are the bot's messages that are no card and no reply.
func (s *scene) news() (out []string) {
	for _, m := range s.Sent(s.group) {
		if m.ReplyTo == 0 && !strings.Contains(m.Text, "Next meeting") && !strings.Contains(m.Text, "takvimi") {
			out = append(out, m.Text)
		}
	}
	return out
}

// told waits until the group's news are as many as wanted and the last shows a text.
func (s *scene) told(n int, text string) {
	s.t.Helper()
	if !s.WaitUntil(within, func() bool {
		got := s.news()
		return len(got) == n && strings.Contains(got[n-1], text)
	}) {
		s.t.Fatalf("not told %q as number %d: %q", text, n, s.news())
	}
}

func TestAPinnedScheduleStaysTrue(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	s.tell("/pin")
	card := s.pinned("none announced")

	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	s.save()
	if got := s.pinned("Next meeting: 5 January 2027"); got.ID != card.ID {
		t.Errorf("another message is pinned")
	}
	s.put("ev-rome-moved", "moved", "2026-11-20", "2027-01-09")
	s.save()
	s.pinned("Next meeting: 9 January 2027")
	s.put("ev-rome-cancelled", "cancelled", "2026-11-20", "2027-01-09")
	s.save()
	s.pinned("none announced")

	if _, ok := s.WaitReply(s.tell("/unpin"), within); !ok || len(s.Pins(s.group)) > 0 {
		t.Errorf("still pinned: %v", s.Pins(s.group))
	}
	if n := len(s.news()); n > 0 {
		t.Errorf("a group that did not subscribe was told: %q", s.news())
	}
}

func TestWhoSubscribesIsToldOnceAndWhatWasToldIsPutRight(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	if r, ok := s.WaitReply(s.tell("/subscribe schedule"), within); !ok || !strings.Contains(r.Text, "changes of the schedule") {
		t.Fatalf("%v %q", ok, r.Text)
	}
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	s.save()
	s.told(1, "ev-rome-announced announced")

	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05", "better")
	s.save()
	s.told(1, "corrected on")
	s.drop("ev-rome-announced")
	s.save()
	s.told(1, "withdrawn on")
	if m := s.Sent(s.group); m[len(m)-1].Entities == nil {
		t.Error("nothing is struck out")
	}
	for i := range 3 {
		s.put(fmt.Sprintf("ev-a%d-x", i), "announced", "2026-11-20", "2027-02-05")
	}
	s.save()
	s.told(2, "What has changed:")
	if n := len(s.news()); n != 2 {
		t.Errorf("%d messages: %q", n, s.news())
	}
	if _, ok := s.WaitReply(s.tell("/unsubscribe"), within); !ok {
		t.Error("no answer")
	}
}

func TestADryRunShowsWhatWouldBeSentAndSendsNothing(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	s.tell("/pin lang tr")
	s.pinned("duyurulmadı")
	if _, ok := s.WaitReply(s.tell("/subscribe"), within); !ok {
		t.Fatal("no answer")
	}
	changed := newBase(t)
	changed.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	changed.save()
	out, code := run(t, "", "announce", "--dry-run", "--facts", changed.dir)
	for _, want := range []string{"1 changes since revision 1", "announced ev-rome-announced", "== telegram, tr: 1 edited cards",
		`"text": "Ukrayna-Rusya müzakerelerinin takvimi`, "== telegram, en: 1 messages on all", "Date announced", `"entities": "[{`} {
		if !strings.Contains(out, want) {
			t.Errorf("exit %d: no %q in\n%s", code, want, out)
		}
	}
	if n := len(s.news()); n > 0 {
		t.Errorf("sent: %q", s.news())
	}
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	s.save()
	s.told(1, "ev-rome")
	out, code = run(t, "", "announce", "--status")
	if code != 0 || !strings.Contains(out, "revision 2") || !strings.Contains(out, "news") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestADryRunShowsEachLanguageInTheFormOfEachNetwork(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	if _, ok := s.WaitReply(s.tell("/help"), within); !ok {
		t.Fatal("no answer")
	}
	if !s.WaitUntil(within, func() bool {
		out, _ := run(t, "", "announce", "--status")
		return strings.Contains(out, "revision 1")
	}) {
		t.Fatal("the facts are not recorded")
	}
	s.stop() // it would find out that the chats below do not exist
	s.stop = func() {}
	changed := newBase(t)
	changed.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	changed.save()
	nobody, _ := run(t, "", "announce", "--dry-run", "--facts", changed.dir)
	st, err := store.Open(t.Context(), os.Getenv("PARLEY_STORE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"telegram", "matrix"} {
		for _, code := range facts.Languages {
			c := bot.Chat{Network: network, ID: "chat-" + code}
			if err := errors.Join(st.PutPin(t.Context(), bot.Pin{Chat: c, Lang: code, Since: time.Now()}),
				st.PutSubscription(t.Context(), bot.Subscription{Chat: c, Lang: code, Subject: "schedule", Since: time.Now()})); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	somebody, _ := run(t, "", "announce", "--dry-run", "--facts", changed.dir)
	for _, out := range []string{nobody, somebody} {
		for _, want := range []string{`"text": "Schedule of`, `"text": "Розклад переговорів`, `"text": "Расписание переговоров`, `"text": "Ukrayna-Rusya müzakerelerinin takvimi`,
			`"body": "Schedule of`, `"body": "Розклад`, `"body": "Расписание`, `"body": "Ukrayna-Rusya`, `"msgtype": "m.notice"`, `"formatted_body": "<`,
			`"entities": "[{`, "en ev-rome-announced", "укр ev-rome-announced", "рус ev-rome-announced", "tür ev-rome-announced"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	}
	for _, want := range []string{"== telegram, uk: 1 edited cards", "== matrix, tr: 1 messages on schedule"} {
		if !strings.Contains(somebody, want) {
			t.Errorf("no %q in\n%s", want, somebody)
		}
	}
	if n := len(s.Sent(s.group)); n != 1 {
		t.Errorf("sent: %d messages", n)
	}
}

func TestTheProgressOfDeliveriesIsShownUntilTheyAreDone(t *testing.T) {
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var tasks []bot.Task
	for i := range 4 {
		tasks = append(tasks, bot.Task{Kind: bot.TaskNews, Chat: bot.Chat{Network: "telegram", ID: fmt.Sprint(i)}, Mark: "2"})
	}
	if err := st.Enqueue(t.Context(), tasks...); err != nil {
		t.Fatal(err)
	}
	show := func(on bool) string {
		var out strings.Builder
		if err := showProgress(t.Context(), &out, st, "2", on); err != nil {
			t.Error(err)
		}
		return out.String()
	}
	if got := show(false); got != "\r["+strings.Repeat(".", barWidth)+"] 0 of 4\n" {
		t.Errorf("%q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = st.Work(ctx, 1, nil, func(context.Context, bot.Task) error { return nil }) })
	if got := show(true); !strings.HasSuffix(got, "\r["+strings.Repeat("#", barWidth)+"] 4 of 4\n") {
		t.Errorf("%q", got)
	}
	cancel()
	wg.Wait()
}
