package main

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"parley/bot"
)

// saveMemory lets little garbage lie about while the facts are loaded: what stays
// would be strewn among it. The function that it returns gives back what loading
// needed; from then on most of what is in use stays for good, so collecting the
// rest costs little. GOGC in the environment wins.
func saveMemory() (giveBack func()) {
	if os.Getenv("GOGC") != "" {
		return debug.FreeOSMemory
	}
	debug.SetGCPercent(20)
	return func() {
		debug.SetGCPercent(40)
		debug.FreeOSMemory()
	}
}

// restAfter is how long nobody asks until memory is given back.
const restAfter = time.Minute

// rest gives back what answering needed after each span in which nobody asked,
// until ctx ends.
func rest(ctx context.Context, b *bot.Bot, adapters []bot.Adapter) {
	handled := func() (last time.Time) {
		for _, a := range adapters {
			if at := b.Handling(a.Name()).Last; at.After(last) {
				last = at
			}
		}
		return last
	}
	for before := handled(); pause(ctx, restAfter); before = handled() {
		if handled().Equal(before) {
			debug.FreeOSMemory()
		}
	}
}
