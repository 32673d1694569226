package telegram

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"parley/bot"
)

// The library's types lack topics and much else, and its Message has more than
// a hundred fields of which few matter here. So updates are decoded into these.

type update struct {
	ID            int            `json:"update_id"`
	Message       *message       `json:"message"`
	EditedMessage *message       `json:"edited_message"`
	Callback      *callback      `json:"callback_query"`
	InlineQuery   *inlineQuery   `json:"inline_query"`
	MyChatMember  *memberChanged `json:"my_chat_member"`
}

// allowedUpdates is sent with every poll: a nil list would keep the previous one.
func (a *Adapter) allowedUpdates() string {
	kinds := []string{"message", "edited_message", "callback_query", "my_chat_member"}
	if a.cfg.Inline != nil {
		kinds = append(kinds, "inline_query")
	}
	return jsonOf(kinds)
}

type chat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"` // private, group, supergroup, channel
}

func (c chat) id() string { return strconv.FormatInt(c.ID, 10) }

func (c chat) group() bool { return c.Type == "group" || c.Type == "supergroup" }

func (c chat) kind() bot.Kind {
	if c.group() {
		return bot.Group
	}
	return bot.Private
}

type user struct {
	ID       int64  `json:"id"`
	IsBot    bool   `json:"is_bot"`
	Username string `json:"username"`
	Language string `json:"language_code"`
}

type message struct {
	ID          int                      `json:"message_id"`
	Thread      int                      `json:"message_thread_id"`
	InTopic     bool                     `json:"is_topic_message"`
	From        *user                    `json:"from"`
	SenderChat  *chat                    `json:"sender_chat"`
	Chat        chat                     `json:"chat"`
	Date        int64                    `json:"date"`
	EditDate    int64                    `json:"edit_date"`
	ReplyTo     *repliedTo               `json:"reply_to_message"`
	ViaBot      *user                    `json:"via_bot"`
	Text        string                   `json:"text"`
	Entities    []tgbotapi.MessageEntity `json:"entities"`
	Album       string                   `json:"media_group_id"`
	Pinned      json.RawMessage          `json:"pinned_message"`
	MigrateTo   int64                    `json:"migrate_to_chat_id"`
	MigrateFrom int64                    `json:"migrate_from_chat_id"`
	media
}

// repliedTo is as much of the message replied to as tells whose it is. In a
// topic every message replies to the service message that began it.
type repliedTo struct {
	From         *user           `json:"from"`
	TopicCreated json.RawMessage `json:"forum_topic_created"`
}

// media are the contents that are no text and that people send.
type media struct {
	Photo     json.RawMessage `json:"photo"`
	Voice     json.RawMessage `json:"voice"`
	Sticker   json.RawMessage `json:"sticker"`
	Video     json.RawMessage `json:"video"`
	VideoNote json.RawMessage `json:"video_note"`
	Audio     json.RawMessage `json:"audio"`
	Document  json.RawMessage `json:"document"`
	Animation json.RawMessage `json:"animation"`
	Location  json.RawMessage `json:"location"`
	Contact   json.RawMessage `json:"contact"`
	Poll      json.RawMessage `json:"poll"`
	Dice      json.RawMessage `json:"dice"`
	Story     json.RawMessage `json:"story"`
	Paid      json.RawMessage `json:"paid_media"`
}

func (m media) any() bool {
	for _, f := range []json.RawMessage{m.Photo, m.Voice, m.Sticker, m.Video, m.VideoNote, m.Audio, m.Document,
		m.Animation, m.Location, m.Contact, m.Poll, m.Dice, m.Story, m.Paid} {
		if len(f) > 0 {
			return true
		}
	}
	return false
}

type callback struct {
	ID      string   `json:"id"`
	From    *user    `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

type inlineQuery struct {
	ID    string `json:"id"`
	From  *user  `json:"from"`
	Query string `json:"query"`
}

type memberChanged struct {
	Chat chat   `json:"chat"`
	From *user  `json:"from"`
	Date int64  `json:"date"`
	Old  member `json:"old_chat_member"`
	New  member `json:"new_chat_member"`
}

type member struct {
	Status   string `json:"status"`
	IsMember bool   `json:"is_member"`
}

// in tells whether the member is in the chat.
func (m member) in() bool {
	switch m.Status {
	case "creator", "administrator", "member":
		return true
	case "restricted":
		return m.IsMember
	}
	return false
}

func (m member) admin() bool { return m.Status == "creator" || m.Status == "administrator" }

// place is the chat of a message, and its topic if it is in one. Messages of
// other supergroups carry thread ids too, which cannot be sent to.
func (m *message) place() bot.Chat {
	c := bot.Chat{Network: Network, ID: m.Chat.id()}
	if m.InTopic && m.Thread > 1 {
		c.Thread = strconv.Itoa(m.Thread)
	}
	return c
}

// writer is who wrote: a person, or the chat in whose name somebody wrote.
func (m *message) writer() string {
	switch {
	case m.SenderChat != nil:
		return m.SenderChat.id()
	case m.From != nil:
		return strconv.FormatInt(m.From.ID, 10)
	}
	return ""
}

func (m *message) at() time.Time { return time.Unix(max(m.Date, m.EditDate), 0) }

// hint is the language that a person's Telegram is in, without the country that
// may stand behind it: uk-UA.
func (u *user) hint() string {
	if u == nil {
		return ""
	}
	code, _, _ := strings.Cut(strings.ToLower(u.Language), "-")
	return code
}
