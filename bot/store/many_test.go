package store

import (
	"flag"
	"runtime"
	"testing"
	"time"
)

var subscribers = flag.Int("subscribers", 10_000, "how many are told of a change")

// How fast the tasks of one change are written, and what that needs in memory:
// all are written with the edition, in one transaction.
func TestTheTasksOfAChangeAreWritten(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		if s.engine != "postgres" {
			return // SQLite is measured by TestTenThousandChatsAreEnqueuedWithinTwoSeconds
		}
		if err := publish(t, s, edition("2026-06-16", "a")); err != nil {
			t.Fatal(err)
		}
		n := *subscribers / slowdown
		if _, err := s.db.Exec(`INSERT INTO subscriptions (network, chat, thread, subject, lang, quiet, seen, last, at)
			SELECT 'telegram', (1000000000 + n)::text, '', 'all', '', '', 1, '', 0 FROM generate_series(1, $1::bigint) n`, n); err != nil {
			t.Fatal(err)
		}
		ending, most := make(chan struct{}), make(chan uint64)
		go func() { most <- mostHeap(ending) }()
		began := time.Now()
		err := publish(t, s, edition("2026-06-17", "a", "b"))
		took := time.Since(began)
		close(ending)
		heap := <-most
		if err != nil {
			t.Fatal(err)
		}
		var bytes int64
		if err := s.db.QueryRow(`SELECT pg_total_relation_size('river_job')`).Scan(&bytes); err != nil {
			t.Fatal(err)
		}
		if got := count(t, s, "river_job"); got != n {
			t.Fatalf("%d tasks for %d subscribers", got, n)
		}
		t.Logf("%d tasks in %s, %.0f a second; heap at most %d MB; %d bytes a task in the database",
			n, took.Round(time.Millisecond), float64(n)/took.Seconds(), heap>>20, bytes/int64(n))
	})
}

// mostHeap is the most that was in use until ending.
func mostHeap(ending <-chan struct{}) (most uint64) {
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
		select {
		case <-every.C:
		case <-ending:
			return most
		}
	}
}
