package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/bot"
	"parley/bot/store/storetest"
)

// engines opens a fresh store on each engine there is.
func engines(t *testing.T, test func(t *testing.T, s *Store)) {
	storetest.Engines(t, func(t *testing.T, where string) { test(t, open(t, where)) })
}

func open(t *testing.T, where string) *Store {
	t.Helper()
	s, err := Open(context.Background(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var now = time.UnixMilli(1_750_000_000_000)

func TestAnUpdateGoesFromNewToDone(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, want := range []State{New, Sending, Done} {
			if want != New {
				if err := s.Mark(ctx, "telegram", "7", want, now); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := s.Update(ctx, "telegram", "7"); err != nil || got != want {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		}
		if got, _ := s.Update(ctx, "matrix", "7"); got != New {
			t.Error("another network's update is done too")
		}
		if err := s.PruneInbox(ctx, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.Update(ctx, "telegram", "7"); got != New {
			t.Error("not pruned")
		}
	})
}

func TestManyProcessesMayOpenAnEmptyDatabaseAtTheSameTime(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, where string) {
		if !IsPostgres(where) {
			return
		}
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				s, err := Open(t.Context(), where)
				if err != nil {
					t.Error(err)
					return
				}
				s.Close()
			})
		}
		wg.Wait()
	})
}

func TestOneOfManyClaimsAnUpdate(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 20 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				_, ok, err := s.Claim(t.Context(), "telegram", "1", now, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if ok {
					mu.Lock()
					won++
					mu.Unlock()
				}
			}()
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("%d claimed it", won)
		}
	})
}

func TestAnUpdateThatIsLeftIsClaimedByAnother(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, c := range []struct {
			after time.Duration // since it was claimed first
			state State         // noted before
			was   State
			mine  bool
		}{
			{0, Sending, New, true}, {time.Second, Sending, Sending, false}, {2 * time.Minute, Sending, Sending, true},
			{121 * time.Second, Sending, Sending, false}, {122 * time.Second, New, Sending, true}, {time.Hour, Done, Done, false},
		} {
			if c.after > 0 {
				if err := s.Mark(ctx, "telegram", "1", c.state, now); err != nil {
					t.Fatal(err)
				}
			}
			if was, mine, err := s.Claim(ctx, "telegram", "1", now.Add(c.after), time.Minute); err != nil || was != c.was || mine != c.mine {
				t.Errorf("after %s: %v %v %v, want %v %v", c.after, was, mine, err, c.was, c.mine)
			}
		}
	})
}

func TestWhatADeadProcessHasClaimedIsClaimedByAnotherSoon(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		if !s.Shared() {
			return
		}
		one, err := Open(t.Context(), s.where)
		if err != nil {
			t.Fatal(err)
		}
		working := func(s *Store) (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = s.Work(ctx, 1, nil, func(context.Context, bot.Task) error { return nil })
			}()
			for s.life.name() == "" {
				time.Sleep(10 * time.Millisecond)
			}
			return func() { cancel(); <-ended }
		}
		die := working(one)
		defer working(s)()
		claim := func(s *Store, after time.Duration) bool {
			_, mine, err := s.Claim(t.Context(), "telegram", "1", now.Add(after), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return mine
		}
		if !claim(one, 0) || claim(s, time.Second) || claim(s, 30*time.Second) {
			t.Error("not claimed, or taken from one that lives")
		}
		die()
		if claim(s, 3*time.Second) {
			t.Error("taken from one that may only have lost the database for a moment")
		}
		for end := time.Now().Add(10 * time.Second); !claim(s, takeoverAfter+time.Second); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("not taken from the dead")
			}
		}
		if claim(s, takeoverAfter+2*time.Second) {
			t.Error("taken twice")
		}
		if err := one.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatIsKeptOfAChatCanBeMovedAndForgotten(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		language := func(chat string) string {
			l, err := s.Language(ctx, "telegram", chat)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		if err := s.SetLanguage(ctx, "telegram", "-1", "uk", now); err != nil {
			t.Fatal(err)
		}
		if err := s.Move(ctx, "telegram", "-1", "-1001"); err != nil {
			t.Fatal(err)
		}
		if language("-1") != "" || language("-1001") != "uk" {
			t.Errorf("after the move: %q, %q", language("-1"), language("-1001"))
		}
		if err := s.Forget(ctx, "telegram", "-1001"); err != nil {
			t.Fatal(err)
		}
		if language("-1001") != "" {
			t.Error("not forgotten")
		}
	})
}

func TestKeptValuesOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, path)
	if err := s.Keep(t.Context(), "matrix.sync", "s72"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if v, err := open(t, path).Kept(t.Context(), "matrix.sync"); err != nil || v != "s72" {
		t.Errorf("%q, %v", v, err)
	}
}

func TestWritesAtTheSameTimeAreAllKept(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		var wg sync.WaitGroup
		for i := range 500 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if err := s.Mark(t.Context(), "telegram", fmt.Sprint(i), Done, now); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		for i := range 500 {
			if st, err := s.Update(t.Context(), "telegram", fmt.Sprint(i)); err != nil || st != Done {
				t.Fatalf("%d: %v, %v", i, st, err)
			}
		}
	})
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.db"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Mark(t.Context(), "telegram", "1", Done, now); err == nil {
		t.Error("written to a closed store")
	}
}

func TestAnErrorDoesNotTellThePassword(t *testing.T) {
	_, err := Open(t.Context(), "postgres://parley:s3cret@127.0.0.1:1/x?connect_timeout=1")
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}

func TestADatabaseOfANewerVersionIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, path)
	if _, err := s.db.Exec(`INSERT INTO parley_schema (version) VALUES (99)`); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Error(err)
	}
}

func BenchmarkMark(b *testing.B) {
	s, err := Open(context.Background(), filepath.Join(b.TempDir(), "x.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if err := s.Mark(context.Background(), "telegram", fmt.Sprint(i), Done, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}
