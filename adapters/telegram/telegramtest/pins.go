package telegramtest

import (
	"net/url"
	"slices"
	"time"
)

// editCaption says whose a message is: no text of the bot's has a caption.
func (s *Server) editCaption(c *Chat, form url.Values) (any, *failure) {
	m := c.msgs[num(form, "message_id")]
	switch {
	case m == nil || m.Deleted:
		return nil, bad("message to edit not found")
	case m.From != BotID:
		return nil, bad("message can't be edited")
	}
	return nil, bad("there is no caption in the message to edit")
}

// forward copies a message within its chat.
func (s *Server) forward(c *Chat, form url.Values) (any, *failure) {
	m := c.msgs[num(form, "message_id")]
	if m == nil || m.Deleted {
		return nil, bad("message to forward not found")
	}
	c.lastID++
	copied := &Message{ID: c.lastID, Chat: c.ID, From: BotID, Text: m.Text, Entities: m.Entities, At: time.Now(), Thread: num(form, "message_thread_id")}
	c.msgs[copied.ID] = copied
	return s.show(c, copied, Say{}), nil
}

// getChat is a chat with its newest pinned message.
func (s *Server) getChat(c *Chat) obj {
	o := obj{"id": c.ID, "type": c.Type, "title": c.Title, "accent_color_id": 0, "max_reaction_count": 11}
	for _, id := range slices.Backward(c.Pinned) {
		if m := c.msgs[id]; m != nil && !m.Deleted {
			o["pinned_message"] = s.show(c, m, Say{})
			break
		}
	}
	return o
}

// Pins are the pinned messages that stand, the newest last.
func (s *Server) Pins(c *Chat) (out []Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range c.Pinned {
		if m := c.msgs[id]; m != nil && !m.Deleted {
			out = append(out, *m)
		}
	}
	return out
}

// PinAs lets somebody pin a message of theirs or another's.
func (s *Server) PinAs(c *Chat, m *Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Pinned = append(slices.DeleteFunc(c.Pinned, func(x int) bool { return x == m.ID }), m.ID)
}

// UnpinAs lets an administrator unpin a message.
func (s *Server) UnpinAs(c *Chat, id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Pinned = slices.DeleteFunc(c.Pinned, func(x int) bool { return x == id })
}

// Delete lets an administrator delete a message.
func (s *Server) Delete(c *Chat, id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := c.msgs[id]; m != nil {
		m.Deleted = true
	}
	c.Pinned = slices.DeleteFunc(c.Pinned, func(x int) bool { return x == id })
}

// WaitUntil waits until something holds, looking whenever something happens
// and now and then besides. It must not be called with the server locked.
func (s *Server) WaitUntil(timeout time.Duration, holds func() bool) bool {
	end := time.NewTimer(timeout)
	defer end.Stop()
	for {
		s.mu.Lock()
		news := s.news
		s.mu.Unlock()
		if holds() {
			return true
		}
		select {
		case <-news:
		case <-time.After(20 * time.Millisecond):
		case <-end.C:
			return holds()
		}
	}
}
