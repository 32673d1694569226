package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/answers"
	"parley/bot"
)

// kept is how long rows of a table are kept, in days; where it is forever they
// stay until the chat is forgotten, or hold nothing of any chat.
var kept = map[string]int{
	"inbox": 7, "said": 7, "waiting": 7, "posts": 90, "editions": 100,
	"talks":     0, // minutes
	"river_job": 1, // once the task is done; a week if it failed for good
	"chats":     forever, "pins": forever, "subscriptions": forever,
	"announced": forever, "kept": forever, "slots": forever, "parley_schema": forever,
	"river_client": forever, "river_client_queue": forever, "river_leader": forever, "river_migration": forever,
	"river_notification": forever, "river_queue": forever,
}

const (
	forever = -1
	someone = "-100777000777" // a chat that is looked for everywhere
)

// tables are all that the database has.
func tables(t *testing.T, s *Store) (names []string) {
	t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if s.engine == "postgres" {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	rows, err := s.db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// mentions are the tables in which a text stands anywhere.
func mentions(t *testing.T, s *Store, text string) (in []string) {
	t.Helper()
	for _, table := range tables(t, s) {
		rows, err := s.db.Query(`SELECT * FROM ` + table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				switch x := (*v.(*any)).(type) {
				case []byte:
					found = found || strings.Contains(string(x), text)
				default:
					found = found || strings.Contains(fmt.Sprint(x), text)
				}
			}
		}
		rows.Close()
		if found {
			in = append(in, table)
		}
	}
	return in
}

// fill keeps one row of each sort for a chat.
func fill(t *testing.T, s *Store) {
	t.Helper()
	ctx, c := t.Context(), bot.Chat{Network: "telegram", ID: someone, Thread: "7"}
	if err := errors.Join(
		publish(t, s, edition("2026-06-16", "a")), publish(t, s, edition("2026-06-17", "a", "b")),
		s.SetLanguage(ctx, c.Network, c.ID, "uk", now),
		s.PutPin(ctx, bot.Pin{Chat: c, Message: "5", Since: now}),
		s.PutSubscription(ctx, bot.Subscription{Chat: c, Subject: "all", Since: now}),
		s.PutPost(ctx, bot.Post{Chat: c, What: "news:2", Message: "6", At: now}),
		s.PutSaid(ctx, Said{Chat: c, Message: someone + "/8", Question: someone + "/7"}, now),
		s.PutTalk(ctx, c, someone, answers.Talk{Lang: "uk", Fact: "next", At: now}),
		s.PutWaiting(ctx, Waiting{Network: c.Network, ID: "1.9", Chat: c.ID, Body: "{}"}, now),
		s.Enqueue(ctx, bot.Task{Kind: bot.TaskNews, Chat: c, Mark: "done"}),
	); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(`UPDATE editions SET at = $1`, millis(now)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(`UPDATE river_job SET state = 'completed', finalized_at = $1`, s.moment(now)); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	if err := s.db.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEveryTableIsKeptAsLongAsPromised(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		for _, table := range tables(t, s) {
			if _, said := kept[table]; !said {
				t.Errorf("how long is %s kept? Say so here and in docs/pins.md", table)
			}
		}
		fill(t, s)
		for day := range 110 {
			at := now.AddDate(0, 0, day).Add(time.Hour)
			if err := errors.Join(s.Prune(t.Context(), at), s.PruneInbox(t.Context(), at.AddDate(0, 0, -7)), s.PruneTalks(t.Context(), at)); err != nil {
				t.Fatal(err)
			}
			for table, days := range kept {
				if days == forever {
					continue
				}
				n := count(t, s, table)
				if table == "editions" {
					n-- // the newest stays
				}
				if (n > 0) != (day < days) {
					t.Errorf("%s on day %d: %d rows", table, day, n)
				}
			}
		}
		if got := mentions(t, s, someone); len(got) != 3 {
			t.Errorf("after all that the chat is in %v, and should be in what it chose", got)
		}
	})
}

func TestAFailedTaskIsKeptForAWeek(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		if err := s.Enqueue(t.Context(), bot.Task{Kind: bot.TaskNews, Chat: chat(1)}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.Exec(`UPDATE river_job SET state = 'discarded', finalized_at = $1`, s.moment(now)); err != nil {
			t.Fatal(err)
		}
		for day := range 10 {
			if err := s.Prune(t.Context(), now.AddDate(0, 0, day)); err != nil {
				t.Fatal(err)
			}
			if left := count(t, s, "river_job"); (left == 1) != (day <= 7) {
				t.Errorf("day %d: %d tasks", day, left)
			}
		}
	})
}

func TestForgettingLeavesNothingOfAChatAnywhere(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		fill(t, s)
		h, err := s.Holding(t.Context(), bot.Chat{Network: "telegram", ID: someone})
		if err != nil || h != (bot.Holding{Talks: 1, Answers: 1, Waiting: 1, Tasks: 1}) {
			t.Errorf("%+v, %v", h, err)
		}
		if in := mentions(t, s, someone); len(in) != 8 {
			t.Errorf("kept in %v: this test does not fill every table", in)
		}
		if err := s.Forget(t.Context(), "telegram", someone); err != nil {
			t.Fatal(err)
		}
		if in := mentions(t, s, someone); len(in) > 0 {
			t.Errorf("still kept in %v", in)
		}
	})
}
