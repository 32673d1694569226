package bot_test

import (
	"errors"
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
