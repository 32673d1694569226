package telegramtest

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// User is a person.
type User struct {
	ID   int64
	Name string
	Lang string
}

// Chat is a chat, with what stands in it.
type Chat struct {
	ID      int64
	Type    string // private, group, supergroup
	Title   string
	Forum   bool
	Status  map[int64]string // of the members; the bot's too
	Refusal *failure         // what sending here is answered with
	Pinned  []int

	topics  map[int]bool // open or not
	lastID  int
	msgs    map[int]*Message
	lastBot bool // the bot was the last bot to write
	moveTo  int64
}

// Message is a message in a chat.
type Message struct {
	ID, Thread int
	Chat       int64
	From       int64
	Text       string
	Entities   []Entity
	ReplyTo    int
	Buttons    []Button
	Edits      int
	At         time.Time
	Update     int // id of the update by which the bot got it; 0: it did not
	Deleted    bool
}

// Entity is a style of a part of a text, in UTF-16 units.
type Entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

// Button stands under a message.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
	URL  string `json:"url"`
}

type obj = map[string]any

// User makes a person whose Telegram is in a language.
func (s *Server) User(name, lang string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastUser++
	u := &User{s.lastUser, name, lang}
	s.users[u.ID] = u
	return u
}

// Private is the chat of a person with the bot, begun.
func (s *Server) Private(u *User) *Chat { return s.chat(u.ID, "private", "", u) }

// Group makes a group, Supergroup a supergroup and Forum one with topics, with
// the bot in it and without telling the bot.
func (s *Server) Group(title string, us ...*User) *Chat {
	return s.chat(-int64(len(title))-s.next(), "group", title, us...)
}

// Supergroup makes a supergroup.
func (s *Server) Supergroup(title string, us ...*User) *Chat {
	return s.chat(-1000000000000-s.next(), "supergroup", title, us...)
}

// Forum makes a supergroup with topics.
func (s *Server) Forum(title string, topics []int, us ...*User) *Chat {
	c := s.Supergroup(title, us...)
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Forum = true
	for _, t := range topics {
		c.topics[t] = true
	}
	return c
}

func (s *Server) next() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastUser++
	return s.lastUser
}

func (s *Server) chat(id int64, kind, title string, us ...*User) *Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.chats[id]; c != nil {
		return c
	}
	c := &Chat{ID: id, Type: kind, Title: title, Status: map[int64]string{BotID: "member"}, topics: map[int]bool{}, msgs: map[int]*Message{}, lastID: 10}
	for _, u := range us {
		c.Status[u.ID] = "member"
	}
	s.chats[id] = c
	return c
}

// Chat is the chat with an id.
func (s *Server) Chat(id int64) *Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chats[id]
}

// Set changes a chat with the server locked.
func (s *Server) Set(c *Chat, f func(c *Chat)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(c)
}

// Say is how something is said, beyond the text.
type Say struct {
	ReplyTo  *Message
	Thread   int
	Entities []Entity // beside those that are found in the text
	As       *Chat    // written in the name of a chat
	Extra    obj      // further fields of the message
}

// Say lets somebody say something in a chat. The bot gets it if privacy mode
// allows.
func (s *Server) Say(c *Chat, u *User, text string, how ...Say) *Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := Say{}
	if len(how) > 0 {
		h = how[0]
	}
	c.lastID++
	m := &Message{ID: c.lastID, Chat: c.ID, From: u.ID, Text: text, At: time.Now(), Thread: h.Thread, Entities: append(marks(text), h.Entities...)}
	if h.ReplyTo != nil {
		m.ReplyTo = h.ReplyTo.ID
	}
	c.msgs[m.ID] = m
	if !s.shown(c, m, h) {
		return m
	}
	m.Update = s.push("message", s.show(c, m, h))
	return m
}

// shown tells whether privacy mode lets the bot see a message.
func (s *Server) shown(c *Chat, m *Message, h Say) bool {
	if c.Type == "private" || s.o.ReadsAll || c.Status[BotID] == "administrator" || len(h.Extra) > 0 && m.Text == "" {
		return true
	}
	at := "@" + strings.ToLower(s.o.Username)
	for _, e := range m.Entities {
		u := utf16.Encode([]rune(m.Text))
		part := strings.ToLower(string(utf16.Decode(u[e.Offset : e.Offset+e.Length])))
		switch e.Type {
		case "mention":
			if part == at {
				return true
			}
		case "bot_command":
			if strings.HasSuffix(part, at) || !strings.Contains(part, "@") && c.lastBot {
				return true
			}
		case "text_mention":
			return true
		}
	}
	r := c.msgs[m.ReplyTo]
	return r != nil && r.From == BotID
}

