package matrix

import (
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
)

var (
	crowd   = flag.Int("members", 60, "how many members the crowded room has")
	clients = flag.Int("clients", 6, "how many of them have clients")
)

func TestACrowdedEncryptedRoomReadsTheAnswers(t *testing.T) {
	t.Parallel()
	r := newRobot(t).start()
	p := person(t, "alice")
	room := publicRoom(t, p, &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1})
	var readers []*matrixtest.Person
	for range *clients {
		q := person(t, "reader")
		if _, err := q.JoinRoomByID(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		readers = append(readers, q)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := i; n < *crowd-*clients-2; n += 4 {
				if err := server.Join(unique("crowd"), room); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, err := p.InviteUser(t.Context(), room, inviteOf(r)); err != nil {
		t.Fatal(err)
	}
	p.AwaitMember(t, room, r.id)
	start := time.Now()
	first := p.Say(t, room, "!parley how many are we?")
	asked := time.Since(start) // the asker's own client has to find all devices too
	p.Reply(t, first)
	answered := time.Since(start)
	for _, q := range readers {
		q.Reply(t, first)
	}
	start = time.Now()
	second := p.Say(t, room, "!parley and now?")
	p.Reply(t, second)
	t.Logf("%d members, %d clients: first answer %s after the question was out, second %s", *crowd, *clients, answered-asked, time.Since(start))
	for _, q := range append(readers, p) {
		q.Reply(t, second)
		if n := q.Undecrypted(); n > 0 {
			t.Errorf("a member could not read %d messages", n)
		}
	}
}

func publicRoom(t *testing.T, p *matrixtest.Person, encryption *event.EncryptionEventContent) id.RoomID {
	t.Helper()
	resp, err := p.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "public_chat",
		InitialState: []*event.Event{{Type: event.StateEncryption, Content: event.Content{Parsed: encryption}}}})
	if err != nil {
		t.Fatal(err)
	}
	return resp.RoomID
}

// sessionOf is the megolm session that a message was encrypted with.
func sessionOf(t *testing.T, p *matrixtest.Person, room id.RoomID, message id.EventID) string {
	t.Helper()
	evt, err := p.GetEvent(t.Context(), room, message)
	if err != nil {
		t.Fatal(err)
	}
	session, _ := evt.Content.Raw["session_id"].(string)
	if session == "" {
		t.Fatal("not encrypted")
	}
	return session
}

func TestKeysAreRotatedAndWhoLeftGetsNone(t *testing.T) {
	r := newRobot(t).start()
	p, q := person(t, "alice"), person(t, "bob")
	room := publicRoom(t, p, &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1, RotationPeriodMessages: 3})
	if _, err := p.InviteUser(t.Context(), room, inviteOf(r)); err != nil {
		t.Fatal(err)
	}
	p.AwaitMember(t, room, r.id)
	sessions := map[string]bool{}
	ask := func(what string) id.EventID {
		answer := p.Reply(t, p.Say(t, room, "!parley "+what))
		sessions[sessionOf(t, p, room, answer.ID)] = true
		return answer.ID
	}
	for i := range 7 {
		ask(fmt.Sprint("question ", i))
	}
	if n := len(sessions); n < 3 {
		t.Errorf("%d sessions for more than 7 messages, rotated every 3", n)
	}
	if _, err := q.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bot knows of bob", func() bool { return r.a.client.StateStore.IsInRoom(t.Context(), room, q.UserID) })
	p.AwaitMember(t, room, q.UserID.String())
	before := ask("is bob here?")
	q.Wait(t, "the answer", func(e *event.Event) bool { return e.ID == before && e.Type == event.EventMessage })
	if _, err := q.LeaveRoom(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bot knows that bob left", func() bool { return !r.a.client.StateStore.IsInRoom(t.Context(), room, q.UserID) })
	if after := ask("is bob gone?"); sessionOf(t, p, room, before) == sessionOf(t, p, room, after) {
		t.Error("who left could read on")
	}
}

func TestRejoiningAnEncryptedRoomTheBotReadsAndIsRead(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	room := r.with(p, true)
	for n := range 3 {
		once(t, p, room, p.Say(t, room, "before"))
		if _, err := p.KickUser(t.Context(), room, &mautrix.ReqKickUser{UserID: id.UserID(r.id)}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the bot knows that it was removed", func() bool { return !r.a.client.StateStore.IsInRoom(t.Context(), room, id.UserID(r.id)) })
		between := p.Say(t, room, "between")
		if _, err := p.InviteUser(t.Context(), room, inviteOf(r)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the bot is back", func() bool { return r.a.client.StateStore.IsInRoom(t.Context(), room, id.UserID(r.id)) })
		eventually(t, "alice saw it come back", func() bool {
			return len(p.Seen(func(e *event.Event) bool {
				return e.RoomID == room && e.Type == event.StateMember && e.GetStateKey() == r.id && e.Content.AsMember().Membership == event.MembershipJoin
			})) > n+1
		})
		once(t, p, room, p.Say(t, room, "after"))
		if len(p.Seen(matrixtest.RepliesTo(between))) > 0 || p.Undecrypted() > 0 {
			t.Error("answered what was said while it was away, or in a way that cannot be read")
		}
	}
}
