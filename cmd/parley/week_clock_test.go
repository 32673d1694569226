package main

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

// Somebody sets the clock: by three hours and three days ahead, and back.
const (
	hours = 3 * time.Hour
	days  = 3 * 24 * time.Hour
)

// reminded begins a reminder of the day before.
const reminded = "Tomorrow:"

// clockDay is a scene in which all are told on the day before of a meeting whose
// hour is not known.
type clockDay struct {
	*scene
	*clock
	start  time.Duration // of the clock beside the true one
	by     time.Duration // how far it is from what would be right
	groups []*telegramtest.Chat
}

// newClockDay begins in the morning, three hours before all are reminded.
func newClockDay(t *testing.T) *clockDay {
	t.Helper()
	d := &clockDay{scene: &scene{Server: telegramtest.New(t, telegramtest.Options{}), base: newBase(t)}, clock: newClock(t)}
	d.admin = d.User("Ann", "en")
	d.start = time.Until(time.Date(2027, 1, 4, 6, 0, 30, 0, time.UTC)).Truncate(time.Second)
	d.ahead(0)
	return d
}

// ahead sets the clock, so far from what would be right.
func (d *clockDay) ahead(by time.Duration) {
	d.by = by
	d.set(d.start + by)
}

// count is how many messages with a text all groups were sent unasked.
func (d *clockDay) count(text string) (n int) {
	for _, g := range d.groups {
		for _, m := range d.Sent(g) {
			if m.ReplyTo == 0 && strings.Contains(m.Text, text) && strings.HasPrefix(m.Text, reminded) == (text == reminded) && !strings.HasPrefix(m.Text, "Schedule of") {
				n++
			}
		}
	}
	return n
}

// once waits until each group was sent a text, and looks whether it was once.
func (d *clockDay) once(t *testing.T, what, text string) {
	t.Helper()
	began := time.Now()
	if !d.WaitUntil(within, func() bool { return d.count(text) >= len(d.groups) }) || d.count(text) > len(d.groups) {
		t.Errorf("%s: %q was sent %d times to %d groups", what, text, d.count(text), len(d.groups))
	}
	t.Logf("%s: %s", what, time.Since(began).Round(10*time.Millisecond))
}

// happens changes the facts, and waits until each group was told once and its card
// shows it.
func (d *clockDay) happens(t *testing.T, what, id, day string) {
	t.Helper()
	d.put(id, "announced", "2026-11-20", day)
	d.save()
	d.once(t, what, "en "+id+" ")
	d.cards(t, what, d.texts[id])
}

// cards waits until the one card of each group shows a text.
func (d *clockDay) cards(t *testing.T, what, text string) {
	t.Helper()
	for _, g := range d.groups {
		if !d.WaitUntil(within, func() bool { p := d.Pins(g); return len(p) == 1 && strings.Contains(p[0].Text, text) }) {
			t.Errorf("%s: no card shows %q: %+v", what, text, d.Pins(g))
		}
	}
}

// answered asks something and looks whether the right thing is said, once.
func (d *clockDay) answered(t *testing.T, what string, u *telegramtest.User, ask, want string) {
	t.Helper()
	m := d.Say(d.Private(u), u, ask)
	if r, ok := d.WaitReply(m, within); !ok || !strings.Contains(r.Text, want) || strings.Contains(r.Text, "too much") || len(d.Replies(m)) != 1 {
		t.Errorf("%s: %s is answered %v: %s", what, ask, ok, r.Text)
	}
}

