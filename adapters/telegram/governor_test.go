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

// burst asks 500 questions from 100 chats at once, each chat's in a row or the
// chats in turn, and says how much of the allowed rate was used.
func burst(t *testing.T, limits telegramtest.Limits, set Limits, inRow bool) (r *rig, used float64) {
	t.Helper()
	r = start(t, telegramtest.Options{Limits: limits}, func(c *Config) { c.Limits = set })
	const chats, each = 100, 5
	var us []*telegramtest.User
	for range chats {
		us = append(us, r.User("A", "en"))
	}
	began := time.Now()
	var ms []*telegramtest.Message
	for i := range chats * each {
		u := us[i%chats]
		if inRow {
			u = us[i/each]
		}
		ms = append(ms, r.Say(r.Private(u), u, fmt.Sprint(i)))
	}
	for i, m := range ms {
		if _, ok := r.WaitReply(m, time.Minute); !ok {
			t.Fatalf("question %d was not answered", i)
		}
	}
	used = float64(len(ms)) / time.Since(began).Seconds() / limits.Overall
	for _, m := range ms {
		if n := len(r.Replies(m)); n != 1 {
			t.Errorf("%s: %d replies", m.Text, n)
		}
	}
	return r, used
}

func refused(r *rig) (n int) {
	for _, q := range r.Requests("") {
		if q.Status == 429 {
			n++
		}
	}
	return n
}

// The limits are Telegram's, three times as fast; make telegram-limits has them
// as they are.
func TestABurstUnderLimitsLosesNothingAndUsesThem(t *testing.T) {
	fast := telegramtest.Limits{Overall: 90, Chat: 3, ChatBurst: 3, Group: 60}
	for name, c := range map[string]struct{ try, inRow bool }{
		"chats in turn":                  {},
		"the questions of a chat in row": {inRow: true},
		"limits tried out":               {try: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait most of the time
			r, used := burst(t, fast, Limits{Overall: 90, Chat: 3, ChatBurst: 3, Group: 60, Try: c.try}, c.inRow)
			n := refused(r)
			t.Logf("%.0f %% of the allowed rate, %d times 429", 100*used, n)
			if n > 5 || r.Impatient() > 0 {
				t.Errorf("%d times 429, %d during a retry_after", n, r.Impatient())
			}
			if used < 0.9 && slowdown == 1 {
				t.Errorf("%.0f %% of the allowed rate", 100*used)
			}
		})
	}
}

func TestAServerWithoutLimitsIsFoundOut(t *testing.T) {
	r, _ := burst(t, telegramtest.Limits{Overall: 1e6}, Limits{Try: true}, false)
	if !r.a.gov.trial.passed {
		t.Error("the limits are still kept")
	}
	g := r.Supergroup("g", r.User("A", "en"))
	began := time.Now()
	for range 4 {
		if _, err := r.a.Send(t.Context(), toChat(g), reply("x")); err != nil {
			t.Fatal(err)
		}
	}
	if time.Since(began) > time.Second {
		t.Error("four messages to a group took a second")
	}
}

func TestAFloodEndsTheTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(Limits{Try: true})
		send := func(chat string) {
			_ = g.wait(t.Context(), chat, urgent)
			g.done(chat, nil)
		}
		began := time.Now()
		for i := range 500 {
			send(fmt.Sprint(i))
		}
		if d := time.Since(began); d > time.Second {
			t.Errorf("without limits 500 messages took %s", d)
		}
		_ = g.wait(t.Context(), "x", urgent)
		g.done("x", &callError{Code: 429, After: time.Second})
		began = time.Now()
		for i := range 60 {
			send(fmt.Sprint("y", i))
		}
		if d := time.Since(began); d < 2900*time.Millisecond || d > 3300*time.Millisecond {
			t.Errorf("after a 429 60 messages took %s", d)
		}
	})
}

// Two groups get thirty questions each: twenty answers a minute are allowed.
func TestAGroupsLimitIsKept(t *testing.T) {
	limits := telegramtest.Limits{Overall: 300, Chat: 10, ChatBurst: 3, Group: 200} // ten times Telegram's
	r := start(t, telegramtest.Options{Limits: limits, ReadsAll: true}, func(c *Config) {
		c.Limits = Limits{Overall: 300, Chat: 10, ChatBurst: 3, Group: 200}
	})
	u := r.User("A", "en")
	var ms []*telegramtest.Message
	for i := range 60 {
		g := r.Supergroup(fmt.Sprint("g", i%2), u)
		if i > 1 {
			g = r.Chat(ms[i%2].Chat)
		}
		ms = append(ms, r.Say(g, u, "@parley_bot q"))
	}
	for i, m := range ms {
		if _, ok := r.WaitReply(m, 30*time.Second); !ok {
			t.Fatalf("question %d was not answered", i)
		}
	}
	if n := refused(r); n > 0 || r.Impatient() > 0 {
		t.Errorf("%d times 429, %d during a retry_after", n, r.Impatient())
	}
}
