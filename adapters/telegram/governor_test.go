package telegram

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/adapters/telegram/telegramtest"
)

func TestTheGovernorKeepsTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(Limits{})
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 300 {
			wg.Go(func() { _ = g.wait(t.Context(), fmt.Sprint(i), urgent) })
		}
		wg.Wait()
		if d := time.Since(began); d < 9900*time.Millisecond || d > 10500*time.Millisecond {
			t.Errorf("300 messages took %s", d)
		}
		began = time.Now()
		for range 30 {
			_ = g.wait(t.Context(), "-5", urgent)
		}
		if d := time.Since(began); d < 30*time.Second || d > 37*time.Second {
			t.Errorf("30 messages to a group took %s", d)
		}
	})
}

func TestRepliesGoBeforeAnnouncements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(Limits{Overall: 1})
		_ = g.wait(t.Context(), "0", urgent)
		order := make(chan string, 2)
		go func() { _ = g.wait(t.Context(), "1", later); order <- "announcement" }()
		synctest.Wait()
		go func() { _ = g.wait(t.Context(), "2", urgent); order <- "reply" }()
		if first := <-order; first != "reply" {
			t.Errorf("%s went first", first)
		}
		<-order
	})
}

func TestRetryAfterPausesAChatAndThenAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(Limits{Off: true})
		g.pause("1", 5*time.Second)
		if g.try("1") || !g.try("2") {
			t.Error("one chat: the wrong one is paused")
		}
		g.pause("2", 5*time.Second)
		if g.try("3") {
			t.Error("two chats were told to wait and a third is not paused")
		}
		began := time.Now()
		_ = g.wait(t.Context(), "3", urgent)
		if d := time.Since(began); d < 5*time.Second {
			t.Errorf("waited %s", d)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		g.pause("", time.Hour)
		if g.wait(ctx, "4", urgent) == nil {
			t.Error("went though its context had ended")
		}
		if n := len(g.waiting[urgent]); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

// The limits of the test server are those of Telegram, ten times as fast.
func TestABurstUnderLimitsLosesNothingAndUsesThem(t *testing.T) {
	fast := telegramtest.Limits{Overall: 300, Chat: 10, ChatBurst: 3, Group: 200}
	r := start(t, telegramtest.Options{Limits: fast}, func(c *Config) {
		c.Limits = Limits{Overall: 300, Chat: 10, ChatBurst: 3, Group: 200}
	})
	began := time.Now()
	var ms []*telegramtest.Message
	for range 100 {
		u := r.User("A", "en")
		for j := range 5 {
			ms = append(ms, r.Say(r.Private(u), u, fmt.Sprint(j)))
		}
	}
	for _, m := range ms {
		r.mustReply(t, m)
	}
	took := time.Since(began)
	rate := float64(len(ms)) / took.Seconds()
	t.Logf("%d answers in %s: %.0f %% of the allowed rate; %d times 429", len(ms), took, rate/3, r.a.Stats().Flooded)
	if r.a.Stats().Flooded > 5 || r.Impatient() > 0 {
		t.Errorf("%d times 429, %d during a retry_after", r.a.Stats().Flooded, r.Impatient())
	}
}
