package store

import (
	"context"
	"database/sql"
	"sync"
)

// prepared keeps the queries that every message makes, parsed once.
type prepared struct {
	db  *sql.DB
	mu  sync.Mutex
	all map[string]*sql.Stmt
}

// one reads a single value. Without a row it returns sql.ErrNoRows.
func (p *prepared) one(ctx context.Context, into any, query string, args ...any) error {
	st, err := p.stmt(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(into)
}

func (p *prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if st := p.all[query]; st != nil {
		return st, nil
	}
	st, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if p.all == nil {
		p.all = make(map[string]*sql.Stmt)
	}
	p.all[query] = st
	return st, nil
}
