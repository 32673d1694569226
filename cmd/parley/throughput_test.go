package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/bot/store"
	"parley/bot/store/storetest"
)

var (
	coreShare  = flag.Float64("core", 0.1, "how much of a core each replica gets while it is measured how much they answer")
	limitsThen = flag.String("limits", "off", "telegram.limits then: off is for the replicas alone, auto is how they are run")
	atLeast    = flag.Float64("times", 0, "how many times as much as one three replicas must answer; 0: it is not measured")
	measured   = flag.Duration("measured", 6*time.Second, "for how long")
)

// used is the time of the processor that a process has had, exactly.
func used(pid int) (sum time.Duration) {
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(data), " ")
		n, _ := strconv.ParseInt(first, 10, 64)
		sum += time.Duration(n)
	}
	return sum
}

// throttle lets a process have no more than a share of a core until stop is called:
// it is stopped whenever it has had more. So each has a machine of its own, though
// all are on this one.
func throttle(pid int, share float64) (stop func()) {
	ending, ended := make(chan struct{}), make(chan struct{})
	began, before, paused := time.Now(), used(pid), false
	go func() {
		defer close(ended)
		for every := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-ending:
				every.Stop()
				_ = syscall.Kill(pid, syscall.SIGCONT)
				return
			case <-every.C:
			}
			over := used(pid)-before > time.Duration(share*float64(time.Since(began)))
			switch {
			case over && !paused:
				_ = syscall.Kill(pid, syscall.SIGSTOP)
			case !over && paused:
				_ = syscall.Kill(pid, syscall.SIGCONT)
			}
			paused = over
		}
	}()
	return sync.OnceFunc(func() { close(ending); <-ended })
}

// database is the time of the processor that the sessions of a database have had.
func database(t *testing.T, st *store.Store) (sum time.Duration) {
	t.Helper()
	rows, err := st.DB().Query(`SELECT pid FROM pg_stat_activity WHERE datname = current_database()`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			t.Fatal(err)
		}
		sum += used(pid)
	}
	return sum
}

// yield is what replicas answered.
type yield struct {
	rate                float64       // answers a second
	replicas, postgres  time.Duration // of the processor for an answer
	replicasHad, shares float64       // of a core: what they had, and what they could have had
}

// answersOf measures how much so many replicas answer, each held to a share of a
// core, while there is always something to answer.
func answersOf(t *testing.T, replicas int) (y yield) {
	f := newFleet(t, telegramtest.Options{}, replicas, 200)
	t.Setenv("PARLEY_TELEGRAM_LIMITS", *limitsThen)
	f.byWebhook()
	st, err := store.Open(t.Context(), f.db)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	cpu := func() (sum time.Duration) {
		for _, p := range f.replicas {
			sum += used(p.cmd.Process.Pid)
		}
		return sum
	}
	var wg sync.WaitGroup
	answered, ending := make([]int, 30*replicas), make(chan struct{})
	ask := func(w int) {
		for i := w; ; i += len(answered) {
			select {
			case <-ending:
				return
			default:
			}
			u := f.people[i%len(f.people)]
			if _, ok := f.WaitReply(f.Say(f.Private(u), u, asks[i%4]), time.Minute); ok {
				answered[w]++
			}
		}
	}
	var stops []func()
	for _, p := range f.replicas {
		stops = append(stops, throttle(p.cmd.Process.Pid, *coreShare))
	}
	for w := range answered {
		wg.Go(func() { ask(w) })
	}
	time.Sleep(*measured / 3) // until all is warm
	count := func() int { return len(f.Requests("sendMessage")) }
	n, began, busy, db := count(), time.Now(), cpu(), database(t, st)
	time.Sleep(*measured)
	n, busy, db = count()-n, cpu()-busy, database(t, st)-db
	took := time.Since(began)
	close(ending)
	for _, stop := range stops {
		stop()
	}
	wg.Wait()
	return yield{
		rate: float64(n) / took.Seconds(), replicas: busy / time.Duration(max(1, n)), postgres: db / time.Duration(max(1, n)),
		replicasHad: busy.Seconds() / took.Seconds(), shares: *coreShare * float64(replicas),
	}
}

// On a machine that is busy with other work a replica does not get its share in
// time, and an answer costs it more; then the ratio says little, and nothing is
// demanded of it unless -times is given.
func TestHowMuchThreeReplicasAnswerBesideOne(t *testing.T) {
	if *atLeast == 0 { // a measurement, which takes minutes
		t.Log("run it with -times 2.2")
		return
	}
	if storetest.Server(t) == "" {
		return
	}
	var ys []yield
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) { ys = append(ys, answersOf(t, n)) })
	}
	if len(ys) < 2 {
		return
	}
	for i, y := range ys {
		t.Logf("%d replicas: %.0f answers a second, %.2f of the %.2f cores allowed; an answer costs replicas %s, PostgreSQL %s",
			2*i+1, y.rate, y.replicasHad, y.shares, y.replicas.Round(time.Microsecond), y.postgres.Round(time.Microsecond))
	}
	times := ys[1].rate / ys[0].rate
	t.Logf("three answer %.2f times as much as one", times)
	if times < *atLeast {
		t.Errorf("and should answer %.2f times as much", *atLeast)
	}
}
