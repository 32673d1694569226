package bot_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/bot"
	"parley/bot/store"
)

var seeds = flag.Int("seeds", 8, "how many random histories are tried")

// killed is thrown where the process ends at once.
type killed struct{}

// frail is a store whose process may be killed before and after each write.
type frail struct {
	*store.Store
	die func()
}

func (f frail) around(do func() error) error {
	f.die()
	err := do()
	f.die()
	return err
}

func (f frail) PutPost(ctx context.Context, p bot.Post) error {
	return f.around(func() error { return f.Store.PutPost(ctx, p) })
}

func (f frail) DropPost(ctx context.Context, c bot.Chat, what string) error {
	return f.around(func() error { return f.Store.DropPost(ctx, c, what) })
}

func (f frail) PutPin(ctx context.Context, p bot.Pin) error {
	return f.around(func() error { return f.Store.PutPin(ctx, p) })
}

func (f frail) PutSubscription(ctx context.Context, s bot.Subscription) error {
	return f.around(func() error { return f.Store.PutSubscription(ctx, s) })
}

func (f frail) ChangePost(ctx context.Context, p bot.Post) error {
	return f.around(func() error { return f.Store.ChangePost(ctx, p) })
}

func (f frail) ChangePin(ctx context.Context, p bot.Pin) error {
	return f.around(func() error { return f.Store.ChangePin(ctx, p) })
}

func (f frail) ChangeSubscription(ctx context.Context, s bot.Subscription) error {
	return f.around(func() error { return f.Store.ChangeSubscription(ctx, s) })
}

func (f frail) Publish(ctx context.Context, p bot.Publication) error {
	return f.around(func() error { return f.Store.Publish(ctx, p) })
}

// history is a random course of events.
type history struct {
	*desk
	rand    *rand.Rand
	trouble bool // networks fail and processes are killed
	events  []string
	words   map[string]int // id -> how often its text was changed
	gone    []string
	kills   int
}

var crowd = []string{"1", "2", "3"}

func newHistory(t *testing.T, seed uint64) *history {
	h := &history{desk: newDesk(t), rand: rand.New(rand.NewPCG(seed, 1)), words: map[string]int{}}
	for _, c := range crowd {
		h.say(c, "pin", "")
		h.say(c, "subscribe", "")
	}
	h.net.before = func(op string, c bot.Chat) error { return h.fault(op, true) }
	h.net.after = func(op string, c bot.Chat) error { return h.fault(op, false) }
	return h
}

// fault is what befalls a call to the network.
func (h *history) fault(_ string, before bool) error {
	if !h.trouble || h.rand.IntN(4) > 0 {
		return nil
	}
	switch h.rand.IntN(4) {
	case 0:
		h.kills++
		panic(killed{})
	case 1:
		return bot.ErrUncertain
	case 2:
		if before {
			return bot.Busy{After: time.Second}
		}
	case 3:
		if before {
			return errors.New("hiccup")
		}
	}
	return nil
}

func (h *history) die() {
	if h.trouble && h.rand.IntN(25) == 0 {
		h.kills++
		panic(killed{})
	}
}

// surviving does something in a process that may be killed, and starts another
// one if it was.
func (h *history) surviving(do func()) {
	h.t.Helper()
	alive := func() (alive bool) {
		defer func() {
			if p := recover(); p != nil {
				if _, ok := p.(killed); !ok {
					panic(p)
				}
			}
		}()
		do()
		return true
	}()
	if !alive {
		h.begin()
	}
}

// begin is a process that starts: it announces what changed while none ran.
func (h *history) begin() {
	h.t.Helper()
	h.keeper = frail{h.st, h.die}
	h.restart(h.facts()...)
	h.surviving(func() { _ = h.b.Announce(h.t.Context()) })
}

func (h *history) facts() (out []string) {
	for _, id := range h.events {
		out = append(out, event(id, "announced", "2026-06-15", "2026-07-05", h.text(id)))
	}
	return out
}

func (h *history) text(id string) string { return fmt.Sprintf("wording%d", h.words[id]) }

