package telegram

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/answers"
	"parley/answers/facts"
	"parley/bot"
	"parley/bot/store/storetest"
)

// Telegram's own limit takes 10,000 chats more than five minutes. The tests in real
// time run faster and with fewer of them; simulated_test.go has all.
var (
	chats = flag.Int("chats", 300, "how many chats are told in the tests of broadcasts")
	speed = flag.Float64("speed", 100, "how many messages a second the server takes in them")
)

// meetings is a base with so many announced meetings.
func meetings(t *testing.T, n int) *answers.Book {
	t.Helper()
	s := "as_of: 2026-06-16\nevents:\n"
	for i := range n {
		text := fmt.Sprintf("{en: Meeting %d, uk: Зустріч %d, ru: Встреча %d, tr: Görüşme %d}", i, i, i, i)
		s += fmt.Sprintf("  - {id: ev-%d-x, kind: announced, announced_on: 2026-06-15, for_date: 2026-07-05, status: confirmed, text: %s, short: %s}\n", i, text, text)
	}
	b, ps := facts.Load(fstest.MapFS{"schedule.yaml": {Data: []byte(s)}})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	bk, err := answers.New(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return bk
}

// replica is a bot that delivers, with others on the same store.
func replica(t *testing.T, s *telegramtest.Server, where string) *bot.Bot {
	t.Helper()
	st := openStore(t, where)
	cfg := config(t, s, st)
	cfg.Limits = Limits{Overall: *speed}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := bot.New(bot.Options{Book: meetings(t, 1), Keeper: st})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.Run(ctx, a) })
	wg.Go(func() { b.Keep(ctx, time.Hour) })
	wg.Go(func() {
		if err := st.Work(ctx, 32, nil, b.Deliver); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return b
}

// audience are so many private chats that have subscribed.
func audience(t *testing.T, s *telegramtest.Server, where string, n int) (all []*telegramtest.Chat) {
	t.Helper()
	st := openStore(t, where)
	h, err := st.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		c := s.Private(s.User(fmt.Sprint("U", i), "en"))
		all = append(all, c)
		sub := bot.Subscription{Chat: bot.Chat{Network: Network, ID: fmt.Sprint(c.ID)}, Subject: answers.Everything, Seen: h.Revision, Since: time.Now()}
		if err := st.PutSubscription(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func broadcast(t *testing.T, where string, replicas int) {
	s := telegramtest.New(t, telegramtest.Options{Latency: 20 * time.Millisecond,
		Limits: telegramtest.Limits{Overall: *speed, Chat: 1, ChatBurst: 3, Group: 20}})
	var bots []*bot.Bot
	for range replicas {
		bots = append(bots, replica(t, s, where))
	}
	st := openStore(t, where)
	for h, _ := st.Head(t.Context()); h.Revision == 0; h, _ = st.Head(t.Context()) {
		time.Sleep(10 * time.Millisecond)
	}
	all := audience(t, s, where, *chats)
	began := time.Now()
	for _, b := range bots {
		b.Swap(meetings(t, 2))
	}
	allowed := time.Duration(float64(len(all)) / *speed * float64(time.Second))
	for end := began.Add(10*allowed + time.Minute); len(s.Requests("sendMessage")) < len(all); {
		if time.Sleep(100 * time.Millisecond); time.Now().After(end) {
			t.Fatalf("%d of %d were told", len(s.Requests("sendMessage")), len(all))
		}
	}
	took := time.Since(began)
	time.Sleep(time.Second) // what is sent too often comes late
	refused := 0
	for _, r := range s.Requests("sendMessage") {
		if r.Status == 429 {
			refused++
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d chats by %d processes in %s, %.1f %% over what %.0f a second allow; %d requests refused; %d MB from the system, the server's included",
		len(all), replicas, took.Round(10*time.Millisecond), 100*(took.Seconds()/allowed.Seconds()-1), *speed, refused, m.Sys>>20)
	for _, c := range all {
		if n := len(s.Sent(c)); n != 1 {
			t.Errorf("chat %d: %d messages", c.ID, n)
		}
	}
	if refused > 0 {
		t.Errorf("%d requests were over the limit", refused)
	}
	// The simulated clock measures; here other tests take of the machine too.
	if grace := 10 * time.Second * slowdown; took > allowed*105/100+grace {
		t.Errorf("took %s, and %s is allowed", took, allowed)
	}
}

func TestABroadcastUsesTheLimitsAndKeepsThem(t *testing.T) {
	broadcast(t, filepath.Join(t.TempDir(), "x.db"), 1)
}

func TestTwoReplicasKeepTheLimitsTogether(t *testing.T) {
	where := storetest.Postgres(t)
	if where == "" {
		return
	}
	broadcast(t, where, 2)
}
