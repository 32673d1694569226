package telegram

import (
	"sync/atomic"
	"time"
)

// Stats counts what happened since the start.
type Stats struct {
	Updates        int64 // taken in, repeated ones not counted
	Repeated       int64 // known already, left alone
	Dropped        int64 // not meant for the bot
	Sent           int64 // messages
	Edited         int64
	Postponed      int64 // answers stored until their chat may get them
	Retries        int64 // further tries after an error
	Flooded        int64 // answers 429
	UncertainSends int64 // sends whose fate nobody knows; at most this many doubles
	Panics         int64
	Waits          int64         // requests that had to wait for Telegram's limits
	Waited         time.Duration // how long in all
}

type counters struct {
	updates, repeated, dropped, sent, edited, postponed, retries, flooded, uncertain, panics atomic.Int64
}

// Stats returns the counts of this moment.
func (a *Adapter) Stats() Stats {
	c := &a.stats
	return Stats{
		Updates: c.updates.Load(), Repeated: c.repeated.Load(), Dropped: c.dropped.Load(),
		Sent: c.sent.Load(), Edited: c.edited.Load(), Postponed: c.postponed.Load(), Retries: c.retries.Load(),
		Flooded: c.flooded.Load(), UncertainSends: c.uncertain.Load(), Panics: c.panics.Load(),
		Waits: a.gov.waits.Load(), Waited: time.Duration(a.gov.waited.Load()),
	}
}
