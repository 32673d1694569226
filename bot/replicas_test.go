package bot_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"parley/bot"
	"parley/bot/store"
)

// shared is a store that other processes use too.
type shared struct{ *store.Store }

func (shared) Shared() bool { return true }

// revision is the newest one that was announced.
func (d *desk) revision() int64 {
	d.t.Helper()
	h, err := d.st.Head(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return h.Revision
}

func TestAProcessThatIsBehindTakesNothingBack(t *testing.T) {
	d := newDesk(t)
	d.say("1", "subscribe", "")
	d.say("1", "pin", "")
	d.keeper = shared{d.st}
	starts := func(want int64, events ...string) {
		t.Helper()
		d.restart(events...)
		d.announce()
		if got := d.revision(); got != want {
			t.Fatalf("revision %d, want %d", got, want)
		}
	}
	starts(2, rome)
	starts(2)                  // the day is the same, the content that of before
	starts(3, rome, romeMoved) // the same day, other content: that is new
	starts(3, rome)

	d.b.Swap(scheduleTo(t, "2026-06-10", rome, romeMoved, romeOff)) // older, and never announced
	d.announce()
	if got := d.revision(); got != 3 {
		t.Errorf("facts of an older day were announced as revision %d", got)
	}
	if left, err := d.try(); left == 0 || !errors.As(err, new(bot.Busy)) {
		t.Errorf("a process that is behind did tasks: %d left, %v", left, err)
	}
	starts(3, rome, romeMoved)
	d.deliver()
	contains(t, d.card("1"), "9 July 2026")
	contains(t, d.shown("1")[1], "What has changed:", "ev-rome-moved")
	last(t, d.shown("1"), 2)
}

func TestFactsChangedBackWhileAProcessRunsAreAnnouncedLater(t *testing.T) {
	d := newDesk(t)
	d.say("1", "subscribe", "")
	d.keeper = shared{d.st}
	d.restart()
	d.b.Swap(scheduleOf(t, rome))
	d.announce()
	d.deliver()
	d.b.Swap(scheduleOf(t)) // by a curator, or because this process gets late what others had
	var busy bot.Busy
	if err := d.b.Announce(t.Context()); !errors.As(err, &busy) || d.revision() != 2 {
		t.Fatalf("announced at once: %v", err)
	}
	d.clock = d.clock.Add(busy.After + time.Second)
	d.announce()
	d.deliver()
	contains(t, last(t, d.shown("1"), 1), "withdrawn on")
}

// counting counts the moments that are taken of the limits.
type counting struct {
	shared
	taken atomic.Int64
}

func (c *counting) Slot(context.Context, string, time.Duration) (time.Duration, error) {
	c.taken.Add(1)
	return time.Hour, nil // others have taken all before
}

// limited is a network with limits, which hands over what it is told to.
type limited struct {
	*board
	handler chan bot.Handler
}

func (limited) Pace() time.Duration { return time.Second }

func (n limited) Run(ctx context.Context, h bot.Handler) error {
	n.handler <- h
	<-ctx.Done()
	return nil
}

func TestRepliesTakeTheirShareOfTheLimitsOfSeveralProcessesAndDoNotWait(t *testing.T) {
	d := newDesk(t)
	slots := &counting{shared: shared{d.st}}
	n := limited{newBoard(), make(chan bot.Handler)}
	b := bot.New(bot.Options{Book: scheduleOf(t), Keeper: slots})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx, n) }()
	done := make(chan error, 1)
	m := bot.Message{Chat: bot.Chat{Network: "board", ID: "1"}, ID: "1", From: "a reader", Command: "help", Hint: "en"}
	if err := (<-n.handler)(ctx, m, func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || slots.taken.Load() != 1 || len(n.wall("1").messages) != 1 {
		t.Errorf("%v, %d moments for %d messages", err, slots.taken.Load(), len(n.wall("1").messages))
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestATalkGoesOnInAnotherProcessUntilItIsForgotten(t *testing.T) {
	st, err := store.Open(t.Context(), t.TempDir()+"/talks.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	b, err := book()
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Date(2026, 6, 20, 12, 0, 0, 0, time.UTC)
	replica := func() *world {
		w := &world{network: newNetwork()}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		bt := bot.New(bot.Options{Book: b, Keeper: shared{st}, Now: func() time.Time { return clock }})
		go func() { done <- bt.Run(ctx, w.network) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return w
	}
	one, two := replica(), replica()
	group := bot.Chat{Network: "memory", ID: "g"}
	from := func(w *world, who, text string) bot.Reply {
		return w.say(t, bot.Message{Chat: group, Kind: bot.Group, From: who, Text: text, Hint: "en"})
	}
	from(one, "asker-1", "How long did the second round last?")
	from(two, "asker-2", "Who is Umerov?")
	if r := from(two, "asker-1", "and the third?"); r.Fact != "r3-duration" {
		t.Errorf("the talk went on with %q", r.Fact)
	}
	if r := from(one, "asker-1", "and the first?"); r.Fact != "r1-duration" {
		t.Errorf("and then with %q", r.Fact)
	}
	talks := func() int {
		h, err := st.Holding(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		return h.Talks
	}
	if n := talks(); n != 2 {
		t.Errorf("%d talks", n)
	}
	two.say(t, bot.Message{Chat: group, Kind: bot.Group, From: "asker-1", Command: "forget"})
	if n := talks(); n != 1 {
		t.Errorf("%d talks after one of two was forgotten", n)
	}
	if r := from(one, "asker-1", "and the third?"); r.Fact == "r3-duration" {
		t.Error("a forgotten talk went on")
	}
}
