package matrix

import (
	"context"
	"errors"
	"sync"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
)

// waiting holds the messages whose key has not come yet, by room and session,
// in their order.
type waiting struct {
	mu   sync.Mutex
	held map[string][]held
}

type held struct {
	batch *batch
	event *event.Event
}

func keyOf(evt *event.Event) string {
	return evt.RoomID.String() + "\x00" + evt.Content.AsEncrypted().SessionID.String()
}

// behind adds a message to those that wait for the same key, if there are any.
func (w *waiting) behind(key string, m held) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.held[key]; !ok {
		return false
	}
	w.held[key] = append(w.held[key], m)
	return true
}

// begin adds the first message that waits for a key.
func (w *waiting) begin(key string, m held) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = make(map[string][]held)
	}
	w.held[key] = []held{m}
}

func (w *waiting) end(key string) []held {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.held[key]
	delete(w.held, key)
	return all
}

// decrypt reads an encrypted message. If its key is not there yet it is waited
// for beside the room, which goes on. It runs in the room.
func (a *Adapter) decrypt(ctx context.Context, b *batch, evt *event.Event) {
	if a.crypto == nil {
		return // nor may anything be said in plain there
	}
	if evt.Content.Parsed == nil && evt.Content.ParseRaw(event.EventEncrypted) != nil {
		return // not even the form of an encrypted message
	}
	m, key := held{b, evt}, keyOf(evt)
	a.ledger.hold(b)
	if a.waiting.behind(key, m) {
		return
	}
	clear, err := a.crypto.Decrypt(ctx, evt)
	if errors.Is(err, crypto.ErrNoSessionFound) && ctx.Err() == nil {
		a.waiting.begin(key, m)
		a.rooms.beside(func() { a.awaitKey(ctx, key, evt) })
		return
	}
	a.decrypted(ctx, m, clear, err)
}

// awaitKey waits for the key of a message and of those behind it, asks for it,
// and reads them at last, or says that they cannot be read.
func (a *Adapter) awaitKey(ctx context.Context, key string, evt *event.Event) {
	c := evt.Content.AsEncrypted()
	found := a.crypto.WaitForSession(ctx, evt.RoomID, c.SenderKey, c.SessionID, a.firstKeys)
	if !found && ctx.Err() == nil {
		a.askForKeys(ctx, evt)
		a.crypto.WaitForSession(ctx, evt.RoomID, c.SenderKey, c.SessionID, a.moreKeys)
	}
	if ctx.Err() != nil {
		return // the batches stay open: the next start tries again
	}
	a.rooms.do(evt.RoomID, func() {
		for _, m := range a.waiting.end(key) {
			clear, err := a.crypto.Decrypt(ctx, m.event)
			a.decrypted(ctx, m, clear, err)
		}
	})
}

// decrypted deals with what came of decrypting a message. If the bot is to end,
// the batch stays open: the next start tries again.
func (a *Adapter) decrypted(ctx context.Context, m held, clear *event.Event, err error) {
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		a.unreadable(ctx, m.batch, m.event, err)
	default:
		a.understandDecrypted(ctx, m.batch, m.event, clear)
	}
	a.ledger.release(m.batch)
}
