package bot_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/bot"
)

// rounds lets rounds pass on a moved clock, half an hour apart, and does what is due.
func (d *desk) rounds(n int) {
	d.t.Helper()
	for range n {
		d.clock = d.clock.Add(30 * time.Minute)
		if err := d.b.Round(d.t.Context(), 30*time.Minute); err != nil {
			d.t.Fatal(err)
		}
		_, _ = d.try() // what cannot be done now is done later
	}
}

// troubles are what befalls a card.
var troubles = map[string]func(w *wall){
	"deleted":     func(w *wall) { w.messages[w.pinned[0]-1], w.pinned = "", nil },
	"unpinned":    func(w *wall) { w.pinned = nil },
	"edited away": func(w *wall) { w.messages[w.pinned[0]-1] = "something else" },
	"right lost":  func(w *wall) { w.mayPin, w.pinned = false, nil },
}

func TestOverDaysOfRoundsWhatIsDoneToACardIsMendedWithinTheHourAndToldOnce(t *testing.T) {
	d := newDesk(t, rome)
	d.say("1", "pin", "")
	r := rand.New(rand.NewPCG(11, 0))
	names := []string{"deleted", "unpinned", "edited away", "right lost"}
	told := 0
	for d.clock.Before(noon.AddDate(0, 0, 6)) {
		name := names[r.IntN(len(names))]
		w := d.net.wall("1")
		troubles[name](w)
		d.rounds(2)
		if !w.mayPin {
			told++
			d.rounds(r.IntN(20)) // nobody is told again
			card := d.shown("1")
			if !strings.HasPrefix(card[len(card)-2], "Schedule of") || !strings.Contains(card[len(card)-1], "may not pin") {
				t.Fatalf("without the right: %q", card)
			}
			w.mayPin = true
			d.rounds(1)
		}
		want, err := d.b.Look(t.Context(), "en")
		if err != nil {
			t.Fatal(err)
		}
		if got := d.card("1"); got != want {
			t.Fatalf("%s: after an hour the card is %q", name, got)
		}
		// what was said of the right is cleared away, so that the next is the only one
		d.net.mu.Lock()
		for i := range w.messages {
			if !slices.Contains(w.pinned, i+1) {
				if strings.Contains(w.messages[i], "may not pin") {
					told--
				}
				w.messages[i] = ""
			}
		}
		d.net.mu.Unlock()
		d.rounds(r.IntN(10))
	}
	if told != 0 {
		t.Errorf("administrators were told %d times too seldom (or too often, if negative)", told)
	}
}

func TestAChatThatGetsAnotherIDHasItsCardThereWithinTheHour(t *testing.T) {
	d := newDesk(t, rome)
	d.say("1", "pin", "")
	if err := d.st.Move(t.Context(), "board", "1", "9"); err != nil {
		t.Fatal(err)
	}
	d.rounds(1)
	contains(t, d.card("9"), "5 July 2026")
}

func TestAMutedChatPilesUpNoTasksAndIsServedOnceItMayBe(t *testing.T) {
	d := newDesk(t)
	d.say("1", "pin", "")
	d.net.before = func(op string, _ bot.Chat) error {
		if op == "edit" || op == "send" || op == "pin" {
			return bot.ErrMuted
		}
		return nil
	}
	d.change(rome)
	d.rounds(3 * 48)
	if ids, _ := d.due(); len(ids) > 1 {
		t.Errorf("%d tasks wait", len(ids))
	}
	d.net.before = nil
	d.rounds(1)
	contains(t, d.card("1"), "5 July 2026")
	last(t, d.shown("1"), 1)
}
