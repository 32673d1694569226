package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Waiting is an answer that waits until its network takes it. It holds what the
// bot says and nothing of what was said to it.
type Waiting struct {
	Network, ID string // the update that it answers
	Chat        string
	Place       int64 // its order among those of the chat
	Body        string
	Sending     bool // a send has begun; whether it arrived was not noted
}

// PutWaiting keeps an answer, and notes its update as dealt with.
func (s *Store) PutWaiting(ctx context.Context, w Waiting, now time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO waiting (network, id, chat, place, body, sending) VALUES ($1, $2, $3, $4, $5, 0)
			ON CONFLICT DO NOTHING`, w.Network, w.ID, w.Chat, w.Place, w.Body); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, mark, w.Network, w.ID, int(Done), millis(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("write waiting: %w", err)
	}
	return nil
}

// NextWaiting returns the oldest answer that waits for a chat, or nil.
func (s *Store) NextWaiting(ctx context.Context, network, chat string) (*Waiting, error) {
	w := Waiting{Network: network, Chat: chat}
	err := s.db.QueryRowContext(ctx, `SELECT id, place, body, sending FROM waiting WHERE network = $1 AND chat = $2 ORDER BY place LIMIT 1`,
		network, chat).Scan(&w.ID, &w.Place, &w.Body, &w.Sending)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read waiting: %w", err)
	}
	return &w, nil
}

// ChangeWaiting puts another answer in the place of one whose sending has not
// begun, and tells whether there was one.
func (s *Store) ChangeWaiting(ctx context.Context, network, id, body string) (bool, error) {
	r, err := s.db.ExecContext(ctx, `UPDATE waiting SET body = $1 WHERE network = $2 AND id = $3 AND sending = 0`, body, network, id)
	if err != nil {
		return false, fmt.Errorf("write waiting: %w", err)
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// SendWaiting notes that an answer is being sent.
func (s *Store) SendWaiting(ctx context.Context, network, id string) error {
	if err := s.writer.do(ctx, `UPDATE waiting SET sending = 1 WHERE network = $1 AND id = $2`, network, id); err != nil {
		return fmt.Errorf("write waiting: %w", err)
	}
	return nil
}

// DropWaiting forgets an answer that was sent or cannot be.
func (s *Store) DropWaiting(ctx context.Context, network, id string) error {
	if err := s.writer.do(ctx, `DELETE FROM waiting WHERE network = $1 AND id = $2`, network, id); err != nil {
		return fmt.Errorf("write waiting: %w", err)
	}
	return nil
}

// WaitingChats returns how many answers wait for each chat of a network.
func (s *Store) WaitingChats(ctx context.Context, network string) (map[string]int, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT chat, COUNT(*) FROM waiting WHERE network = $1 GROUP BY chat`, network)
	if err != nil {
		return nil, fmt.Errorf("read waiting: %w", err)
	}
	defer rows.Close()
	chats := make(map[string]int)
	for rows.Next() {
		var chat string
		var n int
		if err := rows.Scan(&chat, &n); err != nil {
			return nil, fmt.Errorf("read waiting: %w", err)
		}
		chats[chat] = n
	}
	return chats, rows.Err()
}
