package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/bot"
)

// Said is one of the bot's messages: what it answers and what it offers. It
// holds ids, no words.
type Said struct {
	Chat     bot.Chat
	Message  string
	Question string   // the message that it answers, if any
	Choices  []string // what it offers to pick, in order
}

const putSaid = `INSERT INTO said (network, message, question, chat, thread, choices, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (network, message) DO UPDATE SET choices = excluded.choices`

func (m Said) row(now time.Time) []any {
	return []any{m.Chat.Network, m.Message, m.Question, m.Chat.ID, m.Chat.Thread, strings.Join(m.Choices, "\n"), millis(now)}
}

// PutSaid remembers a message until PruneInbox.
func (s *Store) PutSaid(ctx context.Context, m Said, now time.Time) error {
	err := s.writer.do(ctx, putSaid, m.row(now)...)
	if err != nil {
		return fmt.Errorf("write said: %w", err)
	}
	return nil
}

// PutAllSaid remembers many messages at once.
func (s *Store) PutAllSaid(ctx context.Context, ms []Said, now time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		st, err := tx.PrepareContext(ctx, putSaid)
		if err != nil {
			return err
		}
		defer st.Close()
		for _, m := range ms {
			if _, err := st.ExecContext(ctx, m.row(now)...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write said: %w", err)
	}
	return nil
}

// Said returns one of the bot's messages, or nil if it is not remembered.
func (s *Store) Said(ctx context.Context, network, message string) (*Said, error) {
	return s.said(ctx, network, `message = $2`, message)
}

// SaidTo returns the answer to a message, or nil.
func (s *Store) SaidTo(ctx context.Context, network, question string) (*Said, error) {
	return s.said(ctx, network, `question = $2 ORDER BY at DESC LIMIT 1`, question)
}

// LastSaid returns what was said last in a chat or topic, or nil.
func (s *Store) LastSaid(ctx context.Context, c bot.Chat) (*Said, error) {
	return s.said(ctx, c.Network, `chat = $2 AND thread = $3 ORDER BY at DESC LIMIT 1`, c.ID, c.Thread)
}

func (s *Store) said(ctx context.Context, network, which string, args ...any) (*Said, error) {
	m := Said{Chat: bot.Chat{Network: network}}
	var choices string
	err := s.db.QueryRowContext(ctx, `SELECT message, question, chat, thread, choices FROM said WHERE network = $1 AND `+which,
		append([]any{network}, args...)...).Scan(&m.Message, &m.Question, &m.Chat.ID, &m.Chat.Thread, &choices)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read said: %w", err)
	}
	if choices != "" {
		m.Choices = strings.Split(choices, "\n")
	}
	return &m, nil
}
