package matrix

import (
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
)

func TestADirectChatIsAnsweredInPlainAndEncryptedRooms(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	for _, encrypted := range []bool{false, true} {
		room := r.with(p, encrypted)
		reply := p.Reply(t, p.Say(t, room, "When did they meet?"))
		c := reply.Content.AsMessage()
		want(t, c.Body, "You said: When did they meet?")
		if c.MsgType != event.MsgNotice || c.FormattedBody == "" {
			t.Errorf("not a notice with HTML: %q", c.MsgType)
		}
		if c.Mentions == nil || c.Mentions.Room || len(c.Mentions.UserIDs) != 1 || c.Mentions.UserIDs[0] != p.UserID {
			t.Errorf("mentions %+v, want the asker alone", c.Mentions)
		}
		if was := reply.Mautrix.EventSource&event.SourceDecrypted != 0; was != encrypted {
			t.Errorf("reply encrypted: %v, room encrypted: %v", was, encrypted)
		}
	}
}

func TestRoomsAreSilentUnlessTheBotIsAddressed(t *testing.T) {
	r := newRobot(t).start()
	p, q := person(t, "alice"), person(t, "bob")
	room := p.Room(t, false, r.id, q.UserID.String())
	if _, err := q.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	p.AwaitMember(t, room, r.id)
	p.AwaitMember(t, room, q.UserID.String())
	first := p.Reply(t, p.Say(t, room, "!parley what is this"))
	pill := `<a href="https://matrix.to/#/` + r.id + `">Bot</a>: who met?`
	for said, c := range map[string]any{
		"who won?":     &event.MessageEventContent{MsgType: event.MsgText, Body: "who won?", Mentions: &event.Mentions{UserIDs: []id.UserID{id.UserID(r.id)}}},
		"who met?":     &event.MessageEventContent{MsgType: event.MsgText, Body: "Bot: who met?", Format: event.FormatHTML, FormattedBody: pill},
		"by name":      &event.MessageEventContent{MsgType: event.MsgText, Body: r.name + ": by name"},
		"by id":        &event.MessageEventContent{MsgType: event.MsgText, Body: r.id + " by id"},
		"go on":        &event.MessageEventContent{MsgType: event.MsgText, Body: "go on", RelatesTo: (&event.RelatesTo{}).SetReplyTo(first.ID)},
		"command help": &event.MessageEventContent{MsgType: event.MsgText, Body: "!parley help"},
	} {
		if got := bodyOf(p.Reply(t, p.Tell(t, room, c))); got != "You said: "+said && got != "You said: "+said+" " {
			t.Errorf("answered %q, want %q", got, said)
		}
	}
	unheard := []id.EventID{
		p.Say(t, room, "who won?"),
		p.Say(t, room, "> <"+r.id+"> quoted\n\nspoofed fallback"),
		p.Tell(t, room, &event.MessageEventContent{MsgType: event.MsgNotice, Body: r.name + ": a bot says"}),
		p.Tell(t, room, &event.MessageEventContent{MsgType: event.MsgText, Body: "x", Format: event.FormatHTML,
			FormattedBody: `<mx-reply><a href="https://matrix.to/#/` + r.id + `">Bot</a></mx-reply>quoted pill`}),
		p.Tell(t, room, map[string]any{"msgtype": "m.text", "body": 7, "m.mentions": "all", "m.relates_to": []int{1}}),
	}
	p.Reply(t, p.Say(t, room, "!parley last"))
	for _, q := range unheard {
		if len(p.Seen(matrixtest.RepliesTo(q))) > 0 {
			t.Errorf("answered what was not for the bot: %s", q)
		}
	}
}

func TestAQuestionInAThreadIsAnsweredInIt(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	for _, encrypted := range []bool{false, true} {
		room := r.with(p, encrypted)
		root := p.Say(t, room, "A thread")
		q := p.Tell(t, room, &event.MessageEventContent{MsgType: event.MsgText, Body: "in it?",
			RelatesTo: (&event.RelatesTo{}).SetThread(root, root)})
		if got := p.Reply(t, q).Content.AsMessage().RelatesTo.GetThreadParent(); got != root {
			t.Errorf("answered in thread %q, want %q", got, root)
		}
	}
}

