package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"parley/bot"
)

// readyWithin is how long finding out may take.
const readyWithin = 3 * time.Second

// checked is storage that can be looked after.
type checked interface {
	Check(ctx context.Context) error
	Head(ctx context.Context) (bot.Head, error)
}

// readiness tells whether the program does what it is there for.
type readiness struct {
	bot      *bot.Bot
	store    checked
	networks []bot.Adapter
}

// part is how one part of the program is doing.
type part struct {
	OK    bool   `json:"ok"`
	Why   string `json:"why,omitempty"`
	AsOf  string `json:"as_of,omitempty"`        // of the base
	Heard string `json:"heard,omitempty"`        // when the network last answered
	Last  string `json:"last_handled,omitempty"` // when its last update was dealt with
	Open  int    `json:"updates_open,omitempty"` // updates under way
}

type readyReport struct {
	Ready bool            `json:"ready"`
	Parts map[string]part `json:"parts"`
}

// ServeHTTP answers 200 if all is well and 503 if not, and says which part is not.
func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), readyWithin)
	defer cancel()
	rep := r.report(ctx, time.Now())
	w.Header().Set("Content-Type", "application/json")
	if !rep.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(rep) // whoever asked may be gone
}

func (r *readiness) report(ctx context.Context, now time.Time) readyReport {
	rep := readyReport{Ready: true, Parts: map[string]part{"store": r.ofStore(ctx), "base": r.ofBase(ctx)}}
	for _, a := range r.networks {
		rep.Parts[a.Name()] = r.ofNetwork(a, now)
	}
	for _, p := range rep.Parts {
		rep.Ready = rep.Ready && p.OK
	}
	return rep
}

func (r *readiness) ofStore(ctx context.Context) part {
	if err := r.store.Check(ctx); err != nil {
		return part{Why: err.Error()}
	}
	return part{OK: true}
}

// ofBase finds a process that tells older facts than those that were announced.
func (r *readiness) ofBase(ctx context.Context) part {
	p := part{OK: true, AsOf: r.bot.Book().AsOf()}
	if h, err := r.store.Head(ctx); err == nil && h.AsOf > p.AsOf {
		p.OK, p.Why = false, fmt.Sprintf("the facts reach to %s, and those announced to %s", p.AsOf, h.AsOf)
	}
	return p
}

func (r *readiness) ofNetwork(a bot.Adapter, now time.Time) part {
	h := r.bot.Handling(a.Name())
	p := part{OK: true, Open: h.Open, Last: stamp(h.Last)}
	if s, ok := a.(bot.Standby); ok && s.StandsBy() {
		p.Why = "stands by: another process runs it"
		return p
	}
	if c, ok := a.(bot.Connected); ok {
		link := c.Connection()
		p.Heard = stamp(link.Heard)
		if p.OK = link.Up; !p.OK {
			p.Why = "not connected"
		}
	}
	switch {
	case h.Ended:
		p.OK, p.Why = false, "it has ended; the log says why"
	case h.Stuck(now):
		p.OK, p.Why = false, "updates wait, and none has been dealt with for minutes"
	}
	return p
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