// marks finds the commands and mentions of a text, as Telegram does.
func marks(text string) []Entity {
	var es []Entity
	units := 0
	for i, w := range strings.SplitAfter(text, " ") {
		word := strings.TrimRight(w, " ,.?!:\n")
		n := len(utf16.Encode([]rune(word)))
		switch {
		case strings.HasPrefix(word, "@") && len(word) > 1:
			es = append(es, Entity{Type: "mention", Offset: units, Length: n})
		case i == 0 && strings.HasPrefix(word, "/") && len(word) > 1:
			es = append(es, Entity{Type: "bot_command", Offset: units, Length: n})
		}
		units += len(utf16.Encode([]rune(w)))
	}
	return es
}

// show is a message as the bot gets it.
func (s *Server) show(c *Chat, m *Message, h Say) obj {
	o := obj{"message_id": m.ID, "date": m.At.Unix(), "chat": obj{"id": c.ID, "type": c.Type, "title": c.Title, "is_forum": c.Forum}, "from": s.showUser(m.From)}
	if m.Text != "" {
		o["text"] = m.Text
	}
	if len(m.Entities) > 0 {
		o["entities"] = m.Entities
	}
	if h.As != nil {
		o["sender_chat"] = obj{"id": h.As.ID, "type": h.As.Type}
		o["from"] = obj{"id": 1087968824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"}
	}
	if r := c.msgs[m.ReplyTo]; r != nil {
		o["reply_to_message"] = obj{"message_id": r.ID, "date": r.At.Unix(), "chat": obj{"id": c.ID, "type": c.Type}, "from": s.showUser(r.From), "text": r.Text}
	}
	if m.Thread != 0 {
		o["message_thread_id"] = m.Thread
		if c.Forum {
			o["is_topic_message"] = true
			if m.ReplyTo == 0 {
				o["reply_to_message"] = obj{"message_id": m.Thread, "from": s.showUser(BotID), "forum_topic_created": obj{"name": "x"}}
			}
		}
	}
	for k, v := range h.Extra {
		o[k] = v
	}
	return o
}

func (s *Server) showUser(id int64) obj {
	if id == BotID {
		return obj{"id": BotID, "is_bot": true, "first_name": "Parley", "username": s.o.Username}
	}
	u := s.users[id]
	if u == nil {
		return obj{"id": id, "first_name": "Somebody"}
	}
	return obj{"id": u.ID, "is_bot": false, "first_name": u.Name, "language_code": u.Lang}
}

// Edit changes what somebody said.
func (s *Server) Edit(m *Message, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[m.Chat]
	m.Text, m.Entities = text, marks(text)
	o := s.show(c, m, Say{})
	o["edit_date"] = time.Now().Unix()
	if s.shown(c, m, Say{}) {
		s.push("edited_message", o)
	}
}

// Press presses a button under a message and returns the query's id.
func (s *Server) Press(u *User, m *Message, data string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[m.Chat]
	id := strconv.Itoa(700000 + s.lastUpdate)
	s.callbacks[id] = time.Now()
	s.push("callback_query", obj{"id": id, "from": s.showUser(u.ID), "chat_instance": "1", "data": data, "message": s.show(c, m, Say{})})
	return id
}

// Query types behind the bot's name and returns the query's id.
func (s *Server) Query(u *User, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strconv.Itoa(800000 + s.lastUpdate)
	s.inline[id] = Request{}
	s.push("inline_query", obj{"id": id, "from": s.showUser(u.ID), "query": text, "offset": ""})
	return id
}

// SetBot changes what the bot is in a chat: member, administrator, left, kicked.
func (s *Server) SetBot(c *Chat, by *User, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := c.Status[BotID]
	c.Status[BotID] = status
	me := s.showUser(BotID)
	s.push("my_chat_member", obj{"chat": obj{"id": c.ID, "type": c.Type, "title": c.Title}, "from": s.showUser(by.ID), "date": time.Now().Unix(),
		"old_chat_member": obj{"user": me, "status": old}, "new_chat_member": obj{"user": me, "status": status}})
}

// Migrate makes a supergroup of a group. If told is false the bot learns it
// only when it sends to the old id.
func (s *Server) Migrate(c *Chat, told bool) *Chat {
	n := s.Supergroup(c.Title)
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, st := range c.Status {
		n.Status[id] = st
	}
	c.moveTo = n.ID
	if told {
		c.lastID++
		s.push("message", obj{"message_id": c.lastID, "date": time.Now().Unix(), "chat": obj{"id": c.ID, "type": c.Type}, "migrate_to_chat_id": n.ID})
		s.push("message", obj{"message_id": 1, "date": time.Now().Unix(), "chat": obj{"id": n.ID, "type": n.Type}, "migrate_from_chat_id": c.ID})
	}
	return n
}

// CloseTopic closes a topic of a forum.
func (s *Server) CloseTopic(c *Chat, topic int) { s.Set(c, func(c *Chat) { c.topics[topic] = false }) }
