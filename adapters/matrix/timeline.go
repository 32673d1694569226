package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
	"parley/bot/store"
)

// timeline reads what happened in a room, in order. It runs in the room.
func (a *Adapter) timeline(ctx context.Context, b *batch, room id.RoomID, t mautrix.SyncTimeline) {
	events := t.Events
	if t.Limited {
		events = append(a.backfill(ctx, room, t), events...)
	}
	events = a.sinceJoin(events)
	a.noteOwn(ctx, events)
	for _, evt := range events {
		if ctx.Err() != nil {
			return
		}
		a.one(ctx, b, evt)
	}
}

// unread reads what was said in a room while the first sync was under way. What
// is older is history, and so are changes of the room.
func (a *Adapter) unread(ctx context.Context, b *batch, room id.RoomID, t mautrix.SyncTimeline) {
	history := func(evt *event.Event) bool { return time.UnixMilli(evt.Timestamp).Before(a.started) }
	t.Limited = t.Limited && !slices.ContainsFunc(t.Events, history)
	t.Events = slices.DeleteFunc(t.Events, func(evt *event.Event) bool { return history(evt) || evt.StateKey != nil && !a.joins(evt) })
	if len(t.Events) > 0 {
		a.timeline(ctx, b, room, t)
	}
}

// sinceJoin leaves out what was said before the bot joined. Order decides, not
// the clocks of others.
func (a *Adapter) sinceJoin(events []*event.Event) []*event.Event {
	for i, evt := range slices.Backward(events) {
		if a.joins(evt) {
			return events[i:]
		}
	}
	return events
}

// joins tells whether with this event the bot came into the room; changes of
// its name are membership events too.
func (a *Adapter) joins(evt *event.Event) bool {
	return a.ownMember(evt) && membership(evt.Content) == event.MembershipJoin && before(evt) != event.MembershipJoin
}

func (a *Adapter) ownMember(evt *event.Event) bool {
	return evt.Type.Type == event.StateMember.Type && evt.StateKey != nil && *evt.StateKey == a.me.String()
}

func membership(c event.Content) event.Membership {
	s, _ := c.Raw["membership"].(string)
	return event.Membership(s)
}

// before is the membership before an event, "" if there was none.
func before(evt *event.Event) event.Membership {
	if evt.Unsigned.PrevContent == nil {
		return ""
	}
	c := *evt.Unsigned.PrevContent
	if c.Raw == nil && json.Unmarshal(c.VeryRaw, &c.Raw) != nil {
		return ""
	}
	return membership(c)
}

// noteOwn finds the answers among the events: a question that one of the
// bot's messages replies to has been answered, whatever the inbox knows. So an
// answer that went out right before a crash is not sent again.
func (a *Adapter) noteOwn(ctx context.Context, events []*event.Event) {
	for _, evt := range events {
		if evt.Sender != a.me {
			continue
		}
		a.past.ours.put(evt.ID.String(), true)
		to := decodeContent(evt.Content.VeryRaw).replyTo
		if to == "" || a.rooms.pending(to) {
			continue
		}
		if st, err := a.cfg.Store.Update(ctx, Network, to); err != nil || st == store.Done {
			continue
		}
		a.found(ctx, evt, to)
		a.mark(ctx, to, store.Done)
	}
}

// one deals with one event.
func (a *Adapter) one(ctx context.Context, b *batch, evt *event.Event) {
	switch evt.Type.Type {
	case event.StateMember.Type:
		a.memberChanged(ctx, b, evt)
	case event.StateTombstone.Type:
		if evt.StateKey != nil && *evt.StateKey == "" {
			a.upgraded(ctx, b, evt)
		}
	case event.EventEncrypted.Type, event.EventMessage.Type, event.EventReaction.Type, event.EventSticker.Type:
		if evt.StateKey == nil && evt.Sender != a.me && !a.tooOld(evt) {
			a.hears(ctx, b, evt)
		}
	}
}

// tooOld tells whether an event is from before the first start, or has waited
// too long for an answer to be of use.
func (a *Adapter) tooOld(evt *event.Event) bool {
	at := time.UnixMilli(evt.Timestamp)
	return at.Before(a.started.Add(-clockSkew)) || a.now().Sub(at) > a.cfg.MaxAge
}

// now is the time by the homeserver's clock: how old its events are does not depend
// on ours.
func (a *Adapter) now() time.Time { return time.Now().Add(time.Duration(a.traffic.ahead.Load())) }

// clockSkew is how much the clock of another homeserver may be behind.
const clockSkew = 10 * time.Second

// hears deals with a message, decrypting it if need be.
func (a *Adapter) hears(ctx context.Context, b *batch, evt *event.Event) {
	ctx = bot.WithOrigin(ctx, bot.Origin{Chat: bot.Chat{Network: Network, ID: evt.RoomID.String()}, ID: evt.ID.String()})
	a.log.DebugContext(ctx, "event taken")
	if evt.Type.Type != event.EventEncrypted.Type {
		a.understand(ctx, b, evt, decodeContent(evt.Content.VeryRaw))
		return
	}
	if st, err := a.cfg.Store.Update(ctx, Network, evt.ID.String()); err == nil && st == store.Done {
		return
	}
	a.decrypt(ctx, b, evt)
}

