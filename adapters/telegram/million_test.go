package telegram

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var subscribers = flag.Int("subscribers", 100_000, "how many are told in the simulation of many bots")

// told is how long a governor takes, by a simulated clock, to let a message go to
// each of so many private chats, and how much memory it holds afterwards.
func told(t *testing.T, chats int) (took time.Duration, held uint64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newGovernor(Limits{})
		before := heap()
		todo := make(chan int)
		var wg sync.WaitGroup
		began := time.Now()
		for range 32 { // as many as the queue works at
			wg.Go(func() {
				for i := range todo {
					chat := fmt.Sprint(1_000_000_000 + i)
					if err := g.wait(context.Background(), chat, later); err != nil {
						t.Error(err)
					}
					time.Sleep(40 * time.Millisecond) // what a request takes
					g.done(chat, nil)
				}
			})
		}
		for i := range chats {
			todo <- i
		}
		close(todo)
		wg.Wait()
		took, held = time.Since(began), heap()-before
		runtime.KeepAlive(g)
	})
	return took, held
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Bots of several accounts share no limit, no store and no subscriber, so all are
// told when the one with its part of them is done. This is the governor alone:
// neither the queue nor the database, whose rate is measured in bot/store.
func TestAMillionSubscribersAreToldByAsManyBotsAsTheTimeAllows(t *testing.T) {
	all := *subscribers / slowdown
	for _, bots := range []int{1, 10, 100} {
		part := (all + bots - 1) / bots
		took, held := told(t, part)
		ideal := time.Duration(float64(part) / 30 * float64(time.Second))
		t.Logf("%d subscribers, %d bots: %d each, %s; %.1f %% over 30 a second; the governor holds %d KB",
			all, bots, part, took.Round(time.Second), 100*(took.Seconds()/ideal.Seconds()-1), int64(held)/1024)
		if took > ideal*105/100 && part > 1000 {
			t.Errorf("took %s of %s", took, ideal)
		}
	}
}
