package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/bot"
)

const (
	longPoll   = 50 * time.Second
	batchSize  = 100 // the most Telegram gives
	firstDelay = 100 * time.Millisecond
	mostDelay  = 5 * time.Second
)

// whoami asks who the bot is until Telegram answers.
func (a *Adapter) whoami(ctx context.Context) error {
	return a.insist(ctx, func() error {
		raw, err := a.client.call(ctx, "getMe", nil, callTimeout)
		if err != nil {
			return err
		}
		var u user
		if err := json.Unmarshal(raw, &u); err != nil || u.ID == 0 {
			return &callError{Method: "getMe", Text: "the answer is no user", Code: 502}
		}
		a.self.Store(&identity{u.ID, u.Username})
		return nil
	})
}

// insist calls f until it works. Only a wrong token and ctx's end stop it.
func (a *Adapter) insist(ctx context.Context, f func() error) error {
	for n := 0; ; n++ {
		err := f()
		var ce *callError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case wrongToken(err):
			return ErrToken
		case errors.As(err, &ce) && ce.Code >= 400 && ce.Code < 409:
			return fmt.Errorf("telegram: %w", err)
		}
		if err := a.troubled(ctx, n, err); err != nil {
			return err
		}
	}
}

// wrongToken tells whether Telegram does not know the token. One that looks
// like none is no known address to it: 404.
func wrongToken(err error) bool {
	var ce *callError
	return errors.As(err, &ce) && (ce.Code == 401 || ce.Code == 404 && ce.Method == "getMe")
}

// troubled tells about the n-th failure in a row and waits as long as is due.
func (a *Adapter) troubled(ctx context.Context, n int, err error) error {
	a.client.contact.Failed()
	var ce *callError
	d := backoff(n, firstDelay, mostDelay)
	msg := "Telegram cannot be reached"
	switch {
	case !errors.As(err, &ce):
	case ce.Code == 429:
		a.stats.flooded.Add(1)
		a.gov.pause("", ce.After)
		d, msg = ce.After+margin, "Telegram asks to wait"
	case ce.Code == 409:
		d, msg = backoff(n, time.Second, 30*time.Second), "another program receives this bot's messages: is it running twice with the same token?"
	case ce.Code != 0:
		msg = "Telegram is not well"
	}
	if n == 0 || n%10 == 4 {
		a.log.WarnContext(ctx, msg, "err", err, "failures", n+1)
	}
	return pause(ctx, d)
}

// poll asks for updates until ctx ends, as long as no other process does. While
// another does, it is looked whether this one could.
func (a *Adapter) poll(ctx context.Context, handle bot.Handler) error {
	waiting, begun := context.WithCancel(ctx)
	defer begun()
	a.spawn(func() { a.keepInTouch(waiting) })
	me := "telegram." + strconv.FormatInt(a.self.Load().id, 10)
	return a.cfg.Store.Alone(ctx, me, func(alone context.Context) error {
		begun()
		a.look(alone)
		err := a.pollAlone(alone, handle)
		if ctx.Err() != nil {
			a.endStop()
		}
		a.settle()
		if ctx.Err() != nil {
			a.confirm()
		}
		return err
	})
}

func (a *Adapter) pollAlone(ctx context.Context, handle bot.Handler) error {
	if err := a.insist(ctx, func() error {
		_, err := a.client.call(ctx, "deleteWebhook", nil, callTimeout)
		return err
	}); err != nil {
		return err
	}
	a.log.InfoContext(ctx, "listening", "bot", a.Username())
	idle, failures := time.Duration(0), 0
	for ctx.Err() == nil {
		poll := longPoll
		if failures > 0 {
			poll = 0 // to know soon that Telegram is back
		}
		raws, err := a.getUpdates(ctx, poll)
		if err != nil {
			if stop := a.pollFailed(ctx, failures, err); stop != nil {
				return stop
			}
			failures++
			continue
		}
		failures = 0
		idle = a.rest(ctx, idle, a.takeAll(ctx, raws, handle))
	}
	return ctx.Err()
}

