package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"parley/bot"
)

// Language returns the language a chat has chosen, or "".
func (s *Store) Language(ctx context.Context, network, chat string) (string, error) {
	lang, changes, ok := s.langs.get(network, chat)
	if ok {
		return lang, nil
	}
	err := s.reads.one(ctx, &lang, `SELECT lang FROM chats WHERE network = $1 AND id = $2`, network, chat)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read language: %w", err)
	}
	if !s.Shared() {
		s.langs.put(network, chat, lang, changes)
	}
	return lang, nil
}

// SetLanguage keeps the language a chat has chosen; "" is the language of each
// question again.
func (s *Store) SetLanguage(ctx context.Context, network, chat, lang string, now time.Time) error {
	err := s.writer.do(ctx, `INSERT INTO chats (network, id, lang, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (network, id) DO UPDATE SET lang = excluded.lang, at = excluded.at`, network, chat, lang, millis(now))
	s.langs.changed()
	if err != nil {
		return fmt.Errorf("write language: %w", err)
	}
	return nil
}

// Forget deletes everything that is kept of a chat, its topics and the tasks
// for it included.
func (s *Store) Forget(ctx context.Context, network, chat string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		// Answers that wait follow a chat that moves, so forget leaves them.
		if _, err := tx.ExecContext(ctx, `DELETE FROM waiting WHERE network = $1 AND chat = $2`, network, chat); err != nil {
			return err
		}
		return s.forget(ctx, tx, network, chat)
	})
	s.langs.changed()
	if err != nil {
		return fmt.Errorf("forget chat: %w", err)
	}
	return nil
}

func (s *Store) forget(ctx context.Context, tx *sql.Tx, network, chat string) error {
	for _, query := range [...]string{
		`DELETE FROM chats WHERE network = $1 AND id = $2`,
		`DELETE FROM pins WHERE network = $1 AND chat = $2`,
		`DELETE FROM subscriptions WHERE network = $1 AND chat = $2`,
		`DELETE FROM posts WHERE network = $1 AND chat = $2`,
		`DELETE FROM said WHERE network = $1 AND chat = $2`,
		`DELETE FROM talks WHERE network = $1 AND chat = $2`,
		`DELETE FROM river_job WHERE ` + s.arg("network") + ` = $1 AND ` + s.arg("chat") + ` = $2`,
	} {
		if _, err := tx.ExecContext(ctx, query, network, chat); err != nil {
			return err
		}
	}
	return nil
}

// Holding returns how much is kept of a chat beside its card, subscription,
// language and posts.
func (s *Store) Holding(ctx context.Context, c bot.Chat) (h bot.Holding, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM said WHERE network = $1 AND chat = $2),
		(SELECT count(*) FROM waiting WHERE network = $1 AND chat = $2),
		(SELECT count(*) FROM talks WHERE network = $1 AND chat = $2),
		(SELECT count(*) FROM river_job WHERE `+s.arg("network")+` = $1 AND `+s.arg("chat")+` = $2)`,
		c.Network, c.ID).Scan(&h.Answers, &h.Waiting, &h.Talks, &h.Tasks)
	if err != nil {
		return h, fmt.Errorf("read holding: %w", err)
	}
	return h, nil
}

// arg is an argument of a task in SQL.
func (s *Store) arg(name string) string {
	if s.engine == "postgres" {
		return `args ->> '` + name + `'`
	}
	return `json_extract(args, '$.` + name + `')`
}

// Move carries what is kept of a chat over to its new id. Messages stay behind
// with the old one: the card is sent anew.
func (s *Store) Move(ctx context.Context, network, from, to string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, query := range [...]string{
			`UPDATE chats SET id = $1 WHERE network = $2 AND id = $3 AND NOT EXISTS (SELECT 1 FROM chats c WHERE c.network = $2 AND c.id = $1)`,
			`UPDATE pins SET chat = $1, message = '', pinned = 0, shown = '' WHERE network = $2 AND chat = $3
				AND NOT EXISTS (SELECT 1 FROM pins p WHERE p.network = $2 AND p.chat = $1)`,
			`UPDATE subscriptions SET chat = $1, last = '' WHERE network = $2 AND chat = $3
				AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.network = $2 AND s.chat = $1)`,
		} {
			if _, err := tx.ExecContext(ctx, query, to, network, from); err != nil {
				return err
			}
		}
		if err := s.forget(ctx, tx, network, from); err != nil {
			return err
		}
		var tasks []bot.Task
		for kind, query := range map[string]string{
			bot.TaskCard: `SELECT network, chat, thread FROM pins WHERE network = $1 AND chat = $2`,
			bot.TaskNews: `SELECT network, chat, thread FROM subscriptions WHERE network = $1 AND chat = $2`,
		} {
			chats, err := chatsOf(ctx, tx, query, network, to)
			if err != nil {
				return err
			}
			tasks = append(tasks, tasksFor(bot.Task{Kind: kind, Mark: "moved"}, chats)...)
		}
		return s.enqueue(ctx, tx, tasks)
	})
	s.langs.changed()
	if err != nil {
		return fmt.Errorf("move chat: %w", err)
	}
	return nil
}

const keep = `INSERT INTO kept (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`

// Keep stores a small value of the program itself.
func (s *Store) Keep(ctx context.Context, key, value string) error {
	err := s.writer.do(ctx, keep, key, value)
	if err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	return nil
}

// Kept returns a value that Keep stored, or "".
func (s *Store) Kept(ctx context.Context, key string) (string, error) {
	var v string
	err := s.db.QueryRowContext(ctx, `SELECT value FROM kept WHERE key = $1`, key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	return v, nil
}
