package store

import (
	"context"
	"fmt"

	"parley/bot"
)

var _ bot.Cards = (*Store)(nil)

// CardGroups counts all cards, those together that are alike.
func (s *Store) CardGroups(ctx context.Context) (out []bot.CardGroup, err error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT p.network, CASE WHEN p.lang <> '' THEN p.lang WHEN COALESCE(c.lang, '') <> '' THEN c.lang ELSE p.hint END AS speaks,
			CASE WHEN p.message = '' THEN '' ELSE p.shown END AS shows, p.pinned, count(*)
		FROM pins p LEFT JOIN chats c ON c.network = p.network AND c.id = p.chat
		GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`)
	if err != nil {
		return nil, fmt.Errorf("read cards: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var g bot.CardGroup
		var pinned int
		if err := rows.Scan(&g.Network, &g.Lang, &g.Shown, &pinned, &g.Cards); err != nil {
			return nil, fmt.Errorf("read cards: %w", err)
		}
		g.Pinned = pinned != 0
		out = append(out, g)
	}
	return out, rows.Err()
}
