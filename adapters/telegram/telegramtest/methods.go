package telegramtest

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// carryOut does what a request asks for. It is called with the lock held.
func (s *Server) carryOut(method string, form url.Values) (any, *failure) {
	switch method {
	case "getMe":
		me := s.showUser(BotID)
		me["can_join_groups"], me["can_read_all_group_messages"], me["supports_inline_queries"] = true, s.o.ReadsAll, true
		return me, nil
	case "setWebhook":
		return s.setWebhook(form)
	case "deleteWebhook":
		s.hook = nil
		return true, nil
	case "getWebhookInfo":
		return s.webhookInfo(), nil
	case "answerCallbackQuery":
		return s.answerCallback(form.Get("callback_query_id"))
	case "answerInlineQuery":
		return s.answerInline(form)
	case "setMyCommands":
		return s.setCommands(form)
	case "deleteMyCommands", "getMyCommands":
		return []any{}, nil
	}
	return s.inChat(method, form)
}

func (s *Server) setWebhook(form url.Values) (any, *failure) {
	h := &webhook{url: form.Get("url"), secret: form.Get("secret_token")}
	if h.url == "" {
		s.hook = nil
		return true, nil
	}
	_ = json.Unmarshal([]byte(form.Get("allowed_updates")), &h.allowed)
	most := cmp.Or(num(form, "max_connections"), 40)
	if h.slots = make(chan struct{}, most); s.hook != nil && cap(s.hook.slots) == most {
		h.slots = s.hook.slots // set once more
	}
	s.hook = h
	if s.polling != nil {
		close(s.polling.stop)
		s.polling = nil
	}
	waiting := s.updates
	s.updates = nil
	for _, u := range waiting {
		s.call(*h, u)
	}
	return true, nil
}

func (s *Server) webhookInfo() obj {
	o := obj{"url": "", "has_custom_certificate": false, "pending_update_count": len(s.updates)}
	if s.hook != nil {
		o["url"] = s.hook.url
	}
	return o
}