// backfill fetches what a cut timeline left out, oldest first: back to the
// bot's join, or to what is too old to be answered.
func (a *Adapter) backfill(ctx context.Context, room id.RoomID, t mautrix.SyncTimeline) []*event.Event {
	var older []*event.Event // newest first
	seen := make(map[id.EventID]bool, len(t.Events))
	for _, evt := range t.Events {
		seen[evt.ID] = true
		if a.joins(evt) {
			return nil
		}
	}
	types := &mautrix.FilterPart{Types: append(messageTypes[:len(messageTypes):len(messageTypes)], event.StateMember, event.StateTombstone)}
	for from := t.PrevBatch; from != "" && len(older) < maxBackfill; {
		resp, err := persistent(ctx, a.retry, func() (*mautrix.RespMessages, error) {
			return a.client.Messages(ctx, room, from, "", mautrix.DirectionBackward, types, timelineLimit)
		})
		if err != nil {
			a.log.WarnContext(ctx, "a gap in a room was not filled", "room", room, "err", harmless(err))
			break
		}
		for _, evt := range resp.Chunk {
			if evt == nil || seen[evt.ID] {
				continue
			}
			seen[evt.ID] = true
			if a.tooOld(evt) && !a.ownMember(evt) {
				return a.filled(room, older)
			}
			older = append(older, evt)
			if a.joins(evt) {
				return a.filled(room, older)
			}
		}
		if resp.End == from {
			break
		}
		from = resp.End
	}
	return a.filled(room, older)
}

// maxBackfill is how many events are fetched for one gap at the most.
const maxBackfill = 5000

func (a *Adapter) filled(room id.RoomID, newestFirst []*event.Event) []*event.Event {
	a.stats.backfilled.Add(int64(len(newestFirst)))
	slices.Reverse(newestFirst)
	for _, evt := range newestFirst {
		evt.RoomID = room
		evt.Type.Class = event.MessageEventType
		if evt.StateKey != nil {
			evt.Type.Class = event.StateEventType
		}
	}
	return newestFirst
}

// emit hands a message to the bot, once in its life. The batch stays open
// until the bot has dealt with it.
func (a *Adapter) emit(ctx context.Context, b *batch, m bot.Message) {
	st, err := a.cfg.Store.Update(ctx, Network, m.ID)
	if err != nil {
		a.log.ErrorContext(ctx, "inbox not read", "err", err)
		return
	}
	if st == store.Done || !a.rooms.begin(m.ID) {
		return
	}
	if st == store.Sending {
		a.stats.uncertain.Add(1)
		if a.arrived(ctx, m) {
			a.rooms.end(m.ID)
			a.mark(ctx, m.ID, store.Done)
			return
		}
	}
	a.ledger.hold(b)
	done := func(err error) { a.dealtWith(ctx, b, m, err) }
	if err := a.handle(ctx, m, done); err != nil && !interrupted(ctx, err) {
		a.log.ErrorContext(ctx, "a message was not taken", "event", m.ID, "err", err)
		done(nil)
	}
}

// arrived tells whether an answer that was being sent when the bot ended is in
// the room. The transaction id alone does not settle it: some homeservers know
// a transaction only once it has ended, and the request of the process before
// may be under way still.
func (a *Adapter) arrived(ctx context.Context, m bot.Message) bool {
	if q, ok := a.past.questions.get(m.ID); !ok || q.quote != m.ID {
		return false // nothing that replies to it alone
	}
	if !sleep(ctx, time.Until(a.running.Add(a.settle))) {
		return false
	}
	types := &mautrix.FilterPart{Types: messageTypes}
	resp, err := a.client.Messages(ctx, id.RoomID(m.Chat.ID), "", "", mautrix.DirectionBackward, types, timelineLimit)
	if err != nil {
		return false
	}
	for _, evt := range resp.Chunk {
		if evt != nil && evt.Sender == a.me && decodeContent(evt.Content.VeryRaw).replyTo == m.ID {
			a.past.ours.put(evt.ID.String(), true)
			evt.RoomID = id.RoomID(m.Chat.ID)
			a.found(ctx, evt, m.ID)
			return true
		}
	}
	return false
}

// dealtWith notes that a message needs nothing more. What was interrupted is
// left as it is: the next start hears it again. What the homeserver was not there
// for is answered once it is.
func (a *Adapter) dealtWith(ctx context.Context, b *batch, m bot.Message, err error) {
	if !a.rooms.end(m.ID) {
		return // called twice
	}
	switch {
	case err == nil:
	case interrupted(ctx, err):
		return
	case a.worthAnother(m, err):
		a.log.WarnContext(ctx, "a message could not be answered yet", "event", m.ID, "err", harmless(err))
		a.rooms.beside(func() {
			if sleep(ctx, jitter(a.again)) {
				a.emit(ctx, b, m)
				a.ledger.release(b)
			}
		})
		return
	default:
		a.log.WarnContext(ctx, "a message could not be answered", "event", m.ID, "err", harmless(err))
	}
	if a.mark(context.WithoutCancel(ctx), m.ID, store.Done) {
		a.ledger.release(b)
	}
}

// worthAnother tells whether an answer may get through later, and still be of use.
func (a *Adapter) worthAnother(m bot.Message, err error) bool {
	busy := bot.Busy{}
	later := errors.Is(err, bot.ErrUncertain) || errors.As(err, &busy) || errors.Is(err, context.DeadlineExceeded)
	return later && a.now().Sub(m.At) < a.cfg.MaxAge
}

// interrupted tells whether something failed because the bot is told to end. Who
// answers may know that a moment before we do.
func interrupted(ctx context.Context, err error) bool {
	if errors.Is(err, context.Canceled) {
		return !sleep(ctx, time.Second)
	}
	return ctx.Err() != nil
}

func (a *Adapter) mark(ctx context.Context, event string, st store.State) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := a.cfg.Store.Mark(ctx, Network, event, st, time.Now()); err != nil {
		a.log.ErrorContext(ctx, "inbox not written", "event", event, "err", err)
		return false
	}
	return true
}
