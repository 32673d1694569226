package matrix

import (
	"errors"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/answers/markup"
	"parley/bot"
)

// powers sets the levels of a room; p keeps all of them.
func powers(t *testing.T, p *matrixtest.Person, room id.RoomID, levels map[string]any, users map[string]int) {
	t.Helper()
	all := map[string]int{p.UserID.String(): 100}
	for u, n := range users {
		all[u] = n
	}
	content := map[string]any{"users": all}
	for k, v := range levels {
		content[k] = v
	}
	if _, err := p.SendStateEvent(t.Context(), room, event.StatePowerLevels, "", content); err != nil {
		t.Fatal(err)
	}
}

func TestAMutedBotIsNotTakenForOneThatIsGone(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	for _, encrypted := range []bool{false, true} {
		room := r.with(p, encrypted)
		answer := p.Reply(t, p.Say(t, room, "before"))
		powers(t, p, room, map[string]any{"events_default": 10}, nil)
		say := bot.Reply{Body: markup.Text{markup.Para("hello")}}
		if _, err := r.a.Send(t.Context(), chatOf(room), say); !errors.Is(err, bot.ErrMuted) || errors.Is(err, bot.ErrGone) {
			t.Errorf("a send while muted: %v", err)
		}
		if err := r.a.Edit(t.Context(), chatOf(room), answer.ID.String(), say); !errors.Is(err, bot.ErrMuted) {
			t.Errorf("an edit while muted: %v", err)
		}
		powers(t, p, room, nil, nil)
		once(t, p, room, p.Say(t, room, "after"))
		if _, err := p.KickUser(t.Context(), room, &mautrix.ReqKickUser{UserID: id.UserID(r.id)}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.a.Send(t.Context(), chatOf(room), say); !errors.Is(err, bot.ErrGone) {
			t.Errorf("a send after it was removed: %v", err)
		}
	}
}

func TestWhoMayKickMayRemoveTheBot(t *testing.T) {
	r := newRobot(t).start()
	p, mod, guest := person(t, "alice"), person(t, "mod"), person(t, "guest")
	room := r.with(p, false, mod.UserID.String(), guest.UserID.String())
	powers(t, p, room, nil, map[string]int{mod.UserID.String(): 50, r.id: 50})
	for who, want := range map[*matrixtest.Person]bool{p: true, mod: true, guest: false} {
		if may, err := r.a.MayRemove(t.Context(), chatOf(room), who.UserID.String()); err != nil || may != want {
			t.Errorf("%s: %v, %v", who.UserID, may, err)
		}
	}
	powers(t, p, room, map[string]any{"kick": 60}, map[string]int{mod.UserID.String(): 50})
	if may, err := r.a.MayRemove(t.Context(), chatOf(room), mod.UserID.String()); err != nil || may {
		t.Errorf("with too little power: %v, %v", may, err)
	}
	if err := r.a.Leave(t.Context(), chatOf(room)); err != nil {
		t.Fatal(err)
	}
	p.Wait(t, "it to leave", func(e *event.Event) bool {
		return e.RoomID == room && e.Type == event.StateMember && e.GetStateKey() == r.id && e.Content.AsMember().Membership == event.MembershipLeave
	})
}

// In rooms of version 12 creators are not named among the powers.
func TestCreatorsOfNewerRoomsHaveTheirPower(t *testing.T) {
	r := newRobot(t).start()
	p, guest := person(t, "alice"), person(t, "guest")
	create := func() id.RoomID {
		resp, err := p.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "public_chat", RoomVersion: "12",
			PowerLevelOverride: &event.PowerLevelsEventContent{InvitePtr: ptr(50)}})
		if err != nil {
			t.Fatal(err)
		}
		return resp.RoomID
	}
	old, next := create(), create()
	if _, err := p.InviteUser(t.Context(), old, inviteOf(r)); err != nil {
		t.Fatal(err)
	}
	for _, room := range []id.RoomID{old, next} {
		if _, err := guest.JoinRoomByID(t.Context(), room); err != nil {
			t.Fatal(err)
		}
	}
	p.AwaitMember(t, old, r.id)
	for who, want := range map[*matrixtest.Person]bool{p: true, guest: false} {
		if may, err := r.a.MayRemove(t.Context(), chatOf(old), who.UserID.String()); err != nil || may != want {
			t.Errorf("%s: %v, %v", who.UserID, may, err)
		}
	}
	if _, err := p.SendStateEvent(t.Context(), old, event.StateTombstone, "", &event.TombstoneEventContent{Body: "moved", ReplacementRoom: next}); err != nil {
		t.Fatal(err)
	}
	r.await("that it moved", func(m bot.Message) bool { return m.Command == "moved" && m.Args == next.String() })
}

func ptr[T any](v T) *T { return &v }

func TestAnAccountThatIsDeactivatedEndsTheBotWithWhatToDo(t *testing.T) {
	r := newRobot(t).start()
	r.with(person(t, "alice"), true)
	for _, auth := range []any{nil, map[string]any{"type": "m.login.password", "password": matrixtest.Password,
		"identifier": map[string]string{"type": "m.id.user", "user": r.name}}} {
		_, err := r.a.client.MakeFullRequest(t.Context(), mautrix.FullRequest{Method: "POST", MaxAttempts: 1,
			URL: r.a.client.BuildClientURL("v3", "account", "deactivate"), RequestJSON: map[string]any{"auth": auth}})
		if auth != nil && err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-r.ended:
		r.cancel = nil
		if !errors.Is(err, ErrLoggedOut) && !errors.Is(err, ErrDeactivated) {
			t.Errorf("while it ran: %v", err)
		}
	case <-time.After(40 * time.Second):
		t.Fatal("it goes on")
	}
	if err := r.fails(); !errors.Is(err, ErrPassword) && !errors.Is(err, ErrDeactivated) {
		t.Errorf("at the next start: %v", err)
	}
	for _, err := range []error{ErrLoggedOut, ErrPassword, ErrDeactivated} {
		want(t, err.Error(), "deactivated")
	}
}
