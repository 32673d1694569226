package matrix

import (
	"context"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
	"parley/bot/store"
)

// remember keeps what a message answers and what it offers, so that an edit of
// the question and a choice that is picked find it, after a restart too.
func (a *Adapter) remember(ctx context.Context, eventID string, to bot.Chat, r bot.Reply) {
	a.keepSaid(ctx, store.Said{Chat: to, Message: eventID, Question: r.Quote, Choices: choiceIDs(r)})
}

func choiceIDs(r bot.Reply) (ids []string) {
	for _, ch := range r.Choices {
		ids = append(ids, ch.ID)
	}
	return ids
}

// choicesField is where a message tells the ids of what it offers, for a
// process that ends before it can note that it sent it.
const choicesField = "parley.choices"

func withChoices(c *event.MessageEventContent, r bot.Reply) *event.Content {
	content := &event.Content{Parsed: c}
	if ids := choiceIDs(r); len(ids) > 0 {
		content.Raw = map[string]any{choicesField: ids}
	}
	return content
}

func (a *Adapter) keepSaid(ctx context.Context, said store.Said) {
	if err := a.cfg.Store.PutSaid(context.WithoutCancel(ctx), said, time.Now()); err != nil {
		a.log.ErrorContext(ctx, "an answer is not remembered", "event", said.Message, "err", err)
	}
}

// found remembers an answer that is in a room although the store does not know
// of it: the process that sent it ended right after.
func (a *Adapter) found(ctx context.Context, evt *event.Event, question string) {
	ctx = context.WithoutCancel(ctx) // half of it would be kept for the whole
	if said := a.said(ctx, evt.ID.String()); said != nil {
		return
	}
	thread := ""
	if c := decodeContent(evt.Content.VeryRaw); c.relation == string(event.RelThread) {
		thread = c.related
	}
	clear := evt
	if evt.Type.Type == event.EventEncrypted.Type && a.crypto != nil && evt.Content.ParseRaw(event.EventEncrypted) == nil {
		if own, err := a.crypto.Decrypt(ctx, evt); err == nil && own.Sender == a.me {
			clear = own
		}
	}
	a.keepSaid(ctx, store.Said{
		Chat:    bot.Chat{Network: Network, ID: evt.RoomID.String(), Thread: thread},
		Message: evt.ID.String(), Question: question, Choices: strs(object(clear.Content.VeryRaw)[choicesField]),
	})
}

// said is one of the bot's messages, or nil if it is not remembered.
func (a *Adapter) said(ctx context.Context, message string) *store.Said {
	return a.recalled(a.cfg.Store.Said(ctx, Network, message))
}

func (a *Adapter) recalled(said *store.Said, err error) *store.Said {
	if err != nil {
		a.log.Error("an answer is not recalled", "err", err)
	}
	return said
}

// picks reads a number as the choice of what the bot offered: in a reply to
// the offer, or in a direct chat right after it.
func (a *Adapter) picks(ctx context.Context, m *bot.Message, c content, text string) bool {
	n := picked(text)
	if n == 0 {
		return false
	}
	var offer *store.Said
	switch {
	case c.replyTo != "" && !c.falling:
		offer = a.said(ctx, c.replyTo)
	case m.Kind == bot.Private:
		offer = a.recalled(a.cfg.Store.LastSaid(ctx, m.Chat))
	}
	return choose(m, offer, n)
}

// choose picks the nth of what a message in the same room offered.
func choose(m *bot.Message, offer *store.Said, n int) bool {
	if offer == nil || offer.Chat.ID != m.Chat.ID || n < 1 || n > len(offer.Choices) {
		return false
	}
	m.Choice = offer.Choices[n-1]
	return true
}

// reacted reads a reaction to an offer. The answer replies to the offer, as
// nobody sees replies to reactions.
func (a *Adapter) reacted(ctx context.Context, m *bot.Message, c content) bool {
	n := picked(c.key)
	if c.relation != string(event.RelAnnotation) || n == 0 {
		return false
	}
	offer := a.said(ctx, c.related)
	if !choose(m, offer, n) {
		return false
	}
	m.Chat.Thread = offer.Chat.Thread
	a.past.questions.put(m.ID, question{quote: c.related, sender: m.From})
	return true
}

// edited reads a question that was changed: its answer is to change. An edit
// of what was not answered is left alone.
func (a *Adapter) edited(ctx context.Context, m *bot.Message, c content) bool {
	if c.newer == nil || c.related == "" || !a.wroteIt(ctx, m, c.related) {
		return false
	}
	a.rooms.settled(ctx, c.related, 30*time.Second)
	answer := a.recalled(a.cfg.Store.SaidTo(ctx, Network, c.related))
	if answer == nil || answer.Chat.ID != m.Chat.ID {
		return false
	}
	if kind := event.MessageType(c.newer.kind); kind != event.MsgText && kind != event.MsgEmote {
		return false
	}
	h := hear(*c.newer, a.names(ctx, id.RoomID(m.Chat.ID)))
	m.Text, m.Command, m.Args, m.Answer = h.text, h.command, h.args, answer.Message
	m.Chat.Thread = answer.Chat.Thread
	a.past.questions.put(m.ID, question{quote: c.related, sender: m.From, edited: c.related})
	return m.Text != "" || m.Command != ""
}

// wroteIt tells whether who edits a message wrote it: nobody edits what another
// wrote. What is not remembered the homeserver is asked for.
func (a *Adapter) wroteIt(ctx context.Context, m *bot.Message, message string) bool {
	if q, ok := a.past.questions.get(message); ok {
		return q.sender == m.From
	}
	evt, err := a.event(ctx, m.Chat, message)
	return err == nil && evt.Sender.String() == m.From
}
