package telegramtest

import (
	"math"
	"time"
)

// Limits are Telegram's, as token buckets. A zero field is no limit.
type Limits struct {
	Overall    float64 // messages a second in all
	Chat       float64 // messages a second in a chat
	ChatBurst  float64 // at once in a chat, default 3
	Group      float64 // messages a minute in a group
	RetryAfter int     // seconds at the least, default 1
}

// Telegram are the limits as they are told.
var Telegram = Limits{Overall: 30, Chat: 1, ChatBurst: 3, Group: 20}

type limiter struct {
	l       Limits
	buckets map[[2]int64]*tokens
	until   map[int64]time.Time // during a retry_after all is refused; 0: everywhere
}

type tokens struct {
	n  float64
	at time.Time
}

func newLimiter(l Limits) limiter {
	if l.ChatBurst == 0 {
		l.ChatBurst = 3
	}
	if l.RetryAfter == 0 {
		l.RetryAfter = 1
	}
	return limiter{l, map[[2]int64]*tokens{}, map[int64]time.Time{}}
}

// take returns 0 if a message may be sent to the chat, or the seconds to wait,
// and whether the sender had been told to wait already.
func (l *limiter) take(chat int64, group bool, now time.Time) (retry int, told bool) {
	for _, c := range []int64{0, chat} {
		if until := l.until[c]; now.Before(until) {
			return int(math.Ceil(until.Sub(now).Seconds())), true
		}
	}
	type need struct {
		kind       int64
		rate, size float64
	}
	needs := []need{{0, l.l.Overall, l.l.Overall}, {1, l.l.Chat, l.l.ChatBurst}}
	if group {
		needs = append(needs, need{2, l.l.Group / 60, l.l.Group})
	}
	var got []*tokens
	for _, n := range needs {
		if n.rate == 0 {
			continue
		}
		key := [2]int64{n.kind, chat}
		if n.kind == 0 {
			key[1] = 0
		}
		b := l.buckets[key]
		if b == nil {
			b = &tokens{n.size, now}
			l.buckets[key] = b
		}
		b.n = min(n.size, b.n+n.rate*now.Sub(b.at).Seconds())
		b.at = now
		if b.n < 1 {
			wait := max(l.l.RetryAfter, int(math.Ceil((1-b.n)/n.rate)))
			l.until[key[1]] = now.Add(time.Duration(wait) * time.Second)
			return wait, false
		}
		got = append(got, b)
	}
	for _, b := range got {
		b.n--
	}
	return 0, false
}
