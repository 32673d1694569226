package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
)

// rooms are rooms of one moderator on a real homeserver.
type rooms struct {
	*matrixtest.Person
	t     *testing.T
	bot   string
	proxy *matrixtest.Proxy // between the bot and the homeserver
}

// newRooms makes a homeserver and has the settings name it.
func newRooms(t *testing.T) *rooms {
	t.Helper()
	hs, dir := matrixtest.Start(t), t.TempDir()
	r := &rooms{t: t, proxy: matrixtest.NewProxy(t, hs), bot: hs.Register(t, "parley")}
	for key, value := range map[string]string{
		"HOMESERVER": r.proxy.URL, "USER": "parley", "PASSWORD": matrixtest.Password,
		"RECOVERY_KEY_FILE": filepath.Join(dir, "recovery.key"), "PICKLE_KEY_FILE": filepath.Join(dir, "pickle.key"),
	} {
		t.Setenv("PARLEY_MATRIX_"+key, value)
	}
	r.Person = matrixtest.NewPerson(t, hs, "alice")
	return r
}

// room is a room in which the bot may pin, has pinned, and tells what changes.
func (r *rooms) room(encrypted bool) id.RoomID {
	r.t.Helper()
	room := r.Room(r.t, encrypted, r.bot)
	r.AwaitMember(r.t, room, r.bot)
	r.empower(room)
	r.Say(r.t, room, "!parley pin")
	r.Reply(r.t, r.Say(r.t, room, "!parley subscribe"))
	r.await(room, "a pinned card", func(w wall) bool { return len(w.pinned) == 1 })
	return room
}

// empower gives the bot the power to pin.
func (r *rooms) empower(room id.RoomID) {
	r.t.Helper()
	levels := map[string]any{"users": map[string]int{r.UserID.String(): 100, r.bot: 50}}
	if _, err := r.SendStateEvent(r.t.Context(), room, event.StatePowerLevels, "", levels); err != nil {
		r.t.Fatal(err)
	}
}

// wall is what a room shows of the bot's own accord.
type wall struct {
	cards  []string
	pinned []string // of the cards
	others int      // pins of anything else
	news   string
}

// look reads a room as a client shows it: each message as its last edit has it.
func (r *rooms) look(room id.RoomID) (w wall) {
	var order []id.EventID
	text := map[id.EventID]string{}
	for _, e := range r.Seen(func(e *event.Event) bool {
		return e.RoomID == room && e.Sender == id.UserID(r.bot) && e.Type == event.EventMessage
	}) {
		c := e.Content.AsMessage()
		if of := c.RelatesTo.GetReplaceID(); of != "" {
			if _, known := text[of]; known && c.NewContent != nil {
				text[of] = c.NewContent.Body
			}
		} else if c.RelatesTo.GetReplyTo() == "" {
			order = append(order, e.ID)
			text[e.ID] = c.Body
		}
	}
	var pins event.PinnedEventsEventContent
	_ = r.StateEvent(r.t.Context(), room, event.StatePinnedEvents, "", &pins) // there may be none
	for _, m := range order {
		switch isCard := strings.HasPrefix(text[m], "Schedule of"); {
		case isCard:
			w.cards = append(w.cards, text[m])
			if slices.Contains(pins.Pinned, m) {
				w.pinned = append(w.pinned, text[m])
			}
		case strings.Contains(text[m], "ev-"):
			w.news += text[m] + "\n"
		}
	}
	w.others = len(pins.Pinned) - len(w.pinned)
	return w
}

func (r *rooms) await(room id.RoomID, what string, holds func(wall) bool) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if holds(r.look(room)) {
			return
		}
	}
	r.t.Fatalf("no %s: %+v", what, r.look(room))
}

// misbehave lets a share of the bot's requests fail, each in its own way.
func (r *rooms) misbehave(chance func() float64) {
	r.proxy.On(func(req *http.Request) matrixtest.Fault {
		if req.Method != http.MethodPut {
			return matrixtest.Fault{}
		}
		switch x := chance(); {
		case x < 0.05:
			return matrixtest.Fault{CutBefore: true}
		case x < 0.13:
			return matrixtest.Fault{CutAfter: true}
		case x < 0.18:
			return matrixtest.Fault{Status: http.StatusBadGateway}
		case x < 0.21:
			return matrixtest.Fault{Status: http.StatusTooManyRequests, Body: `{"errcode":"M_LIMIT_EXCEEDED","error":"slower","retry_after_ms":300}`}
		}
		return matrixtest.Fault{}
	})
}

func TestARoomThatIsUpgradedKeepsItsScheduleAndNews(t *testing.T) {
	for name, encrypted := range map[string]bool{"plain": false, "encrypted": true} {
		t.Run(name, func(t *testing.T) {
			r, b := newRooms(t), newBase(t)
			t.Setenv("PARLEY_STORE_URL", filepath.Join(t.TempDir(), "parley.db"))
			t.Setenv("PARLEY_FACTS_DIR", b.dir)
			defer begin(t)()
			old := r.room(encrypted)
			req := &mautrix.ReqCreateRoom{Preset: "public_chat"}
			if encrypted {
				req.InitialState = []*event.Event{{Type: event.StateEncryption,
					Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}}}}
			}
			resp, err := r.CreateRoom(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			r.empower(resp.RoomID)
			if _, err := r.SendStateEvent(t.Context(), old, event.StateTombstone, "",
				&event.TombstoneEventContent{Body: "moved", ReplacementRoom: resp.RoomID}); err != nil {
				t.Fatal(err)
			}
			r.await(resp.RoomID, "card pinned in the new room", func(w wall) bool { return len(w.pinned) == 1 })
			b.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
			b.save()
			told := func(w wall) bool {
				return len(w.cards) == 1 && strings.Contains(w.cards[0], "5 January 2027") && strings.Count(w.news, "en ev-rome-announced") == 1
			}
			r.await(resp.RoomID, "news in the new room", told)
			if w := r.look(old); strings.Contains(fmt.Sprint(w), "ev-rome") {
				t.Errorf("told in the old room: %+v", w)
			}
		})
	}
}
