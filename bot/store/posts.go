package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parley/bot"
)

const postColumns = `thread, what, after, message, items, lang, shown, at`

// Post returns what was sent to a chat under a name, or nil.
func (s *Store) Post(ctx context.Context, c bot.Chat, what string) (*bot.Post, error) {
	row := s.db.QueryRowContext(ctx, `SELECT `+postColumns+` FROM posts
		WHERE network = $1 AND chat = $2 AND thread = $3 AND what = $4`, c.Network, c.ID, c.Thread, what)
	p, err := readPost(c, row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read post: %w", err)
	}
	return &p, nil
}

// PostsIn returns all that was sent to a chat and its topics, the oldest first.
func (s *Store) PostsIn(ctx context.Context, c bot.Chat) ([]bot.Post, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT `+postColumns+` FROM posts
		WHERE network = $1 AND chat = $2 ORDER BY at, thread, what`, c.Network, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read posts: %w", err)
	}
	defer rows.Close()
	var out []bot.Post
	for rows.Next() {
		p, err := readPost(c, rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read posts: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func readPost(c bot.Chat, scan func(...any) error) (bot.Post, error) {
	p := bot.Post{Chat: c}
	var at int64
	var items string
	if err := scan(&p.Chat.Thread, &p.What, &p.After, &p.Message, &items, &p.Lang, &p.Shown, &at); err != nil {
		return p, err
	}
	p.At = time.UnixMilli(at)
	if items == "" {
		return p, nil
	}
	return p, json.Unmarshal([]byte(items), &p.Items)
}

// PutPost keeps what was sent, or is about to be.
func (s *Store) PutPost(ctx context.Context, p bot.Post) error {
	items, err := itemsOf(p)
	if err != nil {
		return err
	}
	err = s.writer.do(ctx, `INSERT INTO posts (network, chat, thread, what, after, message, items, lang, shown, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (network, chat, thread, what) DO UPDATE SET after = excluded.after, message = excluded.message,
		items = excluded.items, lang = excluded.lang, shown = excluded.shown`,
		p.Chat.Network, p.Chat.ID, p.Chat.Thread, p.What, p.After, p.Message, items, p.Lang, p.Shown, millis(p.At))
	if err != nil {
		return fmt.Errorf("write post: %w", err)
	}
	return nil
}

// ChangePost changes what is kept of a post; one that was forgotten stays so.
func (s *Store) ChangePost(ctx context.Context, p bot.Post) error {
	items, err := itemsOf(p)
	if err != nil {
		return err
	}
	err = s.writer.do(ctx, `UPDATE posts SET after = $5, message = $6, items = $7, lang = $8, shown = $9
		WHERE network = $1 AND chat = $2 AND thread = $3 AND what = $4`,
		p.Chat.Network, p.Chat.ID, p.Chat.Thread, p.What, p.After, p.Message, items, p.Lang, p.Shown)
	if err != nil {
		return fmt.Errorf("write post: %w", err)
	}
	return nil
}

func itemsOf(p bot.Post) (string, error) {
	if len(p.Items) == 0 {
		return "", nil
	}
	data, err := json.Marshal(p.Items)
	if err != nil {
		return "", fmt.Errorf("write post: %w", err)
	}
	return string(data), nil
}

// DropPost forgets what was sent to a chat under a name.
func (s *Store) DropPost(ctx context.Context, c bot.Chat, what string) error {
	err := s.writer.do(ctx, `DELETE FROM posts WHERE network = $1 AND chat = $2 AND thread = $3 AND what = $4`, c.Network, c.ID, c.Thread, what)
	if err != nil {
		return fmt.Errorf("drop post: %w", err)
	}
	return nil
}