func TestChoicesArePickedByReplyByNumberAndByReaction(t *testing.T) {
	r := newRobot(t)
	r.answer = offering
	r.start()
	p := person(t, "alice")
	room := r.with(p, true)
	offer := p.Reply(t, p.Say(t, room, "which?"))
	want(t, bodyOf(offer), "1. The first\n2. The second")
	reply := p.Tell(t, room, &event.MessageEventContent{MsgType: event.MsgText, Body: "2", RelatesTo: (&event.RelatesTo{}).SetReplyTo(offer.ID)})
	want(t, bodyOf(p.Reply(t, reply)), "chose second-fact")

	p.Reply(t, p.Say(t, room, "which again?"))
	want(t, bodyOf(p.Reply(t, p.Say(t, room, "1"))), "chose first-fact")

	if _, err := p.SendReaction(t.Context(), room, offer.ID, "2️⃣"); err != nil {
		t.Fatal(err)
	}
	p.Wait(t, "the answer to the reaction", func(e *event.Event) bool {
		return matrixtest.RepliesTo(offer.ID)(e) && bodyOf(e) == "You said: chose second-fact"
	})
}

func TestAnEditedQuestionEditsTheAnswer(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	for _, encrypted := range []bool{false, true} {
		room := r.with(p, encrypted)
		q := p.Say(t, room, "Wehn?")
		answer := p.Reply(t, q)
		edit := &event.MessageEventContent{MsgType: event.MsgText, Body: "When?"}
		edit.SetEdit(q)
		p.Tell(t, room, edit)
		got := p.Wait(t, "the edit", func(e *event.Event) bool {
			return e.Type == event.EventMessage && e.RoomID == room && e.Sender == id.UserID(r.id) && e.Content.AsMessage().RelatesTo.GetReplaceID() == answer.ID
		})
		want(t, got.Content.AsMessage().NewContent.Body, "You said: When?")
	}
}

func TestPinsOfOthersSurvive(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	room := r.with(p, false)
	answer := p.Reply(t, p.Say(t, room, "pin this"))
	chat := chatOf(room)
	if err := r.a.Pin(t.Context(), chat, answer.ID.String()); err == nil {
		t.Fatal("pinned without power")
	} else {
		want(t, err.Error(), "may not pin")
	}
	if _, err := p.SendStateEvent(t.Context(), room, event.StatePowerLevels, "", map[string]any{
		"users": map[string]int{p.UserID.String(): 100, r.id: 50}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SendStateEvent(t.Context(), room, event.StatePinnedEvents, "", map[string]any{"pinned": []string{"$theirs"}}); err != nil {
		t.Fatal(err)
	}
	pinned := func() (ids []id.EventID) {
		var c event.PinnedEventsEventContent
		if err := p.StateEvent(t.Context(), room, event.StatePinnedEvents, "", &c); err != nil {
			t.Fatal(err)
		}
		return c.Pinned
	}
	if err := r.a.Pin(t.Context(), chat, answer.ID.String()); err != nil {
		t.Fatal(err)
	}
	if got := pinned(); len(got) != 2 || got[0] != "$theirs" || got[1] != answer.ID {
		t.Errorf("pinned %v", got)
	}
	if err := r.a.Unpin(t.Context(), chat, answer.ID.String()); err != nil {
		t.Fatal(err)
	}
	if got := pinned(); len(got) != 1 || got[0] != "$theirs" {
		t.Errorf("pinned %v after unpinning", got)
	}
}

// As matrix-js-sdk and others do, which leave the relation out inside.
func TestTheRelationOfAnEncryptedMessageIsReadFromItsOutside(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	room := r.with(p, true)
	root := p.Say(t, room, "A thread")
	answer := p.Reply(t, root)
	tell := func(c *event.MessageEventContent, rel *event.RelatesTo) id.EventID {
		sealed, err := p.Crypto.Encrypt(t.Context(), room, event.EventMessage, c)
		if err != nil {
			t.Fatal(err)
		}
		sealed.RelatesTo = rel
		resp, err := p.SendMessageEvent(t.Context(), room, event.EventEncrypted, sealed)
		if err != nil {
			t.Fatal(err)
		}
		return resp.EventID
	}
	q := tell(&event.MessageEventContent{MsgType: event.MsgText, Body: "in it?"}, (&event.RelatesTo{}).SetThread(root, root))
	if got := p.Reply(t, q).Content.AsMessage().RelatesTo.GetThreadParent(); got != root {
		t.Errorf("answered in thread %q, want %q", got, root)
	}
	tell(&event.MessageEventContent{MsgType: event.MsgText, Body: "* Another", NewContent: &event.MessageEventContent{
		MsgType: event.MsgText, Body: "Another"}}, (&event.RelatesTo{}).SetReplace(root))
	p.Wait(t, "the edit", func(e *event.Event) bool {
		return e.Type == event.EventMessage && e.Sender == id.UserID(r.id) && e.Content.AsMessage().RelatesTo.GetReplaceID() == answer.ID
	})
}
