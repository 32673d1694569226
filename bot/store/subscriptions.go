package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"parley/bot"
)

// Subscription returns what a chat is told of, or nil.
func (s *Store) Subscription(ctx context.Context, c bot.Chat) (*bot.Subscription, error) {
	sub := bot.Subscription{Chat: c}
	var at int64
	var quiet string
	err := s.db.QueryRowContext(ctx, `SELECT subject, lang, quiet, seen, last, at FROM subscriptions
		WHERE network = $1 AND chat = $2 AND thread = $3`, c.Network, c.ID, c.Thread).
		Scan(&sub.Subject, &sub.Lang, &quiet, &sub.Seen, &sub.Last, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		sub.Quiet, err = bot.ParseQuiet(quiet)
	}
	if err != nil {
		return nil, fmt.Errorf("read subscription: %w", err)
	}
	sub.Since = time.UnixMilli(at)
	return &sub, nil
}

// PutSubscription keeps what a chat is told of.
func (s *Store) PutSubscription(ctx context.Context, b bot.Subscription) error {
	err := s.writer.do(ctx, `INSERT INTO subscriptions (network, chat, thread, subject, lang, quiet, seen, last, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (network, chat, thread) DO UPDATE SET subject = excluded.subject, lang = excluded.lang,
		quiet = excluded.quiet, seen = excluded.seen, last = excluded.last`,
		b.Chat.Network, b.Chat.ID, b.Chat.Thread, b.Subject, b.Lang, b.Quiet.String(), b.Seen, b.Last, millis(b.Since))
	if err != nil {
		return fmt.Errorf("write subscription: %w", err)
	}
	return nil
}

// ChangeSubscription changes what a chat is told of; one that has ended stays so.
func (s *Store) ChangeSubscription(ctx context.Context, b bot.Subscription) error {
	err := s.writer.do(ctx, `UPDATE subscriptions SET subject = $4, lang = $5, quiet = $6, seen = $7, last = $8
		WHERE network = $1 AND chat = $2 AND thread = $3`,
		b.Chat.Network, b.Chat.ID, b.Chat.Thread, b.Subject, b.Lang, b.Quiet.String(), b.Seen, b.Last)
	if err != nil {
		return fmt.Errorf("write subscription: %w", err)
	}
	return nil
}

// DropSubscription ends what a chat is told of.
func (s *Store) DropSubscription(ctx context.Context, c bot.Chat) error {
	err := s.writer.do(ctx, `DELETE FROM subscriptions WHERE network = $1 AND chat = $2 AND thread = $3`, c.Network, c.ID, c.Thread)
	if err != nil {
		return fmt.Errorf("drop subscription: %w", err)
	}
	return nil
}