// change is what a curator does.
func (h *history) edit() {
	switch n := h.rand.IntN(3); {
	case n == 0 && len(h.events) > 0:
		id := h.events[h.rand.IntN(len(h.events))]
		h.words[id]++
	case n == 1 && len(h.events) > 0:
		i := h.rand.IntN(len(h.events))
		h.gone = append(h.gone, h.events[i])
		h.events = slices.Delete(h.events, i, i+1)
	default:
		h.events = append(h.events, fmt.Sprintf("ev%d-x", len(h.words)))
		h.words[h.events[len(h.events)-1]] = 0
	}
	h.b.Swap(scheduleOf(h.t, h.facts()...))
	h.surviving(func() { _ = h.b.Announce(h.t.Context()) })
}

// vandalise is what an administrator does to the card.
func (h *history) vandalise() {
	w := h.net.wall(crowd[h.rand.IntN(len(crowd))])
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	if len(w.pinned) == 0 {
		return
	}
	if h.rand.IntN(2) == 0 {
		w.messages[w.pinned[0]-1] = ""
	}
	w.pinned = nil
}

// some of the tasks are tried, in any order, some twice.
func (h *history) some() {
	ids, tasks := h.due()
	for _, i := range h.rand.Perm(len(tasks)) {
		if h.rand.IntN(3) == 0 {
			continue
		}
		h.surviving(func() {
			if h.b.Deliver(h.t.Context(), tasks[i]) == nil && h.rand.IntN(4) > 0 {
				h.finish(ids[i])
			}
		})
	}
}

func (h *history) round() {
	h.clock = h.clock.Add(time.Hour)
	h.surviving(func() { _ = h.b.Round(h.t.Context(), time.Hour) })
}

// settle lets all trouble end, and everything be done.
func (h *history) settle() {
	h.t.Helper()
	h.trouble = false
	h.announce()
	h.round()
	h.deliver()
}

// check looks whether a chat shows everything as it is, once.
func (h *history) check(chat string) {
	h.t.Helper()
	want, err := h.b.Look(h.t.Context(), "en")
	if err != nil {
		h.t.Fatal(err)
	}
	if got := h.card(chat); got != want {
		h.t.Errorf("chat %s: the card is\n%s\nand should be\n%s", chat, got, want)
	}
	var news []string
	cards := 0
	for _, m := range h.shown(chat) {
		if strings.HasPrefix(m, "Schedule of") {
			cards++
		} else {
			news = append(news, m)
		}
	}
	if cards != 1 {
		h.t.Errorf("chat %s: %d cards", chat, cards)
	}
	all := strings.Join(news, "\n")
	for _, id := range h.events {
		if n := strings.Count(all, id+" announced "); n != 1 {
			h.t.Errorf("chat %s: %s is told %d times in\n%s", chat, id, n, all)
		}
		if !strings.Contains(all, id+" announced "+h.text(id)) {
			h.t.Errorf("chat %s: %s is not told as it is in\n%s", chat, id, all)
		}
	}
	for _, id := range h.gone {
		if n := strings.Count(all, id+" announced "); n > 1 || n == 1 && !strings.Contains(strings.ToLower(all), "withdrawn") {
			h.t.Errorf("chat %s: %s, which is withdrawn, is told %d times in\n%s", chat, id, n, all)
		}
	}
}

func TestAfterAnyHistoryEveryChatShowsTheNewestRevisionOnce(t *testing.T) {
	kills := 0
	for seed := range *seeds {
		ok := t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := newHistory(t, uint64(seed))
			h.keeper = frail{h.st, h.die}
			h.begin()
			h.trouble = true
			for range 12 {
				switch h.rand.IntN(5) {
				case 0, 1:
					h.edit()
				case 2:
					h.vandalise()
				case 3:
					h.round()
				}
				h.some()
			}
			h.settle()
			for _, c := range crowd {
				h.check(c)
			}
			kills += h.kills
		})
		if !ok {
			break
		}
	}
	t.Logf("%d histories with %d kills", *seeds, kills)
}
