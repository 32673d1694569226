package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Language returns the language a chat has chosen, or "".
func (s *Store) Language(ctx context.Context, network, chat string) (string, error) {
	var lang string
	err := s.db.QueryRowContext(ctx, `SELECT lang FROM chats WHERE network = $1 AND id = $2`, network, chat).Scan(&lang)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read language: %w", err)
	}
	return lang, nil
}

// SetLanguage keeps the language a chat has chosen; "" is the language of each
// question again.
func (s *Store) SetLanguage(ctx context.Context, network, chat, lang string, now time.Time) error {
	err := s.writer.do(ctx, `INSERT INTO chats (network, id, lang, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (network, id) DO UPDATE SET lang = excluded.lang, at = excluded.at`, network, chat, lang, millis(now))
	if err != nil {
		return fmt.Errorf("write language: %w", err)
	}
	return nil
}

// Forget deletes everything that is kept of a chat.
func (s *Store) Forget(ctx context.Context, network, chat string) error {
	if err := s.writer.do(ctx, `DELETE FROM chats WHERE network = $1 AND id = $2`, network, chat); err != nil {
		return fmt.Errorf("forget chat: %w", err)
	}
	return nil
}

// Move carries what is kept of a chat over to its new id.
func (s *Store) Move(ctx context.Context, network, from, to string) error {
	err := s.writer.do(ctx, `UPDATE chats SET id = $1 WHERE network = $2 AND id = $3
		AND NOT EXISTS (SELECT 1 FROM chats c WHERE c.network = $2 AND c.id = $1)`, to, network, from)
	if err != nil {
		return fmt.Errorf("move chat: %w", err)
	}
	return s.Forget(ctx, network, from)
}

// Keep stores a small value of the program itself.
func (s *Store) Keep(ctx context.Context, key, value string) error {
	err := s.writer.do(ctx, `INSERT INTO kept (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
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
