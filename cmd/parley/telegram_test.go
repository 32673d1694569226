package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/bot/store"
)

// asking is a server at which the program is asked, and what was asked.
type asking struct {
	*telegramtest.Server
	t       *testing.T
	db      string
	people  []*telegramtest.User
	asked   []*telegramtest.Message
	unknown map[*telegramtest.Message]int // how often a kill left its answer's fate unknown
}

func newAsking(t *testing.T, o telegramtest.Options, people int) *asking {
	t.Helper()
	a := &asking{Server: telegramtest.New(t, o), t: t, db: filepath.Join(t.TempDir(), "p.db"), unknown: map[*telegramtest.Message]int{}}
	t.Setenv("PARLEY_TELEGRAM_TOKEN", a.Token)
	t.Setenv("PARLEY_TELEGRAM_API_URL", a.URL)
	t.Setenv("PARLEY_STORE_URL", a.db)
	for i := range people {
		a.people = append(a.people, a.User("Ann", [...]string{"en", "uk", "ru", "tr"}[i%4]))
	}
	return a
}

var asks = [...]string{"How long did the second round last?", "Хто такий Умєров?", "Когда был третий раунд?", "Kaç esir takas edildi?", "who wins?", "/next"}

func (a *asking) ask(n int) {
	for i := range n {
		u := a.people[i%len(a.people)]
		a.asked = append(a.asked, a.Say(a.Private(u), u, asks[i%len(asks)]))
	}
}

// found counts whose answers a dead program was sending.
func (a *asking) found() {
	a.t.Helper()
	st, err := store.Open(a.t.Context(), a.db)
	if err != nil {
		a.t.Fatal(err)
	}
	defer st.Close()
	for _, m := range a.asked {
		id := fmt.Sprintf("%d.%d", telegramtest.BotID, m.Update)
		state, err := st.Update(a.t.Context(), "telegram", id)
		if err != nil {
			a.t.Fatal(err)
		}
		kept, err := st.NextWaiting(a.t.Context(), "telegram", fmt.Sprint(m.Chat)) // dealt with, and perhaps being sent
		if err != nil {
			a.t.Fatal(err)
		}
		if state == store.Sending || kept != nil && kept.ID == id && kept.Sending {
			a.unknown[m]++
		}
	}
}

func TestKilledWhileItAnswersItLosesNothing(t *testing.T) {
	a := newAsking(t, telegramtest.Options{Latency: 5 * time.Millisecond}, 20)
	for range 6 {
		a.ask(60)
		p := startProgram(t)
		if !a.WaitPolling(within) {
			t.Fatal("no poll")
		}
		time.Sleep(rand.N(300 * time.Millisecond)) // the random moment
		p.kill()
		a.found()
	}
	p := startProgram(t)
	if !a.WaitConfirmed(2 * within) {
		t.Errorf("%d updates left", a.Unconfirmed())
	}
	p.kill()
	doubled, unknown := 0, 0
	for _, m := range a.asked {
		n := len(a.Replies(m))
		if n == 0 {
			t.Errorf("update %d was not answered", m.Update)
		}
		if n-1 > a.unknown[m] {
			t.Errorf("update %d: %d answers, found being sent %d times", m.Update, n, a.unknown[m])
		}
		doubled, unknown = doubled+max(0, n-1), unknown+a.unknown[m]
	}
	t.Logf("%d questions, %d doubled of %d whose answers' fate was unknown", len(a.asked), doubled, unknown)
}

// logsOf runs f and returns what went to standard error meanwhile.
func logsOf(t *testing.T, f func()) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	t.Setenv("PARLEY_LOG_LEVEL", "debug")
	saved := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = saved }()
	f()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestInlineQueriesOfferFactsInTheLanguageOfWhoAsks(t *testing.T) {
	a := newAsking(t, telegramtest.Options{}, 0)
	defer begin(t)()
	for code, want := range map[string]struct{ query, source string }{
		"en": {"second round", "Sources"}, "uk": {"другий раунд", "Джерела"}, "ru": {"второй раунд", "Источники"}, "tr": {"ikinci tur", "Kaynaklar"},
	} {
		r, ok := a.WaitInline(a.Query(a.User("Ann", code), want.query), within)
		if !ok {
			t.Errorf("%s: no answer", code)
			continue
		}
		results := r.Form.Get("results")
		if n := strings.Count(results, `"type":"article"`); n < 3 || n > 10 {
			t.Errorf("%s: %d results", code, n)
		}
		if !strings.Contains(results, want.source) || !strings.Contains(results, `"description":"`) || !strings.Contains(results, `"text_link"`) {
			t.Errorf("%s: %s", code, results)
		}
		if r.Form.Get("cache_time") == "" || r.Form.Get("is_personal") != "true" || !strings.Contains(r.Form.Get("button"), "start_parameter") {
			t.Errorf("%s: %v", code, r.Form)
		}
	}
	r, _ := a.WaitInline(a.Query(a.User("Cem", "tr"), "second round"), within)
	if results := r.Form.Get("results"); !strings.Contains(results, `"title":"İkinci tur`) || strings.Contains(results, "Second round") || strings.Contains(results, `"description":"İkinci tur, 2 Haziran 2025\n`) {
		t.Errorf("asked in another language: %s", results)
	}
	for _, v := range a.Violations() {
		t.Error(v)
	}
}
