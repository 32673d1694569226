package telegram

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits are how much may be sent. Zero fields mean Telegram's limits as far
// as they are known; Off lifts them, for tests and own servers.
type Limits struct {
	Overall   float64 // messages a second in all, 30
	Chat      float64 // messages a second in a chat, 1
	ChatBurst float64 // that may come at once in a chat, 3
	Group     float64 // messages a minute in a group, 20
	Off       bool
	// Try finds out whether the server has limits at all, as a local or a test
	// server may have none: see trial.
	Try bool
}

func (l Limits) orDefault() Limits {
	pick := func(v, d float64) float64 {
		if v > 0 {
			return v
		}
		return d
	}
	return Limits{pick(l.Overall, 30), pick(l.Chat, 1), pick(l.ChatBurst, 3), pick(l.Group, 20), l.Off, l.Try}
}

// governor decides when a request may go. It keeps a little below the limits,
// as requests do not take equally long on their way.
type governor struct {
	limits Limits

	mu      sync.Mutex
	overall *bucket
	chats   map[string]*chatState
	paused  time.Time // nothing goes before
	trial   trial
	flying  int // requests to chats that have gone and not come back
	flood   struct {
		chat string
		at   time.Time
	}
	waiting [2][]*waiter // replies, then what can wait
	timer   *time.Timer

	waits, waited atomic.Int64 // how often, and how many nanoseconds in all
}

type chatState struct {
	chat, group *bucket
	paused      time.Time
}

type waiter struct {
	chat string
	ok   chan struct{} // closed when the request may go
}

// The classes of requests: replies go before what can wait.
const (
	urgent = iota
	later
)

const (
	overallBurst = 3
	margin       = 50 * time.Millisecond // beyond what retry_after says
	maxChats     = 10000
	share        = 0.985 // of the limit over all chats that is used
)

func newGovernor(l Limits) *governor {
	g := &governor{limits: l.orDefault(), chats: map[string]*chatState{}}
	if !l.Off {
		g.overall = newBucket(g.limits.Overall*share, min(overallBurst, max(1, g.limits.Overall/4)))
		g.trial = newTrial(g.limits)
	}
	return g
}

func isGroup(chat string) bool { return strings.HasPrefix(chat, "-") }

// wait returns when a request to the chat may go, or ctx's error. An empty
// chat means a request to none, which only a pause of everything holds up.
func (g *governor) wait(ctx context.Context, chat string, class int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	now := time.Now()
	if len(g.waiting[urgent])+len(g.waiting[later]) == 0 && g.grant(chat, now) {
		g.mu.Unlock()
		return nil
	}
	w := &waiter{chat: chat, ok: make(chan struct{})}
	g.waiting[class] = append(g.waiting[class], w)
	g.pump(now)
	g.mu.Unlock()
	g.waits.Add(1)
	defer func() { g.waited.Add(int64(time.Since(now))) }()
	select {
	case <-w.ok:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leave(w, class)
	return ctx.Err()
}

// trying tells whether it is being found out if the server has limits.
func (g *governor) trying() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.trial.trying(time.Now())
}

// delay is how long a request to the chat has to wait at the least.
func (g *governor) delay(chat string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	return g.ready(chat, now).Sub(now)
}

// try takes the chance if the request may go at once and nobody waits.
func (g *governor) try(chat string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting[urgent])+len(g.waiting[later]) == 0 && g.grant(chat, time.Now())
}

// done tells that a request to the chat has come back. When on its way it was
// counted nobody knows: the chat's time begins anew, so that a slow one followed
// by a quick one does not make two at once for the server.
func (g *governor) done(chat string, err error) {
	if chat == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.flying--
	if st := g.chats[chat]; st != nil {
		st.chat.hold(now)
		st.group.hold(now)
	}
	if ce := (*callError)(nil); errors.As(err, &ce) && ce.Code == 429 {
		g.obey(chat, ce.After, now)
		return
	}
	if g.trial.came(err == nil, now) {
		g.pump(now)
	}
}

// shortPause is what a limit of everything asks to wait at the most.
const shortPause = 5 * time.Second

// pause obeys a retry_after. Telegram does not say which of its limits was
// passed. Without a chat it is the one of everything. So it is if the chat has
// not had its share, unless that takes so long that only a chat can be meant,
// or just before another chat was told so too.
func (g *governor) pause(chat string, d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.obey(chat, d, time.Now())
}

