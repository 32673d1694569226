package telegram

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/bot"
)

// load asks n questions in as many chats, so many at a time, and returns how
// long each took.
func load(tb testing.TB, r *crowd, n, chats, open int) []time.Duration {
	tb.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	next := make(chan int)
	for range open {
		wg.Go(func() {
			for i := range next {
				u := r.users[i%chats]
				began := time.Now()
				m := r.Say(r.chats[i%chats], u, fmt.Sprint("question ", i))
				if _, ok := r.WaitReply(m, 30*time.Second); !ok {
					tb.Errorf("question %d was not answered", i)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	slices.Sort(took)
	return took
}

type crowd struct {
	*rig
	users []*telegramtest.User
	chats []*telegramtest.Chat
}

func newCrowd(r *rig, chats int) *crowd {
	c := &crowd{rig: r}
	for range chats {
		u := r.User("A", "en")
		c.users, c.chats = append(c.users, u), append(c.chats, r.Private(u))
	}
	return c
}

// doubles counts answers beyond the first.
func (c *crowd) doubles(n int) int {
	sent := 0
	for _, ch := range c.chats {
		sent += len(c.Sent(ch))
	}
	return sent - n
}

func TestUnderFaultsNothingIsLostAndOnlyTheUncertainDoubled(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel() // they wait most of the time
			underFaults(t, seed)
		})
	}
}

func underFaults(t *testing.T, seed uint64) {
	r := start(t, telegramtest.Options{Repeat: 0.05, Reorder: seed == 2, Seed: seed})
	for _, k := range []telegramtest.Kind{telegramtest.DropBefore, telegramtest.DropAfter, telegramtest.BadGateway, telegramtest.Restart} {
		r.Fail(telegramtest.Fault{Kind: k, Method: "sendMessage", Share: 0.05})
		r.Fail(telegramtest.Fault{Kind: k, Method: "getUpdates", Share: 0.02})
	}
	r.Fail(telegramtest.Fault{Kind: telegramtest.Slow, Method: "sendMessage", Share: 0.05, Delay: 200 * time.Millisecond})
	c := newCrowd(r, 50)
	load(t, c, 500, 50, 25)
	r.WaitConfirmed(soon)
	st := r.a.Stats()
	t.Logf("%d doubled, %d uncertain, %d retries", c.doubles(500), st.UncertainSends, st.Retries)
	if int64(c.doubles(500)) > st.UncertainSends {
		t.Error("more doubles than sends whose fate was unknown")
	}
}

func TestFiftyQuestionsAtATimeAreAnsweredInOrder(t *testing.T) {
	var mu sync.Mutex
	seen := map[bot.Chat]string{}
	r := startWith(t, telegramtest.Options{}, func(ctx context.Context, a *Adapter, m bot.Message) error {
		mu.Lock()
		if fmt.Sprintf("%8s", m.ID) < seen[m.Chat] {
			t.Errorf("chat %s: %s after %s", m.Chat.ID, m.ID, seen[m.Chat])
		}
		seen[m.Chat] = fmt.Sprintf("%8s", m.ID)
		mu.Unlock()
		return echo(ctx, a, m)
	})
	c := newCrowd(r, 20)
	load(t, c, 600, 20, 50)
	if !r.WaitConfirmed(soon) || c.doubles(600) != 0 {
		t.Errorf("%d doubled", c.doubles(600))
	}
}

// The figures are over all runs: the rate of all answers together, the median
// of the medians, and the worst p99. The server runs in the same process and
// takes its share of the machine.
func BenchmarkTwoThousandQuestions(b *testing.B) {
	var total time.Duration
	var p50, p99 []time.Duration
	for b.Loop() {
		d, took := twoThousand(b)
		total += d
		p50, p99 = append(p50, took[1000]), append(p99, took[1980])
	}
	slices.Sort(p50)
	b.ReportMetric(2000*float64(len(p50))/total.Seconds(), "answers/s")
	b.ReportMetric(float64(p50[len(p50)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(slices.Max(p99).Microseconds())/1000, "worst-p99-ms")
}

func twoThousand(b *testing.B) (time.Duration, []time.Duration) {
	b.Helper()
	s := telegramtest.New(b, telegramtest.Options{})
	r := begin(b, s, config(b, s, openStore(b, filepath.Join(b.TempDir(), "p.db"))), echo)
	c := newCrowd(r, 100)
	if !s.WaitPolling(soon) {
		b.Fatal("no poll")
	}
	began := time.Now()
	took := load(b, c, 2000, 100, 50)
	total := time.Since(began)
	if d := c.doubles(2000); d != 0 || len(took) != 2000 {
		b.Fatalf("%d answered, %d doubled", len(took), d)
	}
	if err := r.stop(); err != nil {
		b.Fatal(err)
	}
	return total, took
}
