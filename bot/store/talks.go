package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/answers"
	"parley/bot"
)

const readTalk = `SELECT lang, fact, choices, clarified, at FROM talks WHERE network = $1 AND chat = $2 AND thread = $3 AND person = $4`

// Talk returns what is being talked about with a person in a chat or topic, or a
// talk that has not begun.
func (s *Store) Talk(ctx context.Context, c bot.Chat, person string) (t answers.Talk, err error) {
	st, err := s.reads.stmt(ctx, readTalk)
	if err != nil {
		return t, fmt.Errorf("read talk: %w", err)
	}
	var choices string
	var clarified, at int64
	err = st.QueryRowContext(ctx, c.Network, c.ID, c.Thread, person).Scan(&t.Lang, &t.Fact, &choices, &clarified, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return answers.Talk{}, nil
	}
	if err != nil {
		return answers.Talk{}, fmt.Errorf("read talk: %w", err)
	}
	if choices != "" {
		t.Choices = strings.Split(choices, "\n")
	}
	t.Clarified, t.At = clarified != 0, time.Now().Add(time.UnixMilli(at).Sub(s.Now()))
	return t, nil
}

const putTalk = `INSERT INTO talks (network, chat, thread, person, lang, fact, choices, clarified, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
	ON CONFLICT (network, chat, thread, person) DO UPDATE SET lang = excluded.lang, fact = excluded.fact,
		choices = excluded.choices, clarified = excluded.clarified, at = excluded.at`

// PutTalk remembers a talk until PruneTalks, by the database's clock.
func (s *Store) PutTalk(ctx context.Context, c bot.Chat, person string, t answers.Talk) error {
	clarified := 0
	if t.Clarified {
		clarified = 1
	}
	err := s.writer.do(ctx, putTalk, c.Network, c.ID, c.Thread, person, t.Lang, t.Fact, strings.Join(t.Choices, "\n"), clarified, millis(s.Now().Add(-time.Since(t.At))))
	if err != nil {
		return fmt.Errorf("write talk: %w", err)
	}
	return nil
}

// ForgetTalk forgets what was talked about with a person in a chat and its topics.
func (s *Store) ForgetTalk(ctx context.Context, network, chat, person string) error {
	err := s.writer.do(ctx, `DELETE FROM talks WHERE network = $1 AND chat = $2 AND person = $3`, network, chat, person)
	if err != nil {
		return fmt.Errorf("forget talk: %w", err)
	}
	return nil
}

// PruneTalks forgets talks that count no more: now is by the database's clock. One
// that is yet to come was noted before that clock was set back.
func (s *Store) PruneTalks(ctx context.Context, now time.Time) error {
	if err := s.writer.do(ctx, `DELETE FROM talks WHERE at < $1 OR at > $2`, millis(now.Add(-answers.TalkLife)), millis(now.Add(answers.TalkLife))); err != nil {
		return fmt.Errorf("prune talks: %w", err)
	}
	return nil
}
