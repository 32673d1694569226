package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"parley/bot"
)

// Pin returns the card of a chat, or nil.
func (s *Store) Pin(ctx context.Context, c bot.Chat) (*bot.Pin, error) {
	p := bot.Pin{Chat: c}
	var at int64
	err := s.db.QueryRowContext(ctx, `SELECT message, lang, hint, pinned <> 0, shown, told, at FROM pins
		WHERE network = $1 AND chat = $2 AND thread = $3`, c.Network, c.ID, c.Thread).
		Scan(&p.Message, &p.Lang, &p.Hint, &p.Pinned, &p.Shown, &p.Told, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read pin: %w", err)
	}
	p.Since = time.UnixMilli(at)
	return &p, nil
}

// PutPin keeps the card of a chat.
func (s *Store) PutPin(ctx context.Context, p bot.Pin) error {
	err := s.writer.do(ctx, `INSERT INTO pins (network, chat, thread, message, lang, hint, pinned, shown, told, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (network, chat, thread) DO UPDATE SET message = excluded.message, lang = excluded.lang, hint = excluded.hint,
		pinned = excluded.pinned, shown = excluded.shown, told = excluded.told`,
		p.Chat.Network, p.Chat.ID, p.Chat.Thread, p.Message, p.Lang, p.Hint, number(p.Pinned), p.Shown, p.Told, millis(p.Since))
	if err != nil {
		return fmt.Errorf("write pin: %w", err)
	}
	return nil
}

// ChangePin changes the card of a chat; one that was forgotten stays so.
func (s *Store) ChangePin(ctx context.Context, p bot.Pin) error {
	err := s.writer.do(ctx, `UPDATE pins SET message = $4, lang = $5, hint = $6, pinned = $7, shown = $8, told = $9
		WHERE network = $1 AND chat = $2 AND thread = $3`,
		p.Chat.Network, p.Chat.ID, p.Chat.Thread, p.Message, p.Lang, p.Hint, number(p.Pinned), p.Shown, p.Told)
	if err != nil {
		return fmt.Errorf("write pin: %w", err)
	}
	return nil
}

// DropPin forgets the card of a chat.
func (s *Store) DropPin(ctx context.Context, c bot.Chat) error {
	err := s.writer.do(ctx, `DELETE FROM pins WHERE network = $1 AND chat = $2 AND thread = $3`, c.Network, c.ID, c.Thread)
	if err != nil {
		return fmt.Errorf("drop pin: %w", err)
	}
	return nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