func (s *Server) answerCallback(id string) (any, *failure) {
	asked, ok := s.callbacks[id]
	if !ok {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	delete(s.callbacks, id)
	s.answered[id] = time.Since(asked)
	return true, nil
}

func (s *Server) answerInline(form url.Values) (any, *failure) {
	id := form.Get("inline_query_id")
	if _, ok := s.inline[id]; !ok {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	s.inline[id] = Request{Method: "answerInlineQuery", Form: form, At: time.Now(), Status: 200}
	return true, nil
}

func (s *Server) setCommands(form url.Values) (any, *failure) {
	var cs []struct{ Command string }
	_ = json.Unmarshal([]byte(form.Get("commands")), &cs)
	for _, c := range cs {
		if strings.Trim(c.Command, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, bad("BOT_COMMAND_INVALID")
		}
	}
	s.commands[form.Get("scope")+form.Get("language_code")] = form.Get("commands")
	return true, nil
}

// limited are the methods that count against the limits.
var limited = []string{"sendMessage", "editMessageText", "editMessageCaption", "forwardMessage", "editMessageReplyMarkup", "sendChatAction", "pinChatMessage"}

// inChat carries out what belongs to a chat.
func (s *Server) inChat(method string, form url.Values) (any, *failure) {
	id, _ := strconv.ParseInt(form.Get("chat_id"), 10, 64)
	c := s.chats[id]
	if c == nil {
		return nil, bad("chat not found")
	}
	if c.moveTo != 0 {
		return nil, &failure{Code: 400, Text: "Bad Request: group chat was upgraded to a supergroup chat", MoveTo: c.moveTo}
	}
	if f := s.absent(c); f != nil {
		return nil, f
	}
	if slices.Contains(limited, method) {
		if wait, told := s.limits.take(c.ID, c.Type != "private", time.Now()); wait > 0 {
			if told {
				s.quiet++
			}
			return nil, &failure{Code: 429, Text: "Too Many Requests: retry after " + strconv.Itoa(wait), Retry: wait}
		}
	}
	switch method {
	case "sendMessage":
		return s.send(c, form)
	case "editMessageText":
		return s.edit(c, form)
	case "editMessageCaption":
		return s.editCaption(c, form)
	case "forwardMessage":
		return s.forward(c, form)
	case "getChat":
		return s.getChat(c), nil
	case "deleteMessage":
		return s.remove(c, form)
	case "pinChatMessage", "unpinChatMessage":
		return s.pin(c, form, method == "pinChatMessage")
	case "leaveChat":
		s.leaves(c)
	case "getChatMember":
		u, _ := strconv.ParseInt(form.Get("user_id"), 10, 64)
		return obj{"user": s.showUser(u), "status": orLeft(c.Status[u])}, nil
	}
	return true, nil
}

// leaves takes the bot out of a chat, as it asked for, and tells it so.
func (s *Server) leaves(c *Chat) {
	old, me := c.Status[BotID], s.showUser(BotID)
	c.Status[BotID] = "left"
	s.push("my_chat_member", obj{"chat": obj{"id": c.ID, "type": c.Type, "title": c.Title}, "from": me, "date": time.Now().Unix(),
		"old_chat_member": obj{"user": me, "status": old}, "new_chat_member": obj{"user": me, "status": "left"}})
}

func orLeft(status string) string {
	if status == "" {
		return "left"
	}
	return status
}

// absent is the error if the bot is not in a chat any more.
func (s *Server) absent(c *Chat) *failure {
	if c.Refusal != nil {
		return c.Refusal
	}
	switch st := c.Status[BotID]; {
	case c.Type == "private" && st != "member":
		return forbidden("bot was blocked by the user")
	case st == "kicked":
		return forbidden("bot was kicked from the " + c.Type + " chat")
	case st == "left":
		return forbidden("bot is not a member of the " + c.Type + " chat")
	}
	return nil
}

// Forbid lets sending to a chat fail with an error; code 0 ends that.
func (s *Server) Forbid(c *Chat, code int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Refusal = nil
	if code != 0 {
		c.Refusal = &failure{Code: code, Text: text}
	}
}

// body reads the text and what belongs to it.
func body(form url.Values) (text string, es []Entity, bs []Button, f *failure) {
	text = form.Get("text")
	_ = json.Unmarshal([]byte(form.Get("entities")), &es)
	var kb struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	_ = json.Unmarshal([]byte(form.Get("reply_markup")), &kb)
	bs = slices.Concat(kb.Rows...)
	switch {
	case len(text) > 32768:
		return "", nil, nil, bad("text is too long")
	case strings.TrimSpace(text) == "":
		return "", nil, nil, bad("message text is empty")
	case utf8.RuneCountInString(text) > 4096:
		return "", nil, nil, bad("message is too long")
	case form.Get("parse_mode") != "" && strings.Contains(text, "<x"):
		return "", nil, nil, bad(`can't parse entities: Unsupported start tag "x" at byte offset ` + strconv.Itoa(strings.Index(text, "<x")))
	}
	for _, b := range bs {
		if (b.Data == "") == (b.URL == "") || len(b.Data) > 64 {
			return "", nil, nil, bad("BUTTON_DATA_INVALID")
		}
	}
	return text, es, bs, entitiesFit(text, es)
}

// entitiesFit refuses what Telegram would silently move or drop.
func entitiesFit(text string, es []Entity) *failure {
	u := utf16.Encode([]rune(text))
	for _, e := range es {
		if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > len(u) {
			return bad("entity beyond the text")
		}
		for _, i := range []int{e.Offset, e.Offset + e.Length} {
			if i < len(u) && u[i] >= 0xdc00 && u[i] <= 0xdfff {
				return bad("entity in the middle of a character")
			}
		}
	}
	return nil
}

func (s *Server) send(c *Chat, form url.Values) (any, *failure) {
	text, es, bs, f := body(form)
	if f != nil {
		return nil, f
	}
	m := &Message{Chat: c.ID, From: BotID, Text: text, Entities: es, Buttons: bs, At: time.Now(), Thread: num(form, "message_thread_id")}
	if f := c.replies(m, form); f != nil {
		return nil, f
	}
	if f := c.inTopic(m); f != nil {
		return nil, f
	}
	c.lastID++
	m.ID, c.lastBot = c.lastID, true
	c.msgs[m.ID] = m
	s.replied(c, m.ReplyTo)
	return s.show(c, m, Say{}), nil
}

// replied wakes whoever waits for a reply to a message, under the chat's ids
// of now and before it moved.
func (s *Server) replied(c *Chat, to int) {
	for key, ch := range s.asked {
		if key[1] == int64(to) && (key[0] == c.ID || s.chats[key[0]].moveTo == c.ID) {
			close(ch)
			delete(s.asked, key)
		}
	}
}

func (c *Chat) replies(m *Message, form url.Values) *failure {
	var rp struct {
		ID    int  `json:"message_id"`
		Allow bool `json:"allow_sending_without_reply"`
	}
	_ = json.Unmarshal([]byte(form.Get("reply_parameters")), &rp)
	if legacy := num(form, "reply_to_message_id"); legacy != 0 {
		rp.ID, rp.Allow = legacy, form.Get("allow_sending_without_reply") == "true"
	}
	m.ReplyTo = rp.ID
	if rp.ID == 0 {
		return nil
	}
	to := c.msgs[rp.ID]
	if to == nil && !rp.Allow {
		return bad("message to be replied not found")
	}
	if to != nil && m.Thread == 0 {
		m.Thread = to.Thread
	}
	return nil
}

func (c *Chat) inTopic(m *Message) *failure {
	if m.Thread == 0 {
		return nil
	}
	open, ok := c.topics[m.Thread]
	switch {
	case !ok:
		return bad("message thread not found")
	case !open:
		return bad("TOPIC_CLOSED")
	}
	return nil
}

func (s *Server) edit(c *Chat, form url.Values) (any, *failure) {
	m := c.msgs[num(form, "message_id")]
	switch {
	case m == nil || m.Deleted:
		return nil, bad("message to edit not found")
	case m.From != BotID:
		return nil, bad("message can't be edited")
	}
	text, es, bs, f := body(form)
	if f != nil {
		return nil, f
	}
	if text == m.Text && slices.Equal(es, m.Entities) && slices.Equal(bs, m.Buttons) {
		return nil, bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	m.Text, m.Entities, m.Buttons = text, es, bs
	m.Edits++
	return s.show(c, m, Say{}), nil
}

func (s *Server) remove(c *Chat, form url.Values) (any, *failure) {
	m := c.msgs[num(form, "message_id")]
	if m == nil || m.Deleted {
		return nil, bad("message to delete not found")
	}
	m.Deleted = true
	return true, nil
}

// pin pins or unpins; the pin comes back to the bot as a service message.
func (s *Server) pin(c *Chat, form url.Values, on bool) (any, *failure) {
	id := num(form, "message_id")
	verb := "unpin"
	if on {
		verb = "pin"
	}
	switch {
	case c.Type != "private" && c.Status[BotID] != "administrator":
		return nil, bad("not enough rights to manage pinned messages in the chat")
	case c.msgs[id] == nil || !on && !slices.Contains(c.Pinned, id):
		return nil, bad("message to " + verb + " not found")
	}
	c.Pinned = slices.DeleteFunc(c.Pinned, func(x int) bool { return x == id })
	if on {
		c.Pinned = append(c.Pinned, id)
		c.lastID++
		m := &Message{ID: c.lastID, Chat: c.ID, From: BotID, At: time.Now()}
		s.push("message", s.show(c, m, Say{Extra: obj{"pinned_message": obj{"message_id": id, "date": m.At.Unix(), "chat": obj{"id": c.ID, "type": c.Type}}}}))
	}
	return true, nil
}
