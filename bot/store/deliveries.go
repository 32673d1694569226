package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"parley/bot"
)

// Audience returns how many chats have a card or are told of changes, by
// network, language and subject.
func (s *Store) Audience(ctx context.Context) ([]bot.Audience, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT x.network, x.kind, CASE WHEN x.mine <> '' THEN x.mine WHEN COALESCE(c.lang, '') <> '' THEN c.lang ELSE x.spoke END AS lang,
			x.subject, count(*) FROM (
			SELECT network, chat, 'card' AS kind, lang AS mine, hint AS spoke, '' AS subject FROM pins
			UNION ALL SELECT network, chat, 'news', '', lang, subject FROM subscriptions) x
		LEFT JOIN chats c ON c.network = x.network AND c.id = x.chat
		GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`)
	if err != nil {
		return nil, fmt.Errorf("read audience: %w", err)
	}
	defer rows.Close()
	var out []bot.Audience
	for rows.Next() {
		var a bot.Audience
		if err := rows.Scan(&a.Network, &a.Kind, &a.Lang, &a.Subject, &a.Chats); err != nil {
			return nil, fmt.Errorf("read audience: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// maxFailures is how many failures are told of.
const maxFailures = 20

// Deliveries returns what became of the tasks with a mark, or of all that are
// still remembered if it is empty.
func (s *Store) Deliveries(ctx context.Context, mark string) (d bot.Deliveries, err error) {
	task, marked := s.arg("task"), s.arg("mark")
	rows, err := s.db.QueryContext(ctx, `SELECT `+task+`,
		sum(CASE WHEN state = 'completed' THEN 1 ELSE 0 END),
		sum(CASE WHEN state IN ('available', 'pending', 'scheduled') THEN 1 ELSE 0 END),
		sum(CASE WHEN state = 'running' THEN 1 ELSE 0 END),
		sum(CASE WHEN state = 'retryable' THEN 1 ELSE 0 END),
		sum(CASE WHEN state IN ('discarded', 'cancelled') THEN 1 ELSE 0 END)
		FROM river_job WHERE $1 = '' OR `+marked+` = $1 GROUP BY 1 ORDER BY 1`, mark)
	if err != nil {
		return d, fmt.Errorf("read deliveries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var x bot.State
		if err := rows.Scan(&x.Kind, &x.Done, &x.Waiting, &x.Running, &x.Tried, &x.Failed); err != nil {
			return d, fmt.Errorf("read deliveries: %w", err)
		}
		d.States = append(d.States, x)
	}
	if err := rows.Err(); err != nil {
		return d, err
	}
	d.Failures, err = s.failures(ctx, mark)
	return d, err
}

func (s *Store) failures(ctx context.Context, mark string) (out []bot.Failure, err error) {
	last, millis := `json_extract(errors, '$[#-1].error')`, `CAST(1000 * unixepoch(scheduled_at, 'subsec') AS INTEGER)`
	if s.engine == "postgres" {
		last, millis = `errors[array_length(errors, 1)] ->> 'error'`, `CAST(1000 * extract(epoch FROM scheduled_at) AS BIGINT)`
	}
	args := `CAST(args AS TEXT)`
	if s.engine == "sqlite" {
		args = `json(args)`
	}
	rows, err := s.db.QueryContext(ctx, `SELECT `+args+`, attempt, `+millis+`, `+last+` FROM river_job
		WHERE errors IS NOT NULL AND state NOT IN ('completed') AND ($1 = '' OR `+s.arg("mark")+` = $1) ORDER BY id LIMIT $2`, mark, maxFailures)
	if err != nil {
		return nil, fmt.Errorf("read failures: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f bot.Failure
		var data string
		var next int64
		var why sql.NullString
		var t taskArgs
		if err := rows.Scan(&data, &f.Tries, &next, &why); err != nil {
			return nil, fmt.Errorf("read failures: %w", err)
		}
		if err := json.Unmarshal([]byte(data), &t); err != nil {
			return nil, fmt.Errorf("read failures: %w", err)
		}
		f.Task, f.Next, f.Why = t.of(), time.UnixMilli(next), why.String
		out = append(out, f)
	}
	return out, rows.Err()
}

// moment is a time as the queue's tables have it.
func (s *Store) moment(t time.Time) any {
	if s.engine == "postgres" {
		return t
	}
	return t.UTC().Format("2006-01-02 15:04:05.000")
}

// How long what was announced is kept.
const (
	keepPosts    = 90 * 24 * time.Hour
	keepEditions = 100 * 24 * time.Hour // somewhat longer than what tells them
)

// Prune forgets what is kept no longer: posts, which can be corrected for that
// long, what changed with old editions, and tasks that have ended. Cards and the
// newest edition stay.
func (s *Store) Prune(ctx context.Context, now time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM posts WHERE at < $1 AND what NOT IN ('card', 'right')`, millis(now.Add(-keepPosts))); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM editions WHERE at < $1 AND revision < (SELECT max(revision) FROM editions)`, millis(now.Add(-keepEditions))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM river_job WHERE state IN ('completed', 'cancelled') AND finalized_at < $1
			OR state = 'discarded' AND finalized_at < $2`, s.moment(now.Add(-keepDone)), s.moment(now.Add(-keepFailed)))
		return err
	})
	if err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	return nil
}
