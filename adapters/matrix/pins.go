package matrix

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
)

// pinTries is how often a pin is set again after another writer undid it.
const pinTries = 5

// ErrMayNotPin is returned when the bot lacks the power to pin; moderators can
// give it (50 by default).
var ErrMayNotPin = fmt.Errorf("%w: give it the power to change pinned messages", bot.ErrMayNotPin)

// Pin adds a message to those pinned in its room, and leaves the others.
func (a *Adapter) Pin(ctx context.Context, to bot.Chat, messageID string) error {
	return a.changePins(ctx, to, messageID, true)
}

// Unpin removes a message from those pinned, and leaves the others.
func (a *Adapter) Unpin(ctx context.Context, to bot.Chat, messageID string) error {
	return a.changePins(ctx, to, messageID, false)
}

// changePins reads, changes our entry only, writes, and reads back. The list is
// one value that anybody may write in between: what others changed meanwhile is
// done again, and so is ours until it holds.
func (a *Adapter) changePins(ctx context.Context, to bot.Chat, messageID string, want bool) error {
	if err := a.online(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	room, wanted := id.RoomID(to.ID), pinChange{id.EventID(messageID): want}
	unlock, err := a.sending.lock(ctx, room)
	if err != nil {
		return err
	}
	defer unlock()
	for range pinTries {
		pins, err := a.pins(ctx, room)
		if err != nil {
			return a.refused(ctx, room, err)
		}
		next := wanted.apply(pins.Pinned)
		if slices.Equal(next, pins.Pinned) {
			return nil
		}
		resp, err := a.client.SendStateEvent(ctx, room, event.StatePinnedEvents, "", &event.PinnedEventsEventContent{Pinned: next})
		if errors.Is(err, mautrix.MForbidden) {
			return a.mayNotPin(ctx, room, err)
		}
		if err != nil {
			return a.refused(ctx, room, err)
		}
		if replaced, ok := a.replacedPins(ctx, room, resp.EventID); ok {
			wanted.since(pins.Pinned, replaced)
		}
	}
	return errors.New("pins of a room change faster than they can be written")
}

func (a *Adapter) mayNotPin(ctx context.Context, room id.RoomID, err error) error {
	if err = a.refused(ctx, room, err); errors.Is(err, bot.ErrGone) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrMayNotPin, err)
}

// pinChange is which events are to be pinned and which are not to be.
type pinChange map[id.EventID]bool

// apply returns a list with the change done: what is added comes last, in the
// order of ids.
func (c pinChange) apply(pins []id.EventID) []id.EventID {
	out := make([]id.EventID, 0, len(pins)+len(c))
	for _, e := range pins {
		if keep, named := c[e]; keep || !named {
			out = append(out, e)
		}
	}
	for _, e := range slices.Sorted(maps.Keys(c)) {
		if c[e] && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// since adds what others changed from one list to the other.
func (c pinChange) since(was, is []id.EventID) {
	for _, e := range is {
		if !slices.Contains(was, e) {
			c[e] = true
		}
	}
	for _, e := range was {
		if !slices.Contains(is, e) {
			c[e] = false
		}
	}
}

// How many changes of the pins are looked through for our own, and how often:
// a homeserver may need a moment until it shows what it has taken.
const (
	pinsLookedAt = 20
	pinLooks     = 6
)

// replacedPins returns the list that one of our changes replaced.
func (a *Adapter) replacedPins(ctx context.Context, room id.RoomID, ours id.EventID) (pins []id.EventID, ok bool) {
	types := &mautrix.FilterPart{Types: []event.Type{event.StatePinnedEvents}}
	for look := range pinLooks {
		if look > 0 && !sleep(ctx, time.Duration(look)*100*time.Millisecond) {
			return nil, false
		}
		resp, err := a.client.Messages(ctx, room, "", "", mautrix.DirectionBackward, types, pinsLookedAt)
		if err != nil {
			return nil, false
		}
		if i := slices.IndexFunc(resp.Chunk, func(e *event.Event) bool { return e != nil && e.ID == ours }); i >= 0 {
			return pinsBefore(resp.Chunk, i)
		}
	}
	return nil, false
}

// pinsBefore is the list before the change at i, of changes newest first.
func pinsBefore(changes []*event.Event, i int) (pins []id.EventID, ok bool) {
	if i+1 == len(changes) || changes[i+1] == nil {
		return nil, false
	}
	for _, e := range strs(object(changes[i+1].Content.VeryRaw)["pinned"]) {
		pins = append(pins, id.EventID(e))
	}
	return pins, true
}

// PinState tells whether a message is pinned, or gone. What it shows only the bot
// can change.
func (a *Adapter) PinState(ctx context.Context, to bot.Chat, messageID string, _ bot.Reply) (bot.PinState, error) {
	if err := a.online(ctx); err != nil {
		return bot.PinUnknown, err
	}
	room, message := id.RoomID(to.ID), id.EventID(messageID)
	evt, err := a.client.GetEvent(ctx, room, message)
	switch {
	case errors.Is(err, mautrix.MNotFound):
		return bot.PinUnknown, bot.ErrLost
	case err != nil:
		return bot.PinUnknown, a.refused(ctx, room, err)
	case evt.Unsigned.RedactedBecause != nil || len(object(evt.Content.VeryRaw)) == 0:
		return bot.PinUnknown, bot.ErrLost
	}
	pins, err := a.pins(ctx, room)
	if err != nil {
		return bot.PinUnknown, a.refused(ctx, room, err)
	}
	if slices.Contains(pins.Pinned, message) {
		return bot.PinStands, nil
	}
	return bot.PinAway, nil
}

func (a *Adapter) pins(ctx context.Context, room id.RoomID) (*event.PinnedEventsEventContent, error) {
	pins := &event.PinnedEventsEventContent{}
	err := a.client.StateEvent(ctx, room, event.StatePinnedEvents, "", pins)
	if errors.Is(err, mautrix.MNotFound) {
		err = nil
	}
	if pins.Pinned == nil {
		pins.Pinned = []id.EventID{}
	}
	return pins, err
}
