package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

var (
	soak       = flag.Duration("soak", 30*time.Second, "how long memory and goroutines are watched under steady traffic")
	soakWarmUp = flag.Duration("soak.warmup", 10*time.Second, "how long the traffic has run by then")
)

// course is how one number went.
type course []float64

// thirds are the medians of the first and of the last third.
func (c course) thirds() (first, last float64) {
	n := len(c) / 3
	middle := func(part course) float64 {
		part = slices.Clone(part)
		slices.Sort(part)
		return part[len(part)/2]
	}
	return middle(c[:n]), middle(c[len(c)-n:])
}

func TestMemoryAndGoroutinesStayLevelUnderSteadyTraffic(t *testing.T) {
	t.Parallel()
	s := &scene{Server: telegramtest.New(t, telegramtest.Options{}), base: newBase(t)}
	s.admin = s.User("Ann", "en")
	hs := matrixtest.Start(t)
	here := matrixSite(t, hs, hs.URL, "parley").with(site{"TELEGRAM_TOKEN": s.Token, "TELEGRAM_API_URL": s.URL, "FACTS_DIR": s.dir, "FLOOD_PERSON_BURST": "0"})
	if url := postgresURL(t); url != "" {
		here["STORE_URL"] = url
	}
	p := here.run(t)
	r, q := withPerson(t, hs, nil, "alice", "@parley:"+matrixtest.ServerName), newQuestions(s.Server, 50)
	groups, plain, sealed := s.crowd(2), r.room(false), r.room(true)

	ctx, end := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	defer traffic.Wait()
	defer end()
	traffic.Go(func() { q.steadily(ctx, 20) })
	rooms := 0
	traffic.Go(func() {
		for ; pause(ctx, time.Second); rooms++ {
			r.Say(t, plain, "!parley next")
			r.Say(t, sealed, asks[rooms%len(asks)])
		}
	})
	changes := 0
	traffic.Go(func() {
		for ; pause(ctx, 5*time.Second); changes++ {
			s.put("ev-soak-x", "announced", "2026-11-20", "2027-01-05", fmt.Sprint("better", changes))
			s.save()
		}
	})

	pause(ctx, *soakWarmUp)
	var memory, goroutines course
	for began := time.Now(); time.Since(began) < *soak; pause(ctx, max(*soak/600, 250*time.Millisecond)) {
		memory = append(memory, p.resident(t))
		goroutines = append(goroutines, p.measured(t, "go_goroutines"))
	}
	end()
	traffic.Wait()
	for _, m := range q.asked {
		if _, ok := q.WaitReply(m, within); !ok {
			t.Fatalf("update %d was not answered", m.Update)
		}
		if n := len(q.Replies(m)); n != 1 {
			t.Errorf("update %d has %d answers", m.Update, n)
		}
	}
	s.awaitAll(groups)
	m1, m3 := memory.thirds()
	g1, g3 := goroutines.thirds()
	t.Logf("%d questions in Telegram, %d in Matrix, %d changes: memory %.1f MB, then %.1f MB (%.1f at the most), goroutines %.0f, then %.0f",
		len(q.asked), 2*rooms, changes, m1, m3, slices.Max(memory), g1, g3)
	if m3 > 1.1*m1+4 {
		t.Error("memory grows")
	}
	if g3 > g1+15 {
		t.Error("goroutines become more")
	}
}
