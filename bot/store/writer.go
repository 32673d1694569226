package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

// writer puts writes that come at the same time into one transaction: a commit
// waits for the disk, and one wait serves them all.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn            // its own, made when it is needed
	stmts map[string]*sql.Stmt // of conn; the same few statements come again and again
	todo  chan write
	done  chan struct{}
	close func()
}

type write struct {
	query string
	args  []any
	err   chan error
}

// maxBatch is how many writes share a transaction at the most, and apart how far
// transactions are apart while there is much to write: each costs more than its
// writes do.
const (
	maxBatch = 256
	apart    = time.Millisecond
)

var errClosed = errors.New("store is closed")

func newWriter(db *sql.DB) *writer {
	w := &writer{db: db, todo: make(chan write, maxBatch), done: make(chan struct{})}
	stop := make(chan struct{})
	w.close = sync.OnceFunc(func() { close(stop); <-w.done })
	go w.run(stop)
	return w
}

func (w *writer) do(ctx context.Context, query string, args ...any) error {
	wr := write{query, args, make(chan error, 1)}
	select {
	case w.todo <- wr:
	case <-w.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-wr.err:
		return err
	case <-w.done:
		select {
		case err := <-wr.err:
			return err
		default:
			return errClosed
		}
	}
}

func (w *writer) run(stop <-chan struct{}) {
	defer close(w.done)
	defer w.drop()
	var last time.Time
	for {
		select {
		case first := <-w.todo:
			if d := apart - time.Since(last); d > 0 {
				time.Sleep(d)
			}
			w.commit(w.gather(first))
			last = time.Now()
		case <-stop:
			for {
				select {
				case first := <-w.todo:
					w.commit(w.gather(first))
				default:
					return
				}
			}
		}
	}
}

func (w *writer) gather(first write) []write {
	batch := []write{first}
	for len(batch) < maxBatch {
		select {
		case wr := <-w.todo:
			batch = append(batch, wr)
		default:
			return batch
		}
	}
	return batch
}

// commit writes a batch. If it fails as a whole each write is tried alone, so
// that a bad one harms no other.
func (w *writer) commit(batch []write) {
	err := w.together(batch)
	for _, wr := range batch {
		if err != nil && len(batch) > 1 {
			wr.err <- w.together([]write{wr})
		} else {
			wr.err <- err
		}
	}
}

func (w *writer) together(batch []write) error {
	ctx := context.Background() // whoever asked may be gone; the others are not
	if err := w.prepare(ctx, batch); err != nil {
		w.drop()
		return err
	}
	tx, err := w.conn.BeginTx(ctx, nil)
	if err != nil {
		w.drop()
		return err
	}
	for _, wr := range batch {
		// On the connection of the transaction, and so within it.
		if _, err := w.stmts[wr.query].ExecContext(ctx, wr.args...); err != nil {
			err = errors.Join(err, tx.Rollback())
			w.drop()
			return err
		}
	}
	return tx.Commit()
}

// prepare makes sure of a connection and of the statements of a batch.
func (w *writer) prepare(ctx context.Context, batch []write) (err error) {
	if w.conn == nil {
		if w.conn, err = w.db.Conn(ctx); err != nil {
			return err
		}
		w.stmts = make(map[string]*sql.Stmt)
	}
	for _, wr := range batch {
		if w.stmts[wr.query] != nil {
			continue
		}
		if w.stmts[wr.query], err = w.conn.PrepareContext(ctx, wr.query); err != nil {
			delete(w.stmts, wr.query)
			return err
		}
	}
	return nil
}

// drop gives the connection up: after an error nobody knows in what state it is.
func (w *writer) drop() {
	for _, st := range w.stmts {
		st.Close()
	}
	if w.conn != nil {
		w.conn.Close()
	}
	w.conn, w.stmts = nil, nil
}
