package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// timelineLimit is how many events of a room one response brings. What is cut
// off is fetched.
const timelineLimit = 100

// filter asks for what the bot reads and no more. Members are not loaded
// lazily: keys are shared with all of them.
var filter = mustJSON(mautrix.Filter{
	Presence:    &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}},
	AccountData: &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}},
	Room: &mautrix.RoomFilter{
		AccountData: &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}},
		Ephemeral:   &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}},
		State:       &mautrix.FilterPart{Types: stateTypes},
		Timeline:    &mautrix.FilterPart{Limit: timelineLimit, Types: append(stateTypes[:len(stateTypes):len(stateTypes)], messageTypes...)},
	},
})

var stateTypes = []event.Type{
	event.StateMember, event.StateEncryption, event.StatePowerLevels, event.StateCreate,
	event.StateJoinRules, event.StateHistoryVisibility, event.StateTombstone,
}

var messageTypes = []event.Type{
	event.EventMessage, event.EventEncrypted, event.EventReaction, event.EventSticker,
}

func mustJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // the value is a constant of this program
	}
	return string(data)
}

// syncLoop asks the homeserver for news until ctx ends. It hands over and
// never waits for an answer; only when a thousand responses are under way does
// it let the homeserver wait.
func (a *Adapter) syncLoop(ctx context.Context) error {
	since, err := a.cfg.Store.Kept(ctx, keptToken)
	if err != nil {
		return err
	}
	a.ledger.token = since
	wait, poll := a.retry, time.Duration(0)
	for ctx.Err() == nil {
		resp, err := a.askForNews(ctx, since, poll)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if fatal := a.fatal(err); fatal != nil {
				return fatal
			}
			a.log.WarnContext(ctx, "sync failed, will try again", "err", harmless(err), "in", wait)
			sleep(ctx, max(jitter(wait), waitAsked(err)))
			wait, poll = min(2*wait, 30*time.Second), 0
			continue
		}
		a.take(ctx, resp, since)
		since, wait, poll = resp.NextBatch, a.retry, pollTime
		a.slowDown(ctx)
	}
	return nil
}

func waitAsked(err error) time.Duration {
	if errors.Is(err, mautrix.MLimitExceeded) {
		return retryAfter(err)
	}
	return 0
}

// fatal returns what ends Run, or nil if waiting may mend it.
func (a *Adapter) fatal(err error) error {
	switch {
	case errors.Is(err, mautrix.MUserDeactivated):
		return ErrDeactivated
	case errors.Is(err, mautrix.MUnknownToken), errors.Is(err, mautrix.MMissingToken):
		return ErrLoggedOut
	}
	return nil
}

func (a *Adapter) askForNews(ctx context.Context, since string, poll time.Duration) (*mautrix.RespSync, error) {
	req := mautrix.ReqSync{Timeout: int(poll.Milliseconds()), Since: since, FilterID: filter, SetPresence: event.PresenceOnline}
	data, err := a.client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method:      http.MethodGet,
		URL:         a.client.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, req.BuildQuery()),
		MaxAttempts: 1,
	})
	if err != nil {
		return nil, err
	}
	resp, dropped, err := decodeSync(data)
	if err != nil {
		return nil, err
	}
	if dropped > 0 {
		a.stats.dropped.Add(int64(dropped))
		a.log.WarnContext(ctx, "events that cannot be read were left out", "count", dropped)
	}
	return resp, nil
}

func (a *Adapter) slowDown(ctx context.Context) {
	for ctx.Err() == nil {
		if _, open := a.ledger.state(); open < maxBatches {
			return
		}
		sleep(ctx, 50*time.Millisecond)
	}
}

// take learns what a response says of keys and rooms, and gives the rest to
// the rooms.
func (a *Adapter) take(ctx context.Context, resp *mautrix.RespSync, since string) {
	b := a.ledger.add(resp.NextBatch)
	kept, cancel := lingering(ctx, keysLinger)
	defer cancel()
	a.guarded(func() { a.syncer.response(kept, resp, since) })
	first := since == ""
	for room, r := range resp.Rooms.Join {
		a.takeState(kept, room, r.State.Events)
		a.takeState(kept, room, r.Timeline.Events)
		if r.StateAfter != nil {
			a.takeState(kept, room, r.StateAfter.Events)
		}
		if first {
			a.task(ctx, b, room, func() { a.unread(ctx, b, room, r.Timeline) })
			continue
		}
		a.task(ctx, b, room, func() { a.timeline(ctx, b, room, r.Timeline) })
	}
	for room, r := range resp.Rooms.Invite {
		a.task(ctx, b, room, func() { a.invited(ctx, room, r.State.Events) })
	}
	for room, r := range resp.Rooms.Leave {
		a.takeState(kept, room, r.Timeline.Events)
		if !first {
			a.task(ctx, b, room, func() { a.left(ctx, b, room, r) })
		}
	}
	if kept.Err() == nil { // else keys or members may be missing, and are to be told again
		a.ledger.release(b)
	}
}

// keysLinger is how long keys that have arrived may take to be stored after the
// bot was told to end. They are not sent twice: half of the work would lose them.
const keysLinger = 3 * time.Second

// lingering is a context that ends a while after another one.
func lingering(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	kept, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		sleep(kept, d)
		cancel()
	})
	return kept, func() { stop(); cancel() }
}

// task runs something in a room. The batch stays open if it was interrupted,
// so that it is told again.
func (a *Adapter) task(ctx context.Context, b *batch, room id.RoomID, do func()) {
	a.ledger.hold(b)
	a.rooms.do(room, func() {
		defer func() {
			if ctx.Err() == nil {
				a.ledger.release(b)
			}
		}()
		if ctx.Err() == nil {
			do()
		}
	})
}

// guarded keeps what others sent from ending the sync, whatever it breaks.
func (a *Adapter) guarded(do func()) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("part of a sync response failed", "stack", string(debug.Stack()))
		}
	}()
	do()
}

// takeState updates what is known of members, power and encryption.
func (a *Adapter) takeState(ctx context.Context, room id.RoomID, events []*event.Event) {
	for _, evt := range events {
		evt.RoomID = room
		if evt.StateKey == nil {
			evt.Type.Class = event.MessageEventType
			continue
		}
		evt.Type.Class = event.StateEventType
		if evt.Content.Parsed == nil && evt.Content.ParseRaw(evt.Type) != nil {
			continue
		}
		if evt.Type == event.StateMember {
			a.members.changed(room)
		}
		a.guarded(func() {
			mautrix.UpdateStateStore(ctx, a.client.StateStore, evt)
			a.syncer.event(ctx, evt)
		})
	}
}
