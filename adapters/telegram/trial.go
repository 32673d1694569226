package telegram

import "time"

// trial finds out whether a server has Telegram's limits. While messages wait,
// one at a time goes beyond the limits with nothing else on its way. A server
// that has taken so many more than Telegram would has none; then only the
// groups' limit is kept. The first 429 ends that for an hour: Telegram's limits
// are enforced, at the cost of that one request.
//
// Telegram itself is never tried: its limits are soft, and passing them once
// proves nothing.
type trial struct {
	on      bool
	passed  bool
	flying  bool    // one that goes beyond the limits is on its way
	beyond  *bucket // what a server with limits would take at the most
	refused time.Time
}

const (
	trialSize = 2.2       // seconds' worth of messages that no limit lets pass at once
	trialRest = time.Hour // after a 429
)

func newTrial(l Limits) trial {
	return trial{on: l.Try, beyond: newBucket(l.Overall, l.Overall*trialSize)}
}

// trying tells whether messages go beyond the limits to see what comes of it.
func (t *trial) trying(now time.Time) bool {
	return t.on && !t.passed && (t.refused.IsZero() || now.Sub(t.refused) > trialRest)
}

// may tells whether a message may go beyond the limits now.
func (t *trial) may(now time.Time) bool { return t.trying(now) && !t.flying }

// came notes that a request came back, and tells whether others may go now.
func (t *trial) came(well bool, now time.Time) bool {
	if !t.on || t.passed {
		return false
	}
	t.flying = false
	if well {
		t.beyond.take(now)
		t.passed = t.beyond.tokens < 0
	}
	return true
}

// refuse notes a 429, and tells whether more was sent than limits allow.
func (t *trial) refuse(now time.Time) bool {
	if !t.on {
		return false
	}
	was := t.passed || t.flying || t.beyond.left(now) < t.beyond.size-1
	t.passed, t.flying, t.refused = false, false, now
	t.beyond.tokens = t.beyond.size
	return was
}
