package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"parley/adapters/telegram/telegramtest"
	"parley/bot/store/storetest"
)

// databases runs a test on each engine, with the settings naming a fresh one.
func databases(t *testing.T, test func(t *testing.T)) {
	storetest.Engines(t, func(t *testing.T, where string) {
		t.Setenv("PARLEY_STORE_URL", where)
		test(t)
	})
}

// wrong tells what is wrong with what a chat shows of the schedule there is:
// each event once, as it is now; a withdrawn one not at all, or as such.
func (b *base) wrong(w wall) string {
	if len(w.cards) != 1 || len(w.pinned) != 1 || w.others != 0 {
		return fmt.Sprintf("%d cards, %d of them pinned, %d other pins", len(w.cards), len(w.pinned), w.others)
	}
	newest := ""
	for _, id := range b.order[1:] {
		n, stands := strings.Count(w.news, "en "+id+" "), b.events[id] != ""
		switch {
		case stands && n != 1, n > 1:
			return fmt.Sprintf("%s is told %d times in\n%s", id, n, w.news)
		case stands && !strings.Contains(w.news, b.texts[id]):
			return fmt.Sprintf("no %q in\n%s", b.texts[id], w.news)
		case !stands && n == 1 && !strings.Contains(strings.ToLower(w.news), "withdrawn"):
			return fmt.Sprintf("%s is not withdrawn in\n%s", id, w.news)
		}
		if stands {
			newest = b.texts[id]
		}
	}
	if !strings.Contains(w.cards[0], newest) {
		return fmt.Sprintf("no %q on the card\n%s", newest, w.cards[0])
	}
	return ""
}

// wallOf is what a group shows of the bot's own accord.
func (s *scene) wallOf(g *telegramtest.Chat) (w wall) {
	for _, m := range s.Sent(g) {
		switch {
		case m.ReplyTo != 0:
		case strings.HasPrefix(m.Text, "Schedule of"):
			w.cards = append(w.cards, m.Text)
		default:
			w.news += m.Text + "\n"
		}
	}
	for _, m := range s.Pins(g) {
		if m.From == telegramtest.BotID && strings.HasPrefix(m.Text, "Schedule of") {
			w.pinned = append(w.pinned, m.Text)
		} else {
			w.others++
		}
	}
	return w
}

// both are groups and rooms that one program serves.
type both struct {
	*scene
	rooms  *rooms
	groups []*telegramtest.Chat
	in     []id.RoomID
}

// settled waits until every chat shows what there is, and that it stays so.
func (b *both) settled() {
	b.t.Helper()
	wrong := func() string {
		for i, g := range b.groups {
			if w := b.wrong(b.wallOf(g)); w != "" {
				return fmt.Sprintf("group %d: %s", i, w)
			}
		}
		for i, room := range b.in {
			if w := b.wrong(b.rooms.look(room)); w != "" {
				return fmt.Sprintf("room %d: %s", i, w)
			}
		}
		return ""
	}
	for end := time.Now().Add(2 * time.Minute); wrong() != ""; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatal(wrong())
		}
	}
	time.Sleep(2 * time.Second) // what is sent too often comes late
	if w := wrong(); w != "" {
		b.t.Fatal(w)
	}
}

// edit is what a curator does.
func (b *both) edit(r *rand.Rand, n int) {
	var standing []string
	for _, id := range b.order[1:] {
		if b.events[id] != "" {
			standing = append(standing, id)
		}
	}
	kind := [...]string{"moved", "cancelled"}[r.IntN(2)]
	switch x := r.IntN(5); {
	case x == 0 && len(standing) > 1:
		b.drop(standing[r.IntN(len(standing))])
	case x == 1 && len(standing) > 0:
		id := standing[r.IntN(len(standing))]
		as, day := "announced", "2027-01-05" // another kind or day would be news
		if what := strings.Fields(b.texts[id])[2]; what != as {
			as, day = what, "2027-01-09"
		}
		b.put(id, as, "2026-11-20", day, fmt.Sprint("better", n))
	case x == 2 && len(standing) > 0:
		b.put(fmt.Sprintf("ev-h%d-%s", n, kind), kind, "2026-11-20", "2027-01-09")
	default:
		b.put(fmt.Sprintf("ev-h%d-x", n), "announced", "2026-11-20", "2027-01-05")
	}
	b.save()
}

// Changes, corrections and withdrawals, while both networks drop, refuse and
// delay, and the program is killed at random moments.
func TestAfterAnyHistoryEveryChatOfBothNetworksShowsTheNewestOnce(t *testing.T) {
	databases(t, func(t *testing.T) {
		where := os.Getenv("PARLEY_STORE_URL")
		matrix := newRooms(t)
		s := newSceneOf(t, telegramtest.Options{Latency: 10 * time.Millisecond}, func(*scene) func() {
			t.Setenv("PARLEY_STORE_URL", where)
			return func() {}
		})
		p := startProgram(t)
		defer func() { p.kill() }()
		b := &both{scene: s, rooms: matrix, groups: s.crowd(4), in: []id.RoomID{matrix.room(false), matrix.room(true)}}
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 0))
		chances, mu := rand.New(rand.NewPCG(seed, 1)), sync.Mutex{}
		killed := 0
		for i := range *kills {
			var ends []func()
			for _, f := range []telegramtest.Fault{{Kind: telegramtest.DropAfter, Share: 0.08}, {Kind: telegramtest.DropBefore, Share: 0.05},
				{Kind: telegramtest.BadGateway, Share: 0.05}, {Kind: telegramtest.Flood, Share: 0.01, Retry: 1}} {
				ends = append(ends, s.Fail(f))
			}
			matrix.misbehave(func() float64 { mu.Lock(); defer mu.Unlock(); return chances.Float64() })
			b.edit(r, i)
			time.Sleep(settled + time.Duration(r.IntN(900*slowdown))*time.Millisecond) // when it happens to be killed is the test
			if r.IntN(4) > 0 {
				p.kill()
				p = startProgram(t)
				killed++
			}
			for _, end := range ends {
				end()
			}
			matrix.proxy.On(nil)
			if i%6 == 5 { // or a message would have more to tell than it lists
				b.settled()
			}
		}
		b.settled()
		t.Logf("%d changes, %d kills, %d groups, %d rooms", *kills, killed, len(b.groups), len(b.in))
	})
}
