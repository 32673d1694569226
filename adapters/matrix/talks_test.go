package matrix

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/adaptertest"
	"parley/answers"
	"parley/bot"
)

// whole runs a bot as people have it: the facts, the lanes, the store.
func whole(t *testing.T) *robot {
	t.Helper()
	book, err := answers.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	r := newRobot(t, func(c *Config) {
		c.Commands = nil
		for _, k := range bot.Commands() {
			c.Commands = append(c.Commands, k.Name)
		}
	})
	if r.a, err = New(r.cfg); err != nil {
		t.Fatal(err)
	}
	b := bot.New(bot.Options{Book: book, Keeper: r.store})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, r.a) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

var slash = regexp.MustCompile(`^/`)

func TestTheTalksRunInRoomsPlainAndEncrypted(t *testing.T) {
	r := whole(t)
	for name, encrypted := range map[string]bool{"plain": false, "encrypted": true} {
		t.Run(name, func(t *testing.T) {
			adaptertest.Run(t, func(t *testing.T) func(string) string {
				p := person(t, "alice")
				room := p.Room(t, encrypted, r.id)
				p.AwaitMember(t, room, r.id)
				return func(text string) string {
					said := bodyOf(p.Reply(t, p.Say(t, room, slash.ReplaceAllString(text, "!parley "))))
					return strings.ReplaceAll(strings.ReplaceAll(said, "!parley ", "/"), "\u00a0", " ")
				}
			})
		})
	}
}

func TestTheBotLeavesWhenSomebodyWhoMayTellsItTo(t *testing.T) {
	r := whole(t)
	p, guest := person(t, "alice"), person(t, "guest")
	room := p.Room(t, true, r.id, guest.UserID.String())
	if _, err := guest.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	p.AwaitMember(t, room, r.id)
	p.AwaitMember(t, room, guest.UserID.String())
	guest.AwaitMember(t, room, r.id)
	want(t, bodyOf(p.Reply(t, p.Say(t, room, "!parley lang uk"))), "українською")
	want(t, bodyOf(guest.Reply(t, guest.Say(t, room, "!parley leave"))), "вилучати інших")
	p.Say(t, room, "!parley leave")
	p.Wait(t, "it to leave", func(e *event.Event) bool {
		return e.RoomID == room && e.Type == event.StateMember && e.GetStateKey() == r.id && e.Content.AsMember().Membership == event.MembershipLeave
	})
	r.awaitForgotten(room)
}

// awaitForgotten waits until nothing is kept of a room.
func (r *robot) awaitForgotten(room id.RoomID) {
	r.t.Helper()
	eventually(r.t, "nothing is kept of the room", func() bool {
		code, err := r.store.Language(r.t.Context(), Network, room.String())
		said, e := r.store.LastSaid(r.t.Context(), chatOf(room))
		return err == nil && e == nil && code == "" && said == nil
	})
}
