package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/answers"
	"parley/bot"
)

func chat(n int) bot.Chat { return bot.Chat{Network: "telegram", ID: fmt.Sprint(n)} }

func edition(day string, ids ...string) answers.Edition {
	e := answers.Edition{AsOf: day, Entries: map[string]answers.Told{}}
	for _, id := range ids {
		e.Entries[id] = answers.Told{ID: id, Event: "announced", About: answers.Schedule, On: day}
	}
	return e
}

// publish stores an edition after the newest one.
func publish(t *testing.T, s *Store, now answers.Edition) error {
	t.Helper()
	ctx := t.Context()
	h, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	was, err := s.Announced(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s.Publish(ctx, bot.Publication{After: h.Revision, Hash: now.Hash(), Was: was, Now: now, Changes: answers.Diff(was, now), At: time.Now()})
}

func subscribe(t *testing.T, s *Store, n int) {
	t.Helper()
	if err := s.PutSubscription(t.Context(), bot.Subscription{Chat: chat(n), Subject: answers.Everything, Since: now}); err != nil {
		t.Fatal(err)
	}
}

// work does tasks until as many as wanted were done, and returns them.
func work(t *testing.T, s *Store, want int, do func(bot.Task) error) []bot.Task {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var mu sync.Mutex
	var done []bot.Task
	if err := s.Work(ctx, 16, slog.New(slog.DiscardHandler), func(_ context.Context, task bot.Task) error {
		if err := do(task); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if done = append(done, task); len(done) == want {
			cancel()
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	return done
}

func TestWhatIsKeptOfPinsAndSubscriptionsComesBack(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		topic := bot.Chat{Network: "telegram", ID: "-1", Thread: "7"}
		pin := bot.Pin{Chat: topic, Message: "5", Lang: "uk", Hint: "en", Pinned: true, Shown: "x", Told: "right", Since: now}
		sub := bot.Subscription{Chat: topic, Subject: "schedule", Lang: "tr", Quiet: bot.Quiet{From: 22, To: 7, Zone: "Europe/Kyiv"}, Seen: 3, Last: "9", Since: now}
		post := bot.Post{Chat: topic, What: "news:3", After: "9", Message: "10", Items: []bot.Item{{Revision: 3, ID: "a"}}, Lang: "tr", Shown: "y", At: now}
		if err := errors.Join(s.PutPin(ctx, pin), s.PutSubscription(ctx, sub), s.PutPost(ctx, post)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Pin(ctx, topic); err != nil || *got != pin {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := s.Subscription(ctx, topic); err != nil || *got != sub {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := s.PostsIn(ctx, topic); err != nil || len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(post) {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.Enqueue(ctx, bot.Task{Kind: bot.TaskCard, Chat: topic}); err != nil {
			t.Fatal(err)
		}
		if err := s.Forget(ctx, "telegram", "-1"); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"pins", "subscriptions", "posts", "river_job"} {
			var n int
			if err := s.db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: %d rows are left, %v", table, n, err)
			}
		}
	})
}

func TestAChangeIsATaskForEachChatConcernedOnce(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		if err := publish(t, s, edition("2026-06-16", "a")); err != nil {
			t.Fatal(err)
		}
		subscribe(t, s, 1)
		if err := s.PutPin(ctx, bot.Pin{Chat: chat(2), Since: now}); err != nil {
			t.Fatal(err)
		}
		if err := s.PutSubscription(ctx, bot.Subscription{Chat: chat(3), Subject: answers.Prisoners, Since: now}); err != nil {
			t.Fatal(err)
		}
		if err := publish(t, s, edition("2026-06-17", "a", "b")); err != nil {
			t.Fatal(err)
		}
		done := map[string]int{}
		busy := 0
		for _, task := range work(t, s, 2, func(task bot.Task) error {
			if task.Kind == bot.TaskNews && busy == 0 {
				busy++
				return bot.Busy{After: time.Millisecond}
			}
			return nil
		}) {
			done[task.Kind+task.Chat.ID+"@"+task.Mark]++
		}
		if len(done) != 2 || done["news1@2"] != 1 || done["card2@2"] != 1 {
			t.Errorf("done: %v", done)
		}
		got, err := s.Announced(ctx)
		if err != nil || got.Hash() != edition("2026-06-17", "a", "b").Hash() {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestOfTwoThatPublishTheSameOneIsOvertaken(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		if err := publish(t, s, edition("2026-06-16", "a")); err != nil {
			t.Fatal(err)
		}
		subscribe(t, s, 1)
		now := edition("2026-06-17", "a", "b")
		was, _ := s.Announced(t.Context())
		p := bot.Publication{After: 1, Hash: now.Hash(), Was: was, Now: now, Changes: answers.Diff(was, now), At: time.Now()}
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = s.Publish(t.Context(), p) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, bot.ErrOvertaken) {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d published: %v", won, errs)
		}
	})
}

func TestAFailedTaskIsDoneAgain(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		if err := s.Enqueue(t.Context(), bot.Task{Kind: bot.TaskCard, Chat: chat(1)}, bot.Task{Kind: bot.TaskCard, Chat: chat(2)}); err != nil {
			t.Fatal(err)
		}
		if err := s.Enqueue(t.Context(), bot.Task{Kind: bot.TaskCard, Chat: chat(1)}); err != nil {
			t.Fatal(err)
		}
		var tries sync.Map
		done := work(t, s, 2, func(task bot.Task) error {
			if _, again := tries.LoadOrStore(task.Chat, true); !again && task.Chat == chat(1) {
				return errors.New("hiccup")
			}
			return nil
		})
		if len(done) != 2 {
			t.Errorf("done: %v", done)
		}
	})
}

func TestOneProcessAtATimeWritesToAChat(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		other := s
		if s.engine == "postgres" {
			other = open(t, s.where)
		}
		unlock, ok, err := s.Lock(t.Context(), chat(1))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if _, ok, err := other.Lock(t.Context(), chat(1)); err != nil || ok {
			t.Errorf("the second got it too: %v %v", ok, err)
		}
		if u, ok, err := other.Lock(t.Context(), chat(2)); err != nil || !ok {
			t.Errorf("another chat is locked too: %v %v", ok, err)
		} else {
			u()
		}
		unlock()
		if u, ok, err := other.Lock(t.Context(), chat(1)); err != nil || !ok {
			t.Errorf("still locked: %v %v", ok, err)
		} else {
			u()
		}
	})
}

