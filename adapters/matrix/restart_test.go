package matrix

import (
	"context"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/bot"
	"parley/bot/store/storetest"
)

// again stops the bot and starts it as another process would be: all that it
// remembers is in the store.
func (r *robot) again() {
	r.t.Helper()
	r.stop()
	r.start()
}

func TestAnEditAfterARestartEditsTheAnswer(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	for _, encrypted := range []bool{false, true} {
		room := r.with(p, encrypted)
		root := p.Say(t, room, "A thread")
		q := p.Tell(t, room, &event.MessageEventContent{MsgType: event.MsgText, Body: "Wehn?", RelatesTo: (&event.RelatesTo{}).SetThread(root, root)})
		answer := p.Reply(t, q)
		r.again()
		edit := &event.MessageEventContent{MsgType: event.MsgText, Body: "When?"}
		edit.SetEdit(q)
		p.Tell(t, room, edit)
		got := p.Wait(t, "the edit", func(e *event.Event) bool {
			return e.Type == event.EventMessage && e.RoomID == room && e.Sender == id.UserID(r.id) && e.Content.AsMessage().RelatesTo.GetReplaceID() == answer.ID
		})
		want(t, got.Content.AsMessage().NewContent.Body, "You said: When?")
	}
}

func TestNobodyEditsTheQuestionOfAnotherAfterARestart(t *testing.T) {
	r := newRobot(t).start()
	p, q := person(t, "alice"), person(t, "bob")
	room := r.with(p, false, q.UserID.String())
	if _, err := q.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	asked := p.Say(t, room, "!parley mine")
	answer := p.Reply(t, asked)
	r.again()
	edit := &event.MessageEventContent{MsgType: event.MsgText, Body: "!parley theirs"}
	edit.SetEdit(asked)
	q.Tell(t, room, edit)
	p.Reply(t, p.Say(t, room, "!parley last"))
	if n := len(p.Seen(func(e *event.Event) bool {
		return e.Type == event.EventMessage && e.Sender == id.UserID(r.id) && e.Content.AsMessage().RelatesTo.GetReplaceID() == answer.ID
	})); n > 0 {
		t.Error("somebody else changed the answer")
	}
}

func TestChoicesArePickedAfterARestart(t *testing.T) {
	r := newRobot(t)
	r.answer = offering
	r.start()
	p := person(t, "alice")
	for _, encrypted := range []bool{false, true} {
		room := r.with(p, encrypted)
		offer := p.Reply(t, p.Say(t, room, "which?"))
		r.again()
		want(t, bodyOf(p.Reply(t, p.Say(t, room, "1"))), "chose first-fact")
		r.again()
		reply := p.Tell(t, room, &event.MessageEventContent{MsgType: event.MsgText, Body: "2", RelatesTo: (&event.RelatesTo{}).SetReplyTo(offer.ID)})
		want(t, bodyOf(p.Reply(t, reply)), "chose second-fact")
		r.again()
		if _, err := p.SendReaction(t.Context(), room, offer.ID, "2️⃣"); err != nil {
			t.Fatal(err)
		}
		p.Wait(t, "the answer to the reaction", func(e *event.Event) bool {
			return matrixtest.RepliesTo(offer.ID)(e) && bodyOf(e) == "You said: chose second-fact"
		})
	}
}

func TestPostgreSQLHoldsKeysSessionsAndAnswers(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, where string) {
		r := newRobot(t)
		r.openStore(where)
		r.answer = offering
		r.start()
		p := person(t, "alice")
		p.RefuseUnsigned()
		plain, secret := r.with(p, false), r.with(p, true)
		offer := p.Reply(t, p.Say(t, secret, "which?"))
		device := r.a.client.DeviceID
		r.stop()
		asked := map[id.RoomID][]id.EventID{}
		for range 30 {
			for _, room := range []id.RoomID{plain, secret} {
				asked[room] = append(asked[room], p.Say(t, room, "while you were away"))
			}
		}
		r.start()
		if r.a.client.DeviceID != device {
			t.Error("a new device after a restart")
		}
		for room, qs := range asked {
			once(t, p, room, qs...)
		}
		reply := p.Tell(t, secret, &event.MessageEventContent{MsgType: event.MsgText, Body: "2", RelatesTo: (&event.RelatesTo{}).SetReplyTo(offer.ID)})
		want(t, bodyOf(p.Reply(t, reply)), "chose second-fact")
	})
}

// The process is killed when its offer is in the room and its store does not
// know yet.
func TestAnOfferIsKnownAgainThoughTheBotWasKilledRightAfterSendingIt(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		r := newRobot(t)
		r.answer = offering
		r.start()
		p := person(t, "alice")
		room := r.with(p, encrypted)
		sent := make(chan struct{})
		r.before = func(ctx context.Context, m bot.Message) error {
			if m.Text != "which?" {
				return nil
			}
			answer, err := r.a.Send(ctx, m.Chat, offering(m))
			if err != nil {
				return err
			}
			if _, err := r.store.DB().Exec(`DELETE FROM said WHERE message = $1`, answer); err != nil {
				return err
			}
			close(sent)
			<-ctx.Done()
			return ctx.Err()
		}
		q := p.Say(t, room, "which?")
		<-sent
		r.stop()
		r.before = nil
		r.start()
		offer := p.Reply(t, q)
		reply := p.Tell(t, room, &event.MessageEventContent{MsgType: event.MsgText, Body: "2", RelatesTo: (&event.RelatesTo{}).SetReplyTo(offer.ID)})
		want(t, bodyOf(p.Reply(t, reply)), "chose second-fact")
		edit := &event.MessageEventContent{MsgType: event.MsgText, Body: "Which one?"}
		edit.SetEdit(q)
		p.Tell(t, room, edit)
		p.Wait(t, "the edit", func(e *event.Event) bool {
			return e.Type == event.EventMessage && e.RoomID == room && e.Sender == id.UserID(r.id) && e.Content.AsMessage().RelatesTo.GetReplaceID() == offer.ID
		})
		if n := len(p.Seen(matrixtest.RepliesTo(q))); n != 1 {
			t.Errorf("the question has %d answers", n)
		}
	}
}
