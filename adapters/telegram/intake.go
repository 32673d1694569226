package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/bot"
	"parley/bot/store"
)

// ticket is an update that was handed over and is not dealt with yet.
type ticket struct {
	id     int
	key    msgKey // the message that is answered
	edited bool   // the question was edited

	mu     sync.Mutex
	marked bool // the store knows that a send has begun
}

// origin is the message, for the log.
func (t *ticket) origin() bot.Origin {
	return bot.Origin{Chat: bot.Chat{Network: Network, ID: t.key.chat}, ID: t.key.id}
}

// tickets finds the update that a reply belongs to.
type tickets struct {
	mu    sync.Mutex
	all   map[msgKey]*ticket
	chats map[string]int // how many of each chat
}

func newTickets() *tickets { return &tickets{all: map[msgKey]*ticket{}, chats: map[string]int{}} }

// of is how many updates of a chat are not dealt with.
func (t *tickets) of(chat string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.chats[chat]
}

func (t *tickets) add(k *ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all[k.key] = k
	t.chats[k.key.chat]++
}

func (t *tickets) remove(k *ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all[k.key] == k {
		delete(t.all, k.key)
	}
	if t.chats[k.key.chat]--; t.chats[k.key.chat] <= 0 {
		delete(t.chats, k.key.chat)
	}
}

func (t *tickets) find(chat, msg string) *ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[msgKey{chat, msg}]
}

type ticketKey struct{}

// ticketOf is the update that a reply answers, or nil. The handler may pass
// on the context it got or one of its own, so the quoted message serves too.
func (a *Adapter) ticketOf(ctx context.Context, to bot.Chat, quote string) *ticket {
	if t, ok := ctx.Value(ticketKey{}).(*ticket); ok && t.key.chat == to.ID {
		return t
	}
	if quote == "" {
		return nil
	}
	return a.tickets.find(to.ID, quote)
}

// take deals with one update. finished is called once it is known what became
// of it, with false if it is left for the next start. take blocks while the
// handler does not take more.
func (a *Adapter) take(ctx context.Context, id int, raw json.RawMessage, handle bot.Handler, finished func(dealt bool)) {
	a.stats.updates.Add(1)
	end := sync.OnceFunc(func() { a.track.finish(id, true); finished(true) })
	defer a.recovered(ctx, "update not handled", end)
	var u update
	if err := json.Unmarshal(raw, &u); err != nil {
		a.log.WarnContext(ctx, "update cannot be read", "update", id)
		end()
		return
	}
	a.aside(ctx, &u)
	m, ok := a.decode(&u)
	if !ok {
		if u.InlineQuery == nil {
			a.stats.dropped.Add(1)
		}
		end()
		return
	}
	ctx = bot.WithOrigin(ctx, bot.Origin{Chat: m.Chat, ID: m.ID})
	a.log.DebugContext(ctx, "update taken", "network", Network, "update", id)
	if !a.claims() && a.seen(ctx, id) {
		a.stats.repeated.Add(1)
		end()
		return
	}
	a.hand(ctx, id, m, u.EditedMessage != nil, handle, finished)
}

