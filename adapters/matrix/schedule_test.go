package matrix

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/answers"
	"parley/answers/facts"
	"parley/bot"
)

// planned is a base with one meeting for each day.
func planned(t *testing.T, days ...string) *answers.Book {
	t.Helper()
	s := "as_of: 2026-06-16\nevents:\n" + planning("ev-first-held", "held", "2026-05-01")
	for i, day := range days {
		s += planning(fmt.Sprintf("ev-rome-%d", i), "announced", day)
	}
	b, ps := facts.Load(fstest.MapFS{"schedule.yaml": {Data: []byte(s)}})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	bk, err := answers.New(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return bk
}

func planning(id, kind, day string) string {
	text := fmt.Sprintf("{en: %[1]s for %[2]s, uk: %[1]s, ru: %[1]s, tr: %[1]s}", id, day)
	return fmt.Sprintf("  - {id: %s, kind: %s, announced_on: 2026-06-15, for_date: %s, status: confirmed, text: %s, short: %s}\n", id, kind, day, text, text)
}

// run lets the robot be the bot itself, with its commands and announcements.
func (r *robot) run(book *answers.Book) *bot.Bot {
	r.t.Helper()
	for _, c := range bot.Commands() {
		r.cfg.Commands = append(r.cfg.Commands, c.Name)
	}
	a, err := New(r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.a = a
	b := bot.New(bot.Options{Book: book, Keeper: r.store, Log: r.cfg.Log})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.Run(ctx, a) })
	wg.Go(func() { b.Keep(ctx, time.Second) })
	wg.Go(func() {
		if err := r.store.Work(ctx, 8, nil, b.Deliver); err != nil {
			r.t.Error(err)
		}
	})
	r.t.Cleanup(func() { cancel(); wg.Wait() })
	<-a.ready
	return b
}

// shows waits until what a message shows by now contains a text.
func shows(t *testing.T, p *matrixtest.Person, room id.RoomID, message id.EventID, text string) {
	t.Helper()
	p.Wait(t, "an edit that shows "+text, func(e *event.Event) bool {
		c := e.Content.AsMessage()
		return e.RoomID == room && c.RelatesTo.GetReplaceID() == message && c.NewContent != nil && strings.Contains(c.NewContent.Body, text)
	})
}

// card waits for a card that is not one of those before.
func card(t *testing.T, p *matrixtest.Person, room id.RoomID, before ...id.EventID) id.EventID {
	t.Helper()
	return p.Wait(t, "a card", func(e *event.Event) bool {
		for _, b := range before {
			if e.ID == b {
				return false
			}
		}
		return e.RoomID == room && e.Type == event.EventMessage && strings.HasPrefix(e.Content.AsMessage().Body, "Schedule of")
	}).ID
}

func awaitPins(t *testing.T, p *matrixtest.Person, room id.RoomID, want ...id.EventID) {
	t.Helper()
	var got []id.EventID
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var c event.PinnedEventsEventContent
		_ = p.StateEvent(t.Context(), room, event.StatePinnedEvents, "", &c) // none yet
		if got = c.Pinned; fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
	}
	t.Fatalf("pinned: %v, want %v", got, want)
}

func TestAScheduleIsPinnedKeptTrueAndMended(t *testing.T) {
	r := newRobot(t)
	b := r.run(planned(t))
	p, q := person(t, "alice"), person(t, "bob")
	days := []string{}
	for _, encrypted := range []bool{false, true} {
		room := p.Room(t, encrypted, r.id, q.UserID.String())
		p.Wait(t, "the greeting", func(e *event.Event) bool {
			return e.RoomID == room && e.Sender == id.UserID(r.id) && e.Type == event.EventMessage
		})
		if _, err := q.JoinRoomByID(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		p.AwaitMember(t, room, q.UserID.String())
		said := p.Reply(t, p.Say(t, room, "!parley pin")).Content.AsMessage().Body
		if !strings.Contains(said, "Manage pinned events") {
			t.Errorf("without the power: %s", said)
		}
		ours := card(t, p, room)
		powers(t, p, room, nil, map[string]int{r.id: 50})
		if _, err := p.SendStateEvent(t.Context(), room, event.StatePinnedEvents, "", &event.PinnedEventsEventContent{Pinned: []id.EventID{"$rules"}}); err != nil {
			t.Fatal(err)
		}
		awaitPins(t, p, room, "$rules", ours) // as soon as the power is there
		if said := q.Reply(t, q.Say(t, room, "!parley unpin")).Content.AsMessage().Body; !strings.Contains(said, "Only administrators") {
			t.Errorf("somebody without power: %s", said)
		}
		p.Reply(t, p.Say(t, room, "!parley subscribe"))

		days = append(days, fmt.Sprintf("2027-01-%02d", 5+len(days)))
		b.Swap(planned(t, days...))
		shows(t, p, room, ours, fmt.Sprintf("ev-rome-%d", len(days)-1))
		p.Wait(t, "the news", func(e *event.Event) bool {
			return e.RoomID == room && strings.HasPrefix(e.Content.AsMessage().Body, "Date announced")
		})
		if _, err := p.RedactEvent(t.Context(), room, ours); err != nil {
			t.Fatal(err)
		}
		again := card(t, p, room, ours)
		awaitPins(t, p, room, "$rules", again)
		p.Reply(t, p.Say(t, room, "!parley unpin"))
		awaitPins(t, p, room, "$rules")
		shows(t, p, room, again, "No longer kept up to date")
		p.Reply(t, p.Say(t, room, "!parley unsubscribe"))
	}
	if n := len(p.Seen(func(e *event.Event) bool { return strings.HasPrefix(e.Content.AsMessage().Body, "Date announced") })); n != 2 {
		t.Errorf("told %d times", n)
	}
}
