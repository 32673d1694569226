package store

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestOnlyOneOfSeveralIsAloneAndAnotherTakesOver(t *testing.T) {
	shared(t, func(t *testing.T, one *Store) { takeOver(t, one, open(t, one.where)) })
}

func takeOver(t *testing.T, one, two *Store) {
	var at atomic.Int32 // how many are alone
	var most atomic.Int32
	turn := make(chan string, 10)
	be := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			most.Store(max(most.Load(), at.Add(1)))
			turn <- name
			<-ctx.Done()
			at.Add(-1)
			return nil
		}
	}
	first, leave := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- one.Alone(first, t.Name(), be("one")) }()
	if got := <-turn; got != "one" {
		t.Fatal(got)
	}
	second, leaveToo := context.WithCancel(t.Context())
	go func() { ended <- two.Alone(second, t.Name(), be("two")) }()
	select {
	case <-turn:
		t.Fatal("two are alone")
	case <-time.After(2 * lookFree):
	}
	began := time.Now()
	leave()
	if got := <-turn; got != "two" {
		t.Fatal(got)
	}
	if d := time.Since(began); d > 15*time.Second {
		t.Errorf("taken over after %s", d)
	}
	leaveToo()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if most.Load() > 1 {
		t.Errorf("%d were alone", most.Load())
	}
}

func TestWhoLosesTheDatabaseIsAloneNoMoreAndComesBack(t *testing.T) {
	shared(t, loseAndComeBack)
}

func loseAndComeBack(t *testing.T, s *Store) {
	turns, lost := make(chan struct{}, 10), make(chan struct{}, 10)
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- s.Alone(ctx, t.Name(), func(ctx context.Context) error {
			turns <- struct{}{}
			<-ctx.Done()
			lost <- struct{}{}
			return nil
		})
	}()
	<-turns
	if _, err := s.db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []chan struct{}{lost, turns} {
		select {
		case <-c:
		case <-time.After(15 * time.Second):
			t.Fatal("nothing happened")
		}
	}
	leave()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAnErrorEndsBeingAlone(t *testing.T) {
	want := errors.New("token")
	engines(t, func(t *testing.T, s *Store) {
		if err := s.Alone(t.Context(), t.Name(), func(context.Context) error { return want }); !errors.Is(err, want) {
			t.Error(err)
		}
	})
}

// shared runs a test on a database that several processes may share, where
// there is one.
func shared(t *testing.T, test func(t *testing.T, s *Store)) {
	engines(t, func(t *testing.T, s *Store) {
		if s.Shared() {
			test(t, s)
		}
	})
}
