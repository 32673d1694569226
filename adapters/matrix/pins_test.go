package matrix

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/bot"
)

func pinnedIn(t *testing.T, p *matrixtest.Person, room id.RoomID) []id.EventID {
	t.Helper()
	var c event.PinnedEventsEventContent
	if err := p.StateEvent(t.Context(), room, event.StatePinnedEvents, "", &c); err != nil {
		t.Fatal(err)
	}
	return c.Pinned
}

// Others write between the bot's reading and its writing, several times in a
// row: what they pinned and unpinned holds, and so does the bot's pin.
func TestTwoWhoPinWhileTheBotDoesUndoNothingAndAreNotUndone(t *testing.T) {
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p, q := person(t, "alice"), person(t, "bob")
	room := r.with(p, false, q.UserID.String())
	if _, err := q.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	powers(t, p, room, nil, map[string]int{q.UserID.String(): 50, r.id: 50})
	answer := p.Reply(t, p.Say(t, room, "!parley pin this")).ID
	set := func(who *matrixtest.Person, ids ...id.EventID) {
		if _, err := who.SendStateEvent(t.Context(), room, event.StatePinnedEvents, "", &event.PinnedEventsEventContent{Pinned: ids}); err != nil {
			t.Error(err)
		}
	}
	set(p, "$old", "$older")
	writes := 0
	proxy.On(func(req *http.Request) matrixtest.Fault {
		if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "m.room.pinned_events") {
			switch writes++; writes {
			case 1:
				set(p, "$older", "$alice") // pins one and unpins one
			case 2:
				set(q, append(pinnedIn(t, q, room), "$bob")...)
			}
		}
		return matrixtest.Fault{}
	})
	if err := r.a.Pin(t.Context(), chatOf(room), answer.String()); err != nil {
		t.Fatal(err)
	}
	got := pinnedIn(t, p, room)
	for _, e := range []id.EventID{"$older", "$alice", "$bob", answer} {
		if !slices.Contains(got, e) {
			t.Errorf("%s is not pinned: %v", e, got)
		}
	}
	if slices.Contains(got, "$old") {
		t.Errorf("what was unpinned is back: %v", got)
	}
	if writes < 2 {
		t.Errorf("only %d writes: this proves nothing", writes)
	}
}

func TestThePinOfAMessageIsVerified(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	for _, encrypted := range []bool{false, true} {
		room := r.with(p, encrypted)
		powers(t, p, room, nil, map[string]int{r.id: 50})
		answer := p.Reply(t, p.Say(t, room, "pin this")).ID.String()
		state := func(want bot.PinState) {
			t.Helper()
			if got, err := r.a.PinState(t.Context(), chatOf(room), answer, bot.Reply{}); err != nil || got != want {
				t.Errorf("state %v, %v; want %v", got, err, want)
			}
		}
		state(bot.PinAway)
		if err := r.a.Pin(t.Context(), chatOf(room), answer); err != nil {
			t.Fatal(err)
		}
		state(bot.PinStands)
		if _, err := p.RedactEvent(t.Context(), room, id.EventID(answer)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a message that was deleted is lost", func() bool {
			_, err := r.a.PinState(t.Context(), chatOf(room), answer, bot.Reply{})
			return errors.Is(err, bot.ErrLost)
		})
	}
}

func TestChangesOfPinsAreMerged(t *testing.T) {
	c := pinChange{"$ours": true}
	c.since([]id.EventID{"$a", "$b"}, []id.EventID{"$b", "$c"})
	if got := c.apply([]id.EventID{"$a", "$b", "$ours"}); !slices.Equal(got, []id.EventID{"$b", "$ours", "$c"}) {
		t.Errorf("%v", got)
	}
}
