package matrix

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// changePins reads, changes our entry only, writes, and reads back: the list is
// one value, and somebody else may write it in between.
func (a *Adapter) changePins(ctx context.Context, to bot.Chat, messageID string, want bool) error {
	if err := a.online(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	room, ours := id.RoomID(to.ID), id.EventID(messageID)
	unlock, err := a.sending.lock(ctx, room)
	if err != nil {
		return err
	}
	defer unlock()
	for range pinTries {
		pins, err := a.pins(ctx, room)
		if err != nil {
			return sendError(err)
		}
		if slices.Contains(pins.Pinned, ours) == want {
			return nil
		}
		pins.Pinned = slices.DeleteFunc(pins.Pinned, func(e id.EventID) bool { return e == ours })
		if want {
			pins.Pinned = append(pins.Pinned, ours)
		}
		if _, err := a.client.SendStateEvent(ctx, room, event.StatePinnedEvents, "", pins); err != nil {
			if errors.Is(err, mautrix.MForbidden) {
				return fmt.Errorf("%w: %w", ErrMayNotPin, harmless(err))
			}
			return sendError(err)
		}
	}
	return fmt.Errorf("pins of a room change faster than they can be written")
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