// recovered ends an update whose handling panicked. What was thrown may contain
// what somebody wrote, so only its type is told.
func (a *Adapter) recovered(ctx context.Context, what string, end func()) {
	if r := recover(); r != nil {
		a.stats.panics.Add(1)
		a.log.ErrorContext(ctx, what, "panic", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
		end()
	}
}

// aside starts what an update needs at once, whatever the lanes are doing.
func (a *Adapter) aside(ctx context.Context, u *update) {
	if u.Message != nil {
		a.memory.heard(u.Message.Chat.id(), u.Message.ID)
		a.notePin(ctx, u.Message)
	}
	switch {
	case u.Callback != nil:
		a.beside(func() { a.stopSpinner(u.Callback.ID) })
	case u.InlineQuery != nil && a.cfg.Inline != nil:
		a.answerInline(ctx, u.InlineQuery)
	}
}

// beside runs f in a goroutine that Run waits for, and waits while there are
// too many.
func (a *Adapter) beside(f func()) {
	a.extra <- struct{}{}
	free := func() { <-a.extra }
	if !a.spawn(func() { defer free(); f() }) {
		free()
	}
}

// claims tells whether updates are claimed when they arrive, as others may get
// them too.
func (a *Adapter) claims() bool { return a.cfg.Mode == Webhook && a.cfg.Store.Shared() }

// seen asks the store what an earlier process, or this one long ago, did with
// the update. If it was sending, nobody knows whether the answer arrived.
func (a *Adapter) seen(ctx context.Context, id int) bool {
	if id > a.noted && a.track.recent(id) {
		return false
	}
	st, err := a.cfg.Store.Update(ctx, Network, a.inboxID(id))
	if err != nil {
		if ctx.Err() == nil {
			a.log.ErrorContext(ctx, "inbox cannot be read", "err", err)
		}
		return false
	}
	if st == store.Sending {
		a.stats.uncertain.Add(1)
		a.log.InfoContext(ctx, "an answer may be sent twice: the last run ended while it was sent", "update", id)
	}
	return st == store.Done
}

// look learns up to which update an earlier process noted something: what is
// above and comes for the first time need not be looked up.
func (a *Adapter) look(ctx context.Context) {
	ids, err := a.cfg.Store.Latest(ctx, Network, latestNoted)
	if err != nil {
		a.log.ErrorContext(ctx, "inbox cannot be read", "err", err)
		a.noted = math.MaxInt
	}
	prefix := a.inboxID(0)
	prefix = prefix[:len(prefix)-1]
	for _, id := range ids {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			n, _ := strconv.Atoi(rest)
			a.noted = max(a.noted, n)
		}
	}
}

// latestNoted is far more than can be under way at a time.
const latestNoted = 1000

// inboxID names an update in the store: each bot counts on its own.
func (a *Adapter) inboxID(id int) string {
	return strconv.FormatInt(a.self.Load().id, 10) + "." + strconv.Itoa(id)
}

// hand gives a message to the handler.
func (a *Adapter) hand(ctx context.Context, id int, m bot.Message, edited bool, handle bot.Handler, finished func(bool)) {
	if m.Command == "gone" {
		a.memory.forget(m.Chat.ID)
	}
	t := &ticket{id: id, key: msgKey{m.Chat.ID, m.ID}, edited: edited}
	a.tickets.add(t)
	var once sync.Once
	done := func(err error) {
		once.Do(func() {
			if !a.spawn(func() { a.dealt(ctx, t, err, finished) }) {
				a.tickets.remove(t) // Run has ended: it is asked for again
			}
		})
	}
	defer a.recovered(ctx, "handler panicked", func() { done(nil) })
	if err := handle(context.WithValue(ctx, ticketKey{}, t), m, done); err != nil {
		done(err)
	}
}

// dealt notes that an update was dealt with, unless that was cut short by the
// end of the process or the token was refused, which ends it. The end is seen by
// Run's own context first: stop ends a moment after it.
func (a *Adapter) dealt(ctx context.Context, t *ticket, err error, finished func(bool)) {
	defer a.tickets.remove(t)
	if errors.Is(err, ErrToken) || err != nil && (ctx.Err() != nil || a.stop.Err() != nil) && isStop(err) {
		a.track.finish(t.id, false)
		finished(false)
		return
	}
	a.mark(t, store.Done)
	a.track.finish(t.id, true)
	finished(true)
}

// mark notes the state of an update. A failure is told and not passed on: the
// answer matters more than the note that prevents a second one.
func (a *Adapter) mark(t *ticket, st store.State) {
	ctx, cancel := context.WithTimeout(bot.WithOrigin(context.Background(), t.origin()), grace)
	defer cancel()
	if err := a.cfg.Store.Mark(ctx, Network, a.inboxID(t.id), st, time.Now()); err != nil {
		a.log.ErrorContext(ctx, "inbox cannot be written", "err", err)
	}
}

// begun notes once that an answer to the update is being sent.
func (a *Adapter) begun(t *ticket) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.marked {
		a.mark(t, store.Sending)
		t.marked = true
	}
}

// unsent takes that back when it is certain that nothing went out.
func (a *Adapter) unsent(t *ticket) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.marked {
		a.mark(t, store.New)
		t.marked = false
	}
}