func (g *governor) obey(chat string, d time.Duration, now time.Time) {
	until := now.Add(max(d, time.Second) + margin)
	beyond := g.trial.refuse(now)
	if beyond {
		g.overall.empty(now)
	}
	if chat == "" || beyond || g.ofAll(chat, d, now) {
		g.paused = latest(g.paused, until)
	}
	if chat != "" {
		st := g.state(chat)
		st.paused = latest(st.paused, until)
	}
	g.pump(now)
}

// ofAll guesses that a retry_after of a chat is the one of everything.
func (g *governor) ofAll(chat string, d time.Duration, now time.Time) bool {
	st := g.state(chat)
	if !st.unspent(now) {
		return false
	}
	other := g.flood.chat != "" && g.flood.chat != chat && now.Sub(g.flood.at) < time.Second
	g.flood.chat, g.flood.at = chat, now
	return other || st.chat != nil && d <= shortPause
}

// unspent tells that the chat had no more than one message lately.
func (st *chatState) unspent(now time.Time) bool {
	return st.chat.left(now) >= st.chat.most()-1.5 && st.group.left(now) >= st.group.most()-1.5
}

// pump lets go all who may, replies first, and sets the timer for the next.
// It is called with the lock held.
func (g *governor) pump(now time.Time) {
	var next time.Time
	for class := range g.waiting {
		kept := g.waiting[class][:0]
		for _, w := range g.waiting[class] {
			if g.grant(w.chat, now) {
				close(w.ok)
				continue
			}
			kept = append(kept, w)
			if at := g.ready(w.chat, now); next.IsZero() || at.Before(next) {
				next = at
			}
		}
		clear(g.waiting[class][len(kept):])
		g.waiting[class] = kept
	}
	if next.IsZero() {
		return
	}
	d := max(next.Sub(now), time.Millisecond)
	if g.timer == nil {
		g.timer = time.AfterFunc(d, g.tick)
		return
	}
	g.timer.Reset(d)
}

func (g *governor) tick() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pump(time.Now())
}

func (g *governor) leave(w *waiter, class int) {
	for i, x := range g.waiting[class] {
		if x == w {
			g.waiting[class] = append(g.waiting[class][:i], g.waiting[class][i+1:]...)
			return
		}
	}
}

// grant takes what a request needs from all its buckets, or nothing.
func (g *governor) grant(chat string, now time.Time) bool {
	if chat == "" {
		return !g.ready(chat, now).After(now)
	}
	st := g.state(chat)
	switch {
	case latest(g.paused, st.paused, st.group.ready(now)).After(now):
		return false
	case g.trial.passed:
	case g.trial.flying || st.chat.ready(now).After(now):
		return false
	case g.overall.ready(now).After(now):
		if !g.trial.may(now) || g.flying > 0 {
			return false
		}
		g.trial.flying = true
	}
	g.flying++
	st.group.take(now)
	if !g.trial.passed {
		g.overall.take(now)
		st.chat.take(now)
	}
	return true
}

// ready is when a request to the chat may go if nobody goes before.
func (g *governor) ready(chat string, now time.Time) time.Time {
	at := latest(now, g.paused)
	if chat == "" {
		return at
	}
	st := g.state(chat)
	at = latest(at, st.paused, st.group.ready(now))
	if g.trial.passed {
		return at
	}
	return latest(at, g.overall.ready(now), st.chat.ready(now))
}

func (g *governor) state(chat string) *chatState {
	st := g.chats[chat]
	if st != nil {
		return st
	}
	if len(g.chats) >= maxChats {
		g.forget(time.Now())
	}
	st = &chatState{}
	if !g.limits.Off {
		st.chat = newBucket(g.limits.Chat*0.97, g.limits.ChatBurst)
		if isGroup(chat) {
			st.group = newBucket(g.limits.Group*0.97/60, max(1, g.limits.Group-1))
		}
	}
	g.chats[chat] = st
	return st
}

// forget drops the chats that are as if nothing had ever been sent there.
func (g *governor) forget(now time.Time) {
	for id, st := range g.chats {
		if st.paused.Before(now) && st.chat.full(now) && st.group.full(now) {
			delete(g.chats, id)
		}
	}
}

func latest(ts ...time.Time) time.Time {
	var l time.Time
	for _, t := range ts {
		if t.After(l) {
			l = t
		}
	}
	return l
}
