package telegramtest

import (
	"slices"
	"time"
)

// Sent are the bot's messages in a chat, in order.
func (s *Server) Sent(c *Chat) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent(c)
}

func (s *Server) sent(c *Chat) []Message {
	var out []Message
	for _, m := range c.msgs {
		if m.From == BotID && !m.Deleted {
			out = append(out, *m)
		}
	}
	slices.SortFunc(out, func(a, b Message) int { return a.ID - b.ID })
	return out
}

// Replies are the bot's messages that reply to a message.
func (s *Server) Replies(m *Message) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replies(m)
}

func (s *Server) replies(m *Message) []Message {
	c := s.chats[m.Chat]
	if c.moveTo != 0 {
		c = s.chats[c.moveTo]
	}
	var out []Message
	for id := c.lastID; id > 0; id-- {
		if r := c.msgs[id]; r != nil && r.From == BotID && r.ReplyTo == m.ID {
			out = append([]Message{*r}, out...)
		}
	}
	return out
}

// WaitReply waits until the bot has replied to a message.
func (s *Server) WaitReply(m *Message, timeout time.Duration) (Message, bool) {
	key := [2]int64{m.Chat, int64(m.ID)}
	s.mu.Lock()
	got := s.replies(m)
	ch := s.asked[key]
	if ch == nil && len(got) == 0 {
		ch = make(chan struct{})
		s.asked[key] = ch
	}
	s.mu.Unlock()
	if len(got) > 0 {
		return got[0], true
	}
	end := time.NewTimer(timeout)
	defer end.Stop()
	select {
	case <-ch:
	case <-end.C:
	}
	if got = s.Replies(m); len(got) == 0 {
		return Message{}, false
	}
	return got[0], true
}

// WaitSent waits until n messages of the bot stand in a chat.
func (s *Server) WaitSent(c *Chat, n int, timeout time.Duration) ([]Message, bool) {
	var got []Message
	ok := s.wait(timeout, func() bool { got = s.sent(c); return len(got) >= n })
	return got, ok
}

// WaitEdits waits until a message of the bot has been edited n times.
func (s *Server) WaitEdits(m Message, n int, timeout time.Duration) (Message, bool) {
	var got Message
	ok := s.wait(timeout, func() bool { got = *s.chats[m.Chat].msgs[m.ID]; return got.Edits >= n })
	return got, ok
}

// WaitAnswered waits until a callback query was answered and tells how long
// that took.
func (s *Server) WaitAnswered(id string, timeout time.Duration) (time.Duration, bool) {
	var d time.Duration
	ok := s.wait(timeout, func() bool { var has bool; d, has = s.answered[id]; return has })
	return d, ok
}

// WaitInline waits until an inline query was answered.
func (s *Server) WaitInline(id string, timeout time.Duration) (Request, bool) {
	var r Request
	ok := s.wait(timeout, func() bool { r = s.inline[id]; return r.Method != "" })
	return r, ok
}

// WaitRequests waits until a method was called n times, and returns the calls.
func (s *Server) WaitRequests(method string, n int, timeout time.Duration) ([]Request, bool) {
	var got []Request
	ok := s.wait(timeout, func() bool { got = s.called(method); return len(got) >= n })
	return got, ok
}

// Requests are the calls of a method; "" is every one but getUpdates.
func (s *Server) Requests(method string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.called(method)
}

func (s *Server) called(method string) []Request {
	var out []Request
	for _, r := range s.requests {
		if method == "" || r.Method == method {
			out = append(out, r)
		}
	}
	return out
}

// Violations are the requests that the API's description does not allow.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Impatient is how many requests came during a retry_after.
func (s *Server) Impatient() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quiet
}
