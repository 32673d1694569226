package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

type update struct {
	id   int
	kind string
	json json.RawMessage
}

type poller struct{ stop chan struct{} }

type webhook struct {
	url, secret string
	allowed     []string
	slots       chan struct{} // as many requests are under way at the most
}

const conflict = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"

// push gives the bot an update. It is called with the lock held.
func (s *Server) push(kind string, v any) int {
	s.lastUpdate++
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // a mistake in this package
	}
	id := strconv.Itoa(s.lastUpdate)
	raw := []byte(`{"update_id":` + id + `,"` + kind + `":` + string(body) + `}`)
	u := update{s.lastUpdate, kind, raw}
	if s.hook != nil {
		s.call(*s.hook, u)
	} else {
		s.updates = append(s.updates, u)
	}
	s.tell()
	return u.id
}

// getUpdates gives what is not confirmed, at once if there is any. Whoever asks
// while another asks ends that one's asking.
func (s *Server) getUpdates(ctx context.Context, form url.Values) (any, *failure) {
	offset, limit, timeout := num(form, "offset"), num(form, "limit"), num(form, "timeout")
	if limit == 0 {
		limit = 100
	}
	s.mu.Lock()
	if s.hook != nil {
		s.mu.Unlock()
		return nil, &failure{Code: 409, Text: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if s.polling != nil {
		close(s.polling.stop)
	}
	me := &poller{make(chan struct{})}
	s.polling = me
	s.confirm(offset)
	s.tell()
	s.mu.Unlock()
	defer s.endPoll(me)
	end := time.NewTimer(time.Duration(timeout) * time.Second)
	defer end.Stop()
	for {
		batch, news := s.batch(limit)
		if len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-news:
		case <-end.C:
			return []json.RawMessage{}, nil
		case <-me.stop:
			return nil, &failure{Code: 409, Text: conflict}
		case <-ctx.Done():
			return []json.RawMessage{}, nil
		case <-s.stopping:
			return []json.RawMessage{}, nil
		}
	}
}

func (s *Server) endPoll(p *poller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.polling == p {
		s.polling = nil
	}
}

// confirm forgets the updates below the offset, but for those that are to be
// repeated.
func (s *Server) confirm(offset int) {
	var again []update
	kept := s.updates[:0]
	for _, u := range s.updates {
		switch {
		case u.id >= offset:
			kept = append(kept, u)
		case s.o.Repeat > 0 && s.rand.Float64() < s.o.Repeat:
			again = append(again, u)
		}
	}
	s.updates = slices.Concat(again, kept)
}

func (s *Server) batch(limit int) ([]json.RawMessage, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []json.RawMessage
	for _, u := range s.updates[:min(limit, len(s.updates))] {
		out = append(out, u.json)
	}
	if s.o.Reorder {
		s.rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	return out, s.news
}

// Unconfirmed is how many updates the bot has not confirmed.
func (s *Server) Unconfirmed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// WaitConfirmed waits until the bot has confirmed every update.
func (s *Server) WaitConfirmed(timeout time.Duration) bool {
	return s.wait(timeout, func() bool { return len(s.updates) == 0 })
}

// WaitPolling waits until the bot asks for updates or has set a webhook.
func (s *Server) WaitPolling(timeout time.Duration) bool {
	return s.wait(timeout, func() bool { return s.polling != nil || s.hook != nil })
}

// Renumber lets the ids of updates go on at another number, as Telegram does
// after a week without any.
func (s *Server) Renumber(next int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastUpdate = next - 1
}

// call gives an update to the webhook until that takes it, less and less often.
func (s *Server) call(h webhook, u update) {
	if len(h.allowed) > 0 && !slices.Contains(h.allowed, u.kind) {
		return
	}
	s.hooks.Go(func() {
		for n := 0; ; n++ {
			h.slots <- struct{}{}
			status, _ := post(h, u.json)
			<-h.slots
			if status == http.StatusOK {
				return
			}
			select {
			case <-time.After(min(time.Duration(n*20)*time.Millisecond, time.Second)):
			case <-s.stopping:
				return
			}
		}
	})
}

func post(h webhook, body []byte) (int, error) {
	r, err := http.NewRequest(http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}

func num(form url.Values, name string) int {
	n, err := strconv.Atoi(form.Get(name))
	if err != nil {
		return 0
	}
	return n
}