func TestAMovedChatKeepsWhatItChose(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		subscribe(t, s, 1)
		if err := s.PutPin(ctx, bot.Pin{Chat: chat(1), Message: "5", Pinned: true, Since: now}); err != nil {
			t.Fatal(err)
		}
		if err := s.Move(ctx, "telegram", "1", "2"); err != nil {
			t.Fatal(err)
		}
		if p, err := s.Pin(ctx, chat(2)); err != nil || p == nil || p.Message != "" || p.Pinned {
			t.Errorf("%+v, %v", p, err)
		}
		if b, err := s.Subscription(ctx, chat(2)); err != nil || b == nil {
			t.Errorf("%+v, %v", b, err)
		}
		if done := work(t, s, 2, func(bot.Task) error { return nil }); len(done) != 2 || done[0].Chat != chat(2) {
			t.Errorf("done: %v", done)
		}
	})
}

func TestTenThousandChatsAreEnqueuedWithinTwoSeconds(t *testing.T) {
	const chats = 10_000 / slowdown
	engines(t, func(t *testing.T, s *Store) {
		if err := publish(t, s, edition("2026-06-16", "a")); err != nil {
			t.Fatal(err)
		}
		if err := s.inTx(t.Context(), func(tx *sql.Tx) error {
			for i := range chats {
				if _, err := tx.Exec(`INSERT INTO subscriptions (network, chat, thread, subject, lang, quiet, seen, last, at)
					VALUES ('telegram', $1, '', 'all', '', '', 1, '', 0)`, fmt.Sprint(i)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := publish(t, s, edition("2026-06-17", "a", "b")); err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		t.Logf("%d tasks enqueued in %s", chats, took)
		if limit := 2 * time.Second * slowdown; took > limit {
			t.Errorf("took %s, at most %s", took, limit)
		}
	})
}

func TestTheQueueGoesOnSoonAfterAProcessThatWasKilled(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		if err := s.Enqueue(t.Context(), bot.Task{Kind: bot.TaskCard, Chat: chat(1)}); err != nil {
			t.Fatal(err)
		}
		dead := `'["parley-dead"]'` // as a killed process leaves it
		if s.engine == "postgres" {
			dead = `ARRAY['parley-dead']`
		}
		if _, err := s.db.Exec(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP, attempted_by = ` + dead); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if done := work(t, s, 1, func(bot.Task) error { return nil }); len(done) != 1 || time.Since(began) > 30*time.Second {
			t.Errorf("done after %s: %v", time.Since(began), done)
		}
	})
}

func TestWhatALivingProcessHasBegunIsLeftToIt(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		if !s.Shared() {
			return
		}
		if err := s.Enqueue(t.Context(), bot.Task{Kind: bot.TaskCard, Chat: chat(1)}); err != nil {
			t.Fatal(err)
		}
		busy := newAlive(s)
		if err := busy.hold(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer busy.conn.Close()
		if _, err := s.db.Exec(`UPDATE river_job SET state = 'running', attempted_by = ARRAY[$1]`, busy.id); err != nil {
			t.Fatal(err)
		}
		state := func(look *alive) (state string) {
			if err := look.look(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.db.QueryRow(`SELECT state FROM river_job`).Scan(&state); err != nil {
				t.Fatal(err)
			}
			return state
		}
		other := newAlive(s)
		if got := state(other); got != "running" {
			t.Errorf("taken over while its process lives: %s", got)
		}
		if err := busy.conn.Raw(func(any) error { return driver.ErrBadConn }); err == nil {
			t.Fatal("the connection lives")
		}
		for end := time.Now().Add(10 * time.Second); state(other) != "available"; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("not taken over")
			}
		}
		other.conn.Close()
	})
}

func TestDeliveriesSayWhatIsDoneAndWhatFailedAndWhy(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		if err := s.Enqueue(ctx, bot.Task{Kind: bot.TaskNews, Chat: chat(1), Mark: "2"}, bot.Task{Kind: bot.TaskNews, Chat: chat(2), Mark: "2"},
			bot.Task{Kind: bot.TaskCard, Chat: chat(1), Mark: "2", At: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		failed := make(chan struct{})
		work(t, s, 1, func(task bot.Task) error {
			if task.Chat == chat(2) {
				defer sync.OnceFunc(func() {
					select {
					case <-failed:
					default:
						close(failed)
					}
				})()
				return errors.New("no route")
			}
			<-failed
			return nil
		})
		d, err := s.Deliveries(ctx, "2")
		if err != nil {
			t.Fatal(err)
		}
		if left, all := d.Left(); left != 2 || all != 3 {
			t.Errorf("%d of %d left: %+v", left, all, d)
		}
		if len(d.Failures) != 1 || d.Failures[0].Why != "no route" || d.Failures[0].Task.Chat != chat(2) || d.Failures[0].Tries != 1 {
			t.Errorf("%+v", d.Failures)
		}
		if none, err := s.Deliveries(ctx, "3"); err != nil || len(none.States) > 0 {
			t.Errorf("%+v, %v", none, err)
		}
	})
}

func TestAudienceCountsChatsByWhatTheyAreTold(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for i := range 3 {
			if err := s.PutPin(ctx, bot.Pin{Chat: chat(i), Hint: "uk", Since: now}); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(s.PutPin(ctx, bot.Pin{Chat: chat(2), Lang: "tr", Hint: "uk", Since: now}), s.SetLanguage(ctx, "telegram", "1", "ru", now),
			s.PutSubscription(ctx, bot.Subscription{Chat: chat(1), Subject: "results", Lang: "en", Since: now})); err != nil {
			t.Fatal(err)
		}
		got, err := s.Audience(ctx)
		want := []bot.Audience{{Network: "telegram", Kind: "card", Lang: "ru", Chats: 1}, {Network: "telegram", Kind: "card", Lang: "tr", Chats: 1},
			{Network: "telegram", Kind: "card", Lang: "uk", Chats: 1}, {Network: "telegram", Kind: "news", Lang: "ru", Subject: "results", Chats: 1}}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestNothingIsKeptLongerThanPromised(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		put := func(what string) {
			if err := s.PutPost(ctx, bot.Post{Chat: chat(1), What: what, Message: "5", At: now}); err != nil {
				t.Fatal(err)
			}
		}
		put("news:2")
		put("card")
		if err := errors.Join(publish(t, s, edition("2026-06-16", "a")), publish(t, s, edition("2026-06-17", "a", "b"))); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.Exec(`UPDATE editions SET at = $1`, millis(now)); err != nil {
			t.Fatal(err)
		}
		count := func(days int) (posts, editions int) {
			if err := s.Prune(ctx, now.AddDate(0, 0, days)); err != nil {
				t.Fatal(err)
			}
			ps, err := s.PostsIn(ctx, chat(1))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.db.QueryRow(`SELECT count(*) FROM editions`).Scan(&editions); err != nil {
				t.Fatal(err)
			}
			return len(ps), editions
		}
		for _, c := range []struct{ days, posts, editions int }{{89, 2, 2}, {91, 1, 2}, {101, 1, 1}} {
			if posts, editions := count(c.days); posts != c.posts || editions != c.editions {
				t.Errorf("after %d days: %d posts, %d editions", c.days, posts, editions)
			}
		}
	})
}
