package telegram

import (
	"context"
	"strconv"
	"strings"
	"time"

	"parley/bot"
)

// decode makes the bot's messages of an update: none if it is not meant for
// the bot. Nothing that is dropped here is seen by anything else.
func (a *Adapter) decode(u *update) (bot.Message, bool) {
	me := a.self.Load()
	switch {
	case u.Message != nil:
		return a.decodeMessage(u.Message, me)
	case u.EditedMessage != nil:
		return a.decodeEdited(u.EditedMessage, me)
	case u.Callback != nil:
		return a.decodeCallback(u.Callback)
	case u.MyChatMember != nil:
		return decodeMember(u.MyChatMember)
	}
	return bot.Message{}, false
}

func (a *Adapter) decodeMessage(m *message, me *identity) (bot.Message, bool) {
	if m.MigrateTo != 0 || m.MigrateFrom != 0 {
		return a.decodeMoved(m)
	}
	if m.Chat.Type == "channel" || m.ViaBot != nil && m.ViaBot.ID == me.id || a.byBot(m) {
		return bot.Message{}, false
	}
	out := a.base(m)
	if m.Text == "" {
		return a.decodeMedia(m, out)
	}
	return address(m, out, me)
}

// base fills in what does not depend on the contents.
func (a *Adapter) base(m *message) bot.Message {
	return bot.Message{
		Chat: m.place(), Kind: m.Chat.kind(), ID: strconv.Itoa(m.ID), From: m.writer(),
		Hint: m.From.hint(), At: m.at(), Admin: a.adminOf(m.Chat, m.From, m.SenderChat),
	}
}

// byBot tells whether a bot wrote: two bots could talk for ever. Who writes in
// the name of a chat appears as a bot of Telegram's and is none.
func (a *Adapter) byBot(m *message) bool {
	return m.From != nil && m.From.IsBot && m.SenderChat == nil
}

// address finds out whether a text is meant for the bot and what it says.
func address(m *message, out bot.Message, me *identity) (bot.Message, bool) {
	text, meant := withoutMentions(m.Text, m.Entities, me)
	c, isCommand := commandOf(text, me)
	if isCommand && !bot.Signal(c.name) {
		out.Command, out.Args = c.name, c.args
		return out, !c.other
	}
	out.Text = text
	private := !m.Chat.group()
	return out, (private || meant || m.repliesTo(me)) && (text != "" || meant)
}

func (m *message) repliesTo(me *identity) bool {
	r := m.ReplyTo
	return r != nil && r.From != nil && r.From.ID == me.id && len(r.TopicCreated) == 0
}

// decodeMedia passes photos, voices and the like on in private chats only, and
// of an album one.
func (a *Adapter) decodeMedia(m *message, out bot.Message) (bot.Message, bool) {
	if m.Chat.group() || !m.any() {
		return bot.Message{}, false
	}
	if m.Album != "" && !a.memory.firstOfAlbum(m.Album) {
		return bot.Message{}, false
	}
	out.Command = "media"
	return out, true
}

// oldEdit is the age at which a question whose answer is not remembered is not
// answered because of an edit.
const oldEdit = 15 * time.Minute

func (a *Adapter) decodeEdited(m *message, me *identity) (bot.Message, bool) {
	if m.Text == "" {
		return bot.Message{}, false
	}
	out, ok := a.decodeMessage(m, me)
	if !ok {
		return bot.Message{}, false
	}
	out.Answer = a.answerTo(out.Chat.ID, out.ID)
	if out.Answer == "" && time.Since(time.Unix(m.Date, 0)) > oldEdit {
		return bot.Message{}, false
	}
	return out, true
}

// decodeMoved handles the two service messages of a group that becomes a
// supergroup; each may come alone.
func (a *Adapter) decodeMoved(m *message) (bot.Message, bool) {
	from, to := m.Chat.ID, m.MigrateTo
	if m.MigrateFrom != 0 {
		from, to = m.MigrateFrom, m.Chat.ID
	}
	old := strconv.FormatInt(from, 10)
	a.moved(old, strconv.FormatInt(to, 10))
	out := a.base(m)
	out.Chat = bot.Chat{Network: Network, ID: old}
	out.Command, out.Args = "moved", strconv.FormatInt(to, 10)
	return out, a.memory.firstMove(old)
}

const choicePrefix = "c:"

// decodeCallback passes a press on. ID is the message under which the button
// stands, so that the handler can edit it or reply to it.
func (a *Adapter) decodeCallback(q *callback) (bot.Message, bool) {
	m := q.Message
	if m == nil || q.From == nil {
		return bot.Message{}, false
	}
	choice, ok := strings.CutPrefix(q.Data, choicePrefix)
	if !ok || choice == "" {
		choice = "?"
	}
	out := bot.Message{
		Chat: m.place(), Kind: m.Chat.kind(), ID: strconv.Itoa(m.ID), Choice: choice,
		From: strconv.FormatInt(q.From.ID, 10), Hint: q.From.hint(), At: time.Now(),
		Admin: a.adminOf(m.Chat, q.From, nil),
	}
	return out, true
}

func decodeMember(c *memberChanged) (bot.Message, bool) {
	out := bot.Message{
		Chat: bot.Chat{Network: Network, ID: c.Chat.id()}, Kind: c.Chat.kind(), Hint: c.From.hint(), At: time.Unix(c.Date, 0),
	}
	if c.From != nil {
		out.From = strconv.FormatInt(c.From.ID, 10)
	}
	switch {
	case c.Chat.Type == "channel":
		return out, false
	case c.Old.in() && !c.New.in():
		out.Command = "gone"
	case !c.Old.in() && c.New.in() && c.Chat.group():
		out.Command = "added"
	}
	return out, out.Command != ""
}

// adminOf returns the question whether somebody is an administrator, to be
// asked at the moment it matters. In a private chat everybody is.
func (a *Adapter) adminOf(c chat, from *user, as *chat) func() (bool, error) {
	switch {
	case !c.group():
		return func() (bool, error) { return true, nil }
	case as != nil: // an anonymous administrator writes as the group itself
		return func() (bool, error) { return as.ID == c.ID, nil }
	case from == nil:
		return nil
	}
	return func() (bool, error) {
		ctx, cancel := context.WithTimeout(a.hard, callTimeout)
		defer cancel()
		return a.isAdmin(ctx, c.id(), from.ID)
	}
}
