package store

import (
	"strings"
	"testing"
	"time"

	"parley/bot"
)

func TestAfterTheClockWasSetBackNothingWaitsForIt(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx, c := t.Context(), bot.Chat{Network: "telegram", ID: "1"}
		for _, task := range []bot.Task{
			{Kind: bot.TaskRemind, Mark: "due then", At: time.Now().Add(2 * time.Hour)}, {Kind: bot.TaskRemind, Mark: "to come", At: time.Now().Add(2 * time.Hour)},
			{Kind: bot.TaskReminder, Chat: c, Mark: "due then"}, {Kind: bot.TaskVerify, Chat: c, Mark: "round"},
			{Kind: bot.TaskNews, Chat: c, Mark: "tried"}, {Kind: bot.TaskNews, Chat: c, Mark: "new"}, {Kind: bot.TaskNews, Chat: c, Mark: "done"},
			{Kind: bot.TaskNews, Chat: c, Mark: "quiet hours", At: time.Now().Add(2 * time.Hour)},
		} {
			if err := s.Enqueue(ctx, task); err != nil {
				t.Fatal(err)
			}
		}
		then := s.moment(time.Now().Add(3 * time.Hour))
		set := func(what, where string) {
			t.Helper()
			what = strings.ReplaceAll(what, "THEN", "$1")
			if _, err := s.db.Exec(`UPDATE river_job SET `+what+` WHERE `+where, then); err != nil {
				t.Fatal(err)
			}
		}
		mark := s.arg("mark")
		set(`state = 'completed', finalized_at = THEN`, mark+` IN ('due then', 'round', 'done')`)
		set(`state = 'retryable', attempted_at = THEN, scheduled_at = THEN`, mark+` = 'tried'`)
		set(`created_at = THEN, scheduled_at = THEN`, mark+` = 'new'`)
		if _, err := s.db.Exec(`INSERT INTO river_leader (leader_id, elected_at, expires_at) VALUES ('dead', $1, $1)`, then); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Slot(ctx, "telegram", 3*time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := s.afterSetBack(ctx); err != nil {
			t.Fatal(err)
		}
		rows, err := s.db.Query(`SELECT (`+s.arg("task")+`) || ' ' || (`+mark+`), CAST(state AS text), scheduled_at <= $1 FROM river_job ORDER BY id`, s.moment(time.Now().Add(time.Minute)))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		got := map[string]string{}
		for rows.Next() {
			var what, state string
			var due bool
			if err := rows.Scan(&what, &state, &due); err != nil {
				t.Fatal(err)
			}
			got[what] = state
			if due {
				got[what] += ", due"
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"remind due then": "scheduled", "remind to come": "scheduled", "news tried": "retryable, due", "news new": "available, due",
			"news done": "completed, due", "news quiet hours": "scheduled"}
		for what := range want {
			if got[what] != want[what] {
				t.Errorf("%s is %q, want %q", what, got[what], want[what])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%v", got)
		}
		if n := count(t, s, "river_leader"); n != 0 {
			t.Error("a dead process leads until then")
		}
		if wait, err := s.Slot(ctx, "telegram", time.Second); err != nil || wait > time.Second {
			t.Errorf("the next moment to send is in %s: %v", wait, err)
		}
	})
}

func TestAClockThatIsSetBackIsNoticed(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ahead := s.clock.last.Load()
		ahead.theirs = ahead.theirs.Add(3 * time.Hour)
		if s.Shared() != (time.Until(s.Now()) > 2*time.Hour) {
			t.Errorf("the time is %s", s.Now())
		}
		if err := s.Enqueue(t.Context(), bot.Task{Kind: bot.TaskNews, Mark: "x"}); err != nil {
			t.Fatal(err)
		}
		then := s.moment(time.Now().Add(3 * time.Hour))
		if _, err := s.db.Exec(`UPDATE river_job SET created_at = $1, scheduled_at = $1`, then); err != nil {
			t.Fatal(err)
		}
		go s.watchClock(t.Context(), quietLog())
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			var waits int
			if err := s.db.QueryRow(`SELECT count(*) FROM river_job WHERE scheduled_at > $1`, s.moment(time.Now().Add(time.Minute))).Scan(&waits); err != nil {
				t.Fatal(err)
			}
			if waits == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatal("a task waits for the time that was")
			}
		}
		if d := time.Until(s.Now()).Abs(); d > time.Minute {
			t.Errorf("the time is off by %s", d)
		}
	})
}
