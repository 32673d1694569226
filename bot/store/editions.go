package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/answers"
	"parley/bot"
)

// Head returns the newest edition that was announced.
func (s *Store) Head(ctx context.Context) (bot.Head, error) {
	return head(ctx, s.db)
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func head(ctx context.Context, q querier) (bot.Head, error) {
	var h bot.Head
	var at int64
	err := q.QueryRowContext(ctx, `SELECT revision, hash, as_of, at FROM editions ORDER BY revision DESC LIMIT 1`).
		Scan(&h.Revision, &h.Hash, &h.AsOf, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	if err != nil {
		return h, fmt.Errorf("read editions: %w", err)
	}
	h.AnnouncedAt = time.UnixMilli(at)
	return h, nil
}

// Announced returns the newest edition that was announced, entry by entry.
func (s *Store) Announced(ctx context.Context) (answers.Edition, error) {
	e := answers.Edition{Entries: make(map[string]answers.Told)}
	h, err := s.Head(ctx)
	if err != nil {
		return e, err
	}
	e.AsOf = h.AsOf
	rows, err := s.db.QueryContext(ctx, `SELECT entry FROM announced`)
	if err != nil {
		return e, fmt.Errorf("read announced: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var entry string
		var t answers.Told
		if err := rows.Scan(&entry); err != nil {
			return e, fmt.Errorf("read announced: %w", err)
		}
		if err := json.Unmarshal([]byte(entry), &t); err != nil {
			return e, fmt.Errorf("read announced: %w", err)
		}
		e.Entries[t.ID] = t
	}
	return e, rows.Err()
}

// AnnouncedBefore tells whether an edition was announced and followed by others.
func (s *Store) AnnouncedBefore(ctx context.Context, hash string) (was bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM editions WHERE hash = $1 AND revision < (SELECT max(revision) FROM editions))`, hash).Scan(&was)
	if err != nil {
		return false, fmt.Errorf("read editions: %w", err)
	}
	return was, nil
}

// Publish stores an edition as announced, with the tasks that tell it, in one
// transaction. It returns bot.ErrOvertaken if another process was faster.
func (s *Store) Publish(ctx context.Context, p bot.Publication) error {
	changes, err := json.Marshal(p.Changes)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	entries, err := changedEntries(p.Was, p.Now) // before others have to wait
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		h, err := head(ctx, tx)
		if err != nil {
			return err
		}
		if h.Revision != p.After {
			return bot.ErrOvertaken
		}
		r, err := tx.ExecContext(ctx, `INSERT INTO editions (revision, hash, as_of, changes, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT DO NOTHING`, p.After+1, p.Hash, p.Now.AsOf, string(changes), millis(p.At))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, bot.ErrOvertaken)
		}
		if err := putEntries(ctx, tx, entries, p.Was, p.Now); err != nil {
			return err
		}
		if p.After == 0 {
			return nil // the first edition: nobody was told anything before
		}
		return s.enqueueRevision(ctx, tx, p)
	})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// changedEntries are the ids and the stored forms of what is new or changed, in turn.
func changedEntries(was, now answers.Edition) (rows []any, err error) {
	for id, t := range now.Entries {
		if t == was.Entries[id] {
			continue
		}
		entry, err := json.Marshal(t)
		if err != nil {
			return nil, err
		}
		rows = append(rows, id, string(entry))
	}
	return rows, nil
}

// entriesAtOnce is how many entries one statement writes.
const entriesAtOnce = 100

// putEntries changes the stored entries from one edition to the next.
func putEntries(ctx context.Context, tx *sql.Tx, rows []any, was, now answers.Edition) error {
	for some := range slices.Chunk(rows, 2*entriesAtOnce) {
		values := make([]string, 0, entriesAtOnce)
		for i := 1; i < len(some); i += 2 {
			values = append(values, fmt.Sprintf("($%d, $%d)", i, i+1))
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO announced (id, entry) VALUES `+strings.Join(values, ", ")+`
			ON CONFLICT (id) DO UPDATE SET entry = excluded.entry`, some...); err != nil {
			return err
		}
	}
	for id := range was.Entries {
		if _, kept := now.Entries[id]; kept {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM announced WHERE id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

// enqueueRevision adds a task for every card, and for every chat that wants to
// know of one of the changes or was told what they put right.
func (s *Store) enqueueRevision(ctx context.Context, tx *sql.Tx, p bot.Publication) error {
	mark := strconv.FormatInt(p.After+1, 10)
	chats, err := chatsOf(ctx, tx, `SELECT network, chat, thread FROM pins`)
	if err != nil {
		return err
	}
	tasks := tasksFor(bot.Task{Kind: bot.TaskCard, Mark: mark}, chats)
	var subjects []any
	for _, subject := range answers.Subjects {
		if slices.ContainsFunc(p.Changes, func(c answers.Change) bool { return c.Concerns(subject) }) {
			subjects = append(subjects, subject)
		}
	}
	query := `SELECT network, chat, thread FROM subscriptions WHERE subject IN (` + holders(len(subjects)) + `)`
	if slices.ContainsFunc(p.Changes, answers.Change.Amends) {
		query += ` UNION SELECT network, chat, thread FROM posts WHERE items <> ''`
	}
	if chats, err = chatsOf(ctx, tx, query, subjects...); err != nil {
		return err
	}
	return s.enqueue(ctx, tx, append(tasks, tasksFor(bot.Task{Kind: bot.TaskNews, Mark: mark}, chats)...))
}

func chatsOf(ctx context.Context, tx *sql.Tx, query string, args ...any) (out []bot.Chat, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c bot.Chat
		if err := rows.Scan(&c.Network, &c.ID, &c.Thread); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

func tasksFor(t bot.Task, chats []bot.Chat) []bot.Task {
	out := make([]bot.Task, len(chats))
	for i, c := range chats {
		out[i] = t
		out[i].Chat = c
	}
	return out
}

// holders are n placeholders; with none, what no text equals.
func holders(n int) string {
	if n == 0 {
		return "NULL"
	}
	s := "$1"
	for i := 2; i <= n; i++ {
		s += ", $" + strconv.Itoa(i)
	}
	return s
}

// Revisions returns what has changed since a time, the oldest first.
func (s *Store) Revisions(ctx context.Context, since time.Time) ([]bot.Revision, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT revision, changes, at FROM editions WHERE at >= $1 ORDER BY revision`, millis(since))
	if err != nil {
		return nil, fmt.Errorf("read editions: %w", err)
	}
	defer rows.Close()
	var out []bot.Revision
	for rows.Next() {
		var r bot.Revision
		var changes string
		var at int64
		if err := rows.Scan(&r.Number, &changes, &at); err != nil {
			return nil, fmt.Errorf("read editions: %w", err)
		}
		if err := json.Unmarshal([]byte(changes), &r.Changes); err != nil {
			return nil, fmt.Errorf("read editions: %w", err)
		}
		r.Day = time.UnixMilli(at).UTC().Format(time.DateOnly)
		out = append(out, r)
	}
	return out, rows.Err()
}

func (s *Store) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing once committed
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}
