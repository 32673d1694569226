package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
)

// understandDecrypted takes care that what stood inside is a message, sent by
// who sent the outside. Its relation stands outside, where the homeserver can
// read it; most clients leave it out inside.
func (a *Adapter) understandDecrypted(ctx context.Context, b *batch, outer, clear *event.Event) {
	clear.ID, clear.RoomID, clear.Sender, clear.Timestamp = outer.ID, outer.RoomID, outer.Sender, outer.Timestamp
	clear.StateKey = nil
	c := decodeContent(clear.Content.VeryRaw)
	c.relate(decodeContent(outer.Content.VeryRaw))
	a.understand(ctx, b, clear, c)
}

// askForKeys asks the sender for the key of a message, once for all messages
// that it opens.
func (a *Adapter) askForKeys(ctx context.Context, evt *event.Event) {
	c := evt.Content.AsEncrypted()
	if a.past.asked.swap(evt.RoomID.String()+c.SessionID.String(), true) {
		return
	}
	a.crypto.RequestSession(ctx, evt.RoomID, c.SenderKey, c.SessionID, evt.Sender, "")
}

// unreadable tells the bot of a message that cannot be decrypted, once for
// each person and room. Keys that were withheld are asked for: whoever trusts
// the bot since then gives them.
func (a *Adapter) unreadable(ctx context.Context, b *batch, evt *event.Event, err error) {
	if errors.Is(err, crypto.ErrGroupSessionWithheld) {
		a.askForKeys(ctx, evt)
	}
	a.log.InfoContext(ctx, "a message could not be decrypted", "room", evt.RoomID, "event", evt.ID, "why", unreadableAs(err))
	m := a.message(ctx, evt)
	sum := sha256.Sum256([]byte(evt.RoomID.String() + "\x00" + evt.Sender.String()))
	m.ID = "undecryptable:" + hex.EncodeToString(sum[:16])
	m.Command = "undecryptable"
	a.past.questions.put(m.ID, question{quote: evt.ID.String(), sender: m.From})
	a.emit(ctx, b, m)
}

// unreadableAs is why a message cannot be decrypted, in our own words: those of
// the error may be somebody else's.
func unreadableAs(err error) string {
	switch {
	case errors.Is(err, crypto.ErrGroupSessionWithheld):
		return "the key was withheld"
	case errors.Is(err, crypto.ErrNoSessionFound):
		return "the key did not come"
	case errors.Is(err, crypto.ErrDuplicateMessageIndex):
		return "it repeats another message"
	case errors.Is(err, crypto.ErrUnsupportedAlgorithm):
		return "the algorithm is not known"
	}
	return "it is damaged, or the key does not fit"
}

// message is what is known of any event.
func (a *Adapter) message(ctx context.Context, evt *event.Event) bot.Message {
	room, from := evt.RoomID, evt.Sender
	return bot.Message{
		Chat:  bot.Chat{Network: Network, ID: room.String()},
		Kind:  kindOf(a.members.count(ctx, a.client.StateStore, room)),
		ID:    evt.ID.String(),
		From:  from.String(),
		Admin: func() (bool, error) { return a.isAdmin(context.WithoutCancel(ctx), room, from) },
		At:    time.UnixMilli(evt.Timestamp),
	}
}

// understand decides whether a message is for the bot, and hands it over.
func (a *Adapter) understand(ctx context.Context, b *batch, evt *event.Event, c content) {
	m := a.message(ctx, evt)
	var ok bool
	switch {
	case evt.Type.Type == event.EventReaction.Type:
		ok = a.reacted(ctx, &m, c)
	case evt.Type.Type == event.EventSticker.Type:
		m.Command, ok = "media", m.Kind == bot.Private
	case evt.Type.Type != event.EventMessage.Type:
	case c.relation == string(event.RelReplace):
		ok = a.edited(ctx, &m, c)
	default:
		ok = a.wrote(ctx, &m, c)
	}
	if !ok {
		return
	}
	a.seen(evt.RoomID, evt.ID)
	a.emit(ctx, b, m)
}

// wrote reads a message of its own.
func (a *Adapter) wrote(ctx context.Context, m *bot.Message, c content) bool {
	if c.relation == string(event.RelThread) {
		m.Chat.Thread = c.related
	}
	a.past.questions.put(m.ID, question{quote: m.ID, sender: m.From})
	switch event.MessageType(c.kind) {
	case event.MsgText, event.MsgEmote:
	case event.MsgImage, event.MsgAudio, event.MsgVideo, event.MsgFile, event.MsgLocation:
		m.Command = "media"
		return m.Kind == bot.Private
	default: // notices are what bots say, and anything else is not for us
		return false
	}
	h := hear(c, a.names(ctx, id.RoomID(m.Chat.ID)))
	if a.picks(ctx, m, c, h.text) {
		return true
	}
	m.Text, m.Command, m.Args = h.text, h.command, h.args
	if m.Text == "" && m.Command == "" {
		if !h.addressed {
			return false
		}
		m.Command = "help" // called by name, and nothing asked
	}
	return m.Kind == bot.Private || h.addressed || a.repliesToUs(ctx, m, c)
}

// repliesToUs tells whether a message is a reply to one of the bot's. The
// homeserver is asked who wrote what is replied to; what the message itself
// says about that could be anything.
func (a *Adapter) repliesToUs(ctx context.Context, m *bot.Message, c content) bool {
	if c.replyTo == "" || c.falling {
		return false
	}
	if ours, ok := a.past.ours.get(c.replyTo); ok {
		return ours
	}
	evt, err := a.event(ctx, m.Chat, c.replyTo)
	if err != nil {
		return false
	}
	ours := evt.Sender == a.me
	a.past.ours.put(c.replyTo, ours)
	return ours
}

// event asks the homeserver for an event, for as long as it may answer.
func (a *Adapter) event(ctx context.Context, in bot.Chat, message string) (*event.Event, error) {
	return persistent(ctx, a.retry, func() (*event.Event, error) {
		return a.client.GetEvent(ctx, id.RoomID(in.ID), id.EventID(message))
	})
}

// names is what the bot is called in a room.
func (a *Adapter) names(ctx context.Context, room id.RoomID) names {
	n := names{id: a.me.String(), display: []string{a.name, a.me.Localpart()}, prefix: a.cfg.Prefix, command: a.cfg.Commands}
	if m, err := a.client.StateStore.TryGetMember(ctx, room, a.me); err == nil && m != nil {
		n.display = append(n.display, m.Displayname)
	}
	return n
}