func (a *Adapter) getUpdates(ctx context.Context, poll time.Duration) ([]json.RawMessage, error) {
	p := params{
		"offset": strconv.Itoa(a.track.offset()), "limit": strconv.Itoa(batchSize),
		"timeout": strconv.Itoa(int(poll.Seconds())), "allowed_updates": a.allowedUpdates(),
	}
	raw, err := a.client.call(ctx, "getUpdates", p, poll+callTimeout)
	if err != nil {
		return nil, err
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(raw, &raws); err != nil {
		return nil, &callError{Method: "getUpdates", Text: "the answer is no list", Code: 502}
	}
	return raws, nil
}

// pollFailed waits, or returns the error that ends Run.
func (a *Adapter) pollFailed(ctx context.Context, n int, err error) error {
	var ce *callError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case wrongToken(err):
		a.refuse()
		return ErrToken
	case errors.As(err, &ce) && ce.Code == 409 && ce.says("webhook"):
		if n == 0 || n%10 == 4 {
			a.log.WarnContext(ctx, "a webhook was set for this bot elsewhere; removing it", "failures", n+1)
		}
		if _, err := a.client.call(ctx, "deleteWebhook", nil, callTimeout); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "webhook not removed", "err", err)
		}
		return pause(ctx, backoff(n, firstDelay, mostDelay))
	}
	return a.troubled(ctx, n, err)
}

// takeAll hands over what is new of a batch, in order, and tells how much that
// was. What is under way comes with each batch until it is dealt with.
func (a *Adapter) takeAll(ctx context.Context, raws []json.RawMessage, handle bot.Handler) int {
	fresh := 0
	for _, raw := range raws {
		if ctx.Err() != nil {
			return fresh
		}
		id, ok := updateID(raw)
		if !ok || !a.track.take(id) {
			continue
		}
		fresh++
		a.take(ctx, id, raw, handle, func(bool) {})
	}
	return fresh
}

// updateID reads the id without decoding the rest, as most updates of a busy
// batch are known already.
func updateID(raw json.RawMessage) (int, bool) {
	if n, ok := leading(raw, `{"update_id":`); ok {
		return n, true
	}
	var u struct {
		ID *int `json:"update_id"`
	}
	if json.Unmarshal(raw, &u) != nil || u.ID == nil {
		return 0, false
	}
	return *u.ID, true
}

// leading reads the number that an object begins with, without decoding the rest.
func leading(raw json.RawMessage, prefix string) (int, bool) {
	if len(raw) <= len(prefix) || string(raw[:len(prefix)]) != prefix {
		return 0, false
	}
	n, i := 0, len(prefix)
	for ; i < len(raw) && raw[i] >= '0' && raw[i] <= '9' && n < 1<<40; i++ {
		n = n*10 + int(raw[i]-'0')
	}
	return n, i > len(prefix) && i < len(raw) && raw[i] == ','
}

const (
	leastIdle = 4 * time.Millisecond
	mostIdle  = 100 * time.Millisecond
)

// rest waits before the next poll while updates are under way, as Telegram
// would give the same ones again at once: until half of them are dealt with,
// or some time has passed, the longer the longer nothing new came.
func (a *Adapter) rest(ctx context.Context, idle time.Duration, fresh int) time.Duration {
	open := a.track.underWay()
	if open == 0 {
		return 0
	}
	if idle = min(max(2*idle, leastIdle), mostIdle); fresh > 0 {
		idle = leastIdle
	}
	t := time.NewTimer(idle)
	defer t.Stop()
	for a.track.underWay() > open/2 {
		select {
		case <-a.track.news:
		case <-t.C:
			return idle
		case <-ctx.Done():
			return 0
		}
	}
	return 0
}

// confirm tells Telegram at the end what was dealt with. What it answers is
// not looked at and stays unconfirmed.
func (a *Adapter) confirm() {
	if a.track.offset() == 0 {
		return
	}
	p := params{"offset": strconv.Itoa(a.track.offset()), "limit": "1", "timeout": "0", "allowed_updates": a.allowedUpdates()}
	if _, err := a.client.call(a.hard, "getUpdates", p, time.Second/2); err != nil {
		a.log.Debug("last updates not confirmed; the store knows them", "err", err)
	}
}