// aClock: that of the one machine there is.
func aClock(t *testing.T, _ *matrixtest.Homeserver) {
	d := newClockDay(t)
	here := telegramSite(t, d.Server).with(d.clock.site()).with(site{"FACTS_DIR": d.dir, "ANNOUNCE_ROUND": "1m", "FLOOD_PERSON_BURST": "3", "FLOOD_PERSON_EVERY": "2s"})
	p := here.run(t)
	d.groups = d.crowd(3)
	d.happens(t, "at first", "ev-one-x", "2027-01-05")
	d.happens(t, "at first", "ev-two-x", "2027-01-06")
	ann, bob := d.admin, d.User("Bob", "en")
	d.answered(t, "at first", ann, "/next", "")
	for range 6 {
		d.Say(d.Private(bob), bob, "/next")
	}

	// What could not be sent before the clock is set is sent after it.
	waits := func(what, id string, by time.Duration) {
		t.Helper()
		back := d.Fail(telegramtest.Fault{Kind: telegramtest.BadGateway, Method: "sendMessage"})
		d.put(id, "announced", "2026-11-20", fmt.Sprintf("2027-02-%02d", len(d.order)))
		d.save()
		changes := func() int { return strings.Count(p.log.String(), `"facts announced"`) }
		before := changes()
		if !d.WaitUntil(within, func() bool { return changes() > before }) {
			t.Error("nothing is tried")
		}
		pause(t.Context(), 2*time.Second) // longer than a task is tried at a time
		seen := strings.Count(p.log.String(), "set back")
		isBack := by < d.by
		d.ahead(by)
		back()
		if isBack && !d.WaitUntil(within, func() bool { return strings.Count(p.log.String(), "set back") > seen }) {
			t.Errorf("%s: not noticed", what)
		}
		d.once(t, what, "en "+id+" ")
	}
	waits("three hours ahead", "ev-three-x", hours)
	d.once(t, "at the time for it", reminded)
	d.answered(t, "who asked too much", bob, "/next", "")
	waits("back", "ev-four-x", 0)
	d.answered(t, "back", ann, "/next", "")
	d.answered(t, "back", bob, "/next", "")

	// What is done while the clock is wrong is not lost when it is put right.
	d.ahead(days)
	d.happens(t, "three days ahead", "ev-five-x", "2027-03-05")
	pause(t.Context(), 5*time.Second) // tasks that have come due meanwhile
	waits("back", "ev-six-x", 0)
	d.cards(t, "back", "ev-two-x")
	d.once(t, "back", reminded)
	d.ahead(24*time.Hour + hours) // the day after, as if the time had passed
	if !d.WaitUntil(within, func() bool { return d.count(reminded) == 2*len(d.groups) }) {
		t.Errorf("reminded %d times of two meetings", d.count(reminded))
	}

	// It was wrong when the program was killed.
	d.happens(t, "a day ahead", "ev-seven-x", "2027-02-27")
	p.kill()
	d.ahead(0)
	p = here.run(t)
	d.happens(t, "killed, back", "ev-eight-x", "2027-02-28")
	waits("killed, back, and back", "ev-nine-x", -hours)
	d.answered(t, "at last", bob, "/next", "")
	pause(t.Context(), 2*time.Second)
	if n := d.count(reminded); n != 2*len(d.groups) {
		t.Errorf("reminded %d times of two meetings", n)
	}
	for _, id := range d.order[1:] {
		d.once(t, "at last", "en "+id+" ")
	}
}

// clocks: that of one replica is wrong by hours, and then set.
func clocks(t *testing.T, _ *matrixtest.Homeserver) {
	db := newDatabase(t)
	if db == nil {
		return
	}
	tg, c := telegramtest.New(t, telegramtest.Options{Latency: 5 * time.Millisecond}), newClock(t)
	c.set(hours)
	all := &turns{at: []string{freeAddress(t), freeAddress(t)}, again: 1}
	front := httptest.NewServer(all)
	defer front.Close()
	here := telegramSite(t, tg).with(site{"STORE_URL": db.url, "TELEGRAM_MODE": "webhook", "TELEGRAM_WEBHOOK_URL": front.URL, "FLOOD_PERSON_BURST": "0", "FLOOD_CHAT_BURST": "0"})
	for i, r := range []site{here, here.with(c.site())} {
		r.with(site{"TELEGRAM_WEBHOOK_LISTEN": all.at[i]}).run(t).await(t, allReady)
	}
	q := newQuestions(tg, 50)
	for _, ahead := range []time.Duration{hours, 0, days, -hours} {
		c.set(ahead)
		began := time.Now()
		for range 100 {
			q.ask()
		}
		if doubled := q.judge(t, within); doubled > 0 {
			t.Errorf("ahead by %s: %d doubled", ahead, doubled)
		}
		u := q.User("Cem", "en")
		for _, x := range []struct{ ask, want string }{{asks[0], "72"}, {"and the first?", "105"}, {"/pin", ""}} {
			m := q.Say(q.Private(u), u, x.ask)
			if x.want == "" {
				continue
			}
			if r, ok := q.WaitReply(m, within); !ok || !strings.Contains(r.Text, x.want) {
				t.Errorf("ahead by %s: %s is answered %v: %s", ahead, x.ask, ok, r.Text)
			}
		}
		if !q.WaitUntil(within, func() bool { return len(q.Pins(q.Private(u))) == 1 }) {
			t.Errorf("ahead by %s: nothing is sent unasked", ahead)
		}
		t.Logf("ahead by %s: all done after %s", ahead, time.Since(began).Round(10*time.Millisecond))
	}
	all.wg.Wait()
	for _, m := range q.asked {
		if n := len(q.Replies(m)); n != 1 {
			t.Errorf("update %d has %d answers", m.Update, n)
		}
	}
}

// clockInMatrix: it differs from the homeserver's.
func clockInMatrix(t *testing.T, hs *matrixtest.Homeserver) {
	c := newClock(t)
	r := withPerson(t, hs, nil, "someday", "@parley-someday:"+matrixtest.ServerName)
	here := matrixSite(t, hs, hs.URL, "parley-someday").with(c.site())
	c.set(hours)
	here.run(t).await(t, allReady)
	room := r.Room(t, true, r.bot)
	r.AwaitMember(t, room, r.bot)
	var asked []id.EventID
	for _, ahead := range []time.Duration{hours, 0, days, -hours} {
		c.set(ahead)
		m := r.Say(t, room, asks[0])
		asked = append(asked, m)
		if got := r.Reply(t, m).Content.AsMessage().Body; !strings.Contains(got, "72") {
			t.Errorf("ahead by %s: answered %s", ahead, got)
		}
	}
	for _, m := range asked {
		if n := len(r.Seen(matrixtest.RepliesTo(m))); n != 1 {
			t.Errorf("%d answers to %s", n, m)
		}
	}
}
