package bot

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"parley/answers/lang"
)

// Rate is how many messages may come at once, and then one after each span of
// time. A burst of none is no limit.
type Rate struct {
	Burst int
	Every time.Duration
}

// Flood is how many messages are answered: of one person wherever they write, in
// one chat, and of everybody. The zero value limits nothing.
type Flood struct{ Person, Chat, All Rate }

// Administrators whose chat is flooded, or who are taken for a flood, can still
// give these commands, so many of them.
var adminRate = Rate{5, 5 * time.Second}

// noticeRate is how often somebody is told to wait where everybody together is too
// much: not often enough to be one more load.
var noticeRate = Rate{50, 100 * time.Millisecond}

// maxHeats is how many people, and how many chats, are remembered at the most:
// beyond it those who have cooled are forgotten, then anybody.
const maxHeats = 20_000

// heat is how much somebody has written lately.
type heat struct {
	limit *rate.Limiter // nil: no limit
	hot   bool          // nothing is answered until it has cooled
	told  time.Time     // of the heat of everybody: when that began
	admin *rate.Limiter
}

func newHeat(r Rate) *heat {
	h := &heat{admin: newLimit(adminRate)}
	h.limit = newLimit(r)
	return h
}

func newLimit(r Rate) *rate.Limiter {
	if r.Burst <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Every(r.Every), r.Burst)
}

// take counts one message. fresh tells that the limit was passed just now. What
// has passed it has to cool to a third of its burst before it is answered again.
func (h *heat) take(now time.Time) (ok, fresh bool) {
	switch {
	case h.limit == nil:
		return true, false
	case h.hot && h.limit.TokensAt(now) < float64(max(1, h.limit.Burst()/3)):
		return false, false
	case h.limit.AllowN(now, 1):
		h.hot = false
		return true, false
	}
	fresh = !h.hot
	h.hot = true
	return false, fresh
}

// cooled tells that it is as if nothing had ever been written.
func (h *heat) cooled(now time.Time) bool {
	return h.limit == nil || h.limit.TokensAt(now) >= float64(h.limit.Burst())
}

// floods are the heats of all.
type floods struct {
	mu      sync.Mutex
	rates   Flood
	people  map[whom]*heat
	chats   map[whom]*heat
	all     *heat
	since   time.Time // when everybody together became too much
	notices *rate.Limiter
}

// whom is a person or a chat of a network.
type whom struct{ network, id string }

func newFloods(f Flood) *floods {
	return &floods{rates: f, people: make(map[whom]*heat), chats: make(map[whom]*heat), all: newHeat(f.All), notices: newLimit(noticeRate)}
}

// verdict is what becomes of a message.
type verdict int

const (
	answer   verdict = iota
	asAdmin          // answer it if an administrator wrote it
	slowDown         // say once that it is too much
	silence
)

// Who is too much, as metrics name it.
const (
	ofPerson = "person"
	ofChat   = "chat"
	ofAll    = "all"
)

// judge decides what becomes of a message, and says who was too much. ruling
// tells that it is a command of those who rule a chat.
func (f *floods) judge(m Message, ruling bool, now time.Time) (v verdict, who string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	chat := f.of(f.chats, whom{m.Chat.Network, m.Chat.ID}, f.rates.Chat, now)
	person := chat
	if m.From != "" {
		person = f.of(f.people, whom{m.Chat.Network, m.From}, f.rates.Person, now)
		if ok, fresh := person.take(now); !ok {
			return refuse(chat, ruling, fresh, now), ofPerson
		}
	}
	if ok, fresh := chat.take(now); !ok {
		return refuse(chat, ruling, fresh, now), ofChat
	}
	ok, fresh := f.all.take(now)
	if ok {
		return answer, ""
	}
	if fresh {
		f.since = now
	}
	tell := person.told != f.since && f.notices.AllowN(now, 1)
	person.told = f.since
	return refuse(chat, ruling, tell, now), ofAll
}

func refuse(chat *heat, ruling, tell bool, now time.Time) verdict {
	switch {
	case ruling && chat.admin.AllowN(now, 1):
		return asAdmin
	case tell:
		return slowDown
	}
	return silence
}

func (f *floods) of(all map[whom]*heat, who whom, r Rate, now time.Time) *heat {
	h := all[who]
	if h == nil {
		if len(all) >= maxHeats {
			trim(all, func(h *heat) bool { return h.cooled(now) })
		}
		h = newHeat(r)
		all[who] = h
	}
	return h
}

// SetFlood changes the limits; what was counted before is forgotten.
func (b *Bot) SetFlood(f Flood) { b.floods.Store(newFloods(f)) }

// rules tells whether a command is of those who rule a chat: to stop the bot, to
// send it away, to choose its language.
func (b *Bot) rules(m Message) bool {
	c, ok := b.find(m.Command)
	return ok && (c.Admin || c.Rooms || c.Name == "lang" || c.Name == "forget")
}

// tellSlowDown says that it is too much, without looking at what was asked.
func (b *Bot) tellSlowDown(ctx context.Context, a Adapter, m Message) error {
	r := b.notice(ctx, m, "flood", lang.Args{})
	r.Quote, r.Mention = m.ID, m.From
	_, err := a.Send(ctx, m.Chat, r)
	return err
}
