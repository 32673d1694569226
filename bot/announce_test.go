package bot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/bot"
)

var (
	rome      = event("ev-rome-announced", "announced", "2026-06-15", "2026-07-05")
	romeMoved = event("ev-rome-moved", "moved", "2026-06-16", "2026-07-09")
	romeOff   = event("ev-rome-cancelled", "cancelled", "2026-06-16", "2026-07-09")
)

// last is the last of some messages.
func last(t *testing.T, all []string, n int) string {
	t.Helper()
	if len(all) != n {
		t.Fatalf("%d messages instead of %d: %q", len(all), n, all)
	}
	return all[n-1]
}

func contains(t *testing.T, s string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(s, w) {
			t.Errorf("no %q in:\n%s", w, s)
		}
	}
}

func TestThePinnedCardFollowsTheFacts(t *testing.T) {
	d := newDesk(t)
	if got := d.say("1", "pin", "lang uk"); got != "" {
		t.Errorf("said beside the card: %s", got)
	}
	contains(t, d.card("1"), "не оголошена")
	d.change(rome)
	d.deliver()
	contains(t, d.card("1"), "Наступна зустріч: 5 липня 2026 року")
	contains(t, d.say("1", "pin", "lang en"), "already")
	contains(t, d.card("1"), "Next meeting: 5 July 2026")
	d.change(rome, romeMoved)
	d.deliver()
	contains(t, d.card("1"), "Next meeting: 9 July 2026")
	d.change(rome, romeMoved, romeOff)
	d.deliver()
	contains(t, d.card("1"), "none announced", "ev-rome-cancelled")
	d.change(rome, romeMoved) // the cancellation was wrong
	d.deliver()
	contains(t, d.card("1"), "Next meeting: 9 July 2026", "ev-rome-cancelled cancelled (withdrawn on 20 June 2026)")
	last(t, d.shown("1"), 1)
	contains(t, d.say("1", "unpin", ""), "no longer pinned")
	contains(t, last(t, d.shown("1"), 1), "No longer kept up to date since 20 June 2026")
	contains(t, d.say("1", "unpin", ""), "nothing")
}

func TestTheCardSpeaksTheChatsLanguage(t *testing.T) {
	d := newDesk(t)
	d.say("1", "pin", "")
	d.say("1", "lang", "tr")
	d.deliver()
	contains(t, d.card("1"), "Sıradaki görüşme")
	d.say("1", "pin", "lang ru") // a language of its own
	contains(t, d.card("1"), "Следующая встреча")
}

func TestTheFirstRunRecordsAndStaysSilent(t *testing.T) {
	d := newDesk(t, rome)
	d.say("1", "subscribe", "")
	d.announce()
	d.restart(rome)
	d.announce()
	d.deliver()
	if n := len(d.shown("1")); n > 0 {
		t.Errorf("%d messages", n)
	}
	d.restart(rome, romeMoved) // changed while it was away
	d.announce()
	d.deliver()
	contains(t, last(t, d.shown("1"), 1), "Date moved", "ev-rome-moved")
}

func TestACardThatSomebodyTouchedIsMended(t *testing.T) {
	d := newDesk(t)
	d.say("1", "pin", "")
	round := func() string {
		d.clock = d.clock.Add(time.Hour)
		if err := d.b.Round(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := d.b.Round(t.Context(), time.Hour); err != nil { // another replica
			t.Fatal(err)
		}
		d.deliver()
		return d.card("1")
	}
	before := round()
	if n := d.net.wall("1").edits; n > 0 {
		t.Errorf("%d edits of a card that was well", n)
	}
	d.net.delete("1", 1)
	if got := round(); got != before {
		t.Errorf("after it was deleted: %q", got)
	}
	d.net.wall("1").pinned = nil
	if got := round(); got != before {
		t.Errorf("after it was unpinned: %q", got)
	}
	last(t, d.shown("1"), 1)
}

func TestAMissingRightIsNamedOnceAndTheCardStaysTrue(t *testing.T) {
	d := newDesk(t)
	d.net.wall("1").mayPin = false
	contains(t, d.say("1", "pin", ""), "may not pin")
	d.change(rome)
	d.deliver()
	contains(t, last(t, d.shown("1"), 1), "5 July 2026")

	d.net.wall("2").mayPin = true
	d.say("2", "pin", "")
	d.net.wall("2").mayPin, d.net.wall("2").pinned = false, nil // the right is lost, and the pin
	for range 3 {
		d.clock = d.clock.Add(time.Hour)
		if err := d.b.Round(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		d.deliver()
	}
	contains(t, last(t, d.shown("2"), 2), "may not pin")
	d.net.wall("2").mayPin = true
	contains(t, d.say("2", "pin", ""), "already")
	contains(t, d.card("2"), "5 July 2026")
}

func TestNewsComeOnceForEachSubject(t *testing.T) {
	d := newDesk(t)
	d.say("1", "subscribe", "")
	d.say("2", "subscribe", "prisoners")
	d.say("3", "subscribe", "results")
	d.change(rome)
	d.deliver()
	d.deliver()
	contains(t, last(t, d.shown("1"), 1), "Date announced", "ev-rome-announced announced")
	if n := len(d.shown("2")) + len(d.shown("3")); n > 0 {
		t.Errorf("%d messages to who did not ask for them", n)
	}
	d.change(rome, event("ev-rome-held", "held", "2026-06-16", "2026-06-16"))
	d.deliver()
	contains(t, last(t, d.shown("3"), 1), "Held")
	contains(t, d.say("1", "unsubscribe", ""), "no more news")
	d.change(rome, romeMoved)
	d.deliver()
	last(t, d.shown("1"), 2)
}

func TestALaterRevisionOvertakesAnEarlierOne(t *testing.T) {
	d := newDesk(t)
	d.say("1", "subscribe", "")
	d.change(rome)
	d.change(rome, romeMoved)
	d.change(event("ev-rome-announced", "announced", "2026-06-15", "2026-07-05", "better"), romeMoved)
	d.change(event("ev-rome-announced", "announced", "2026-06-15", "2026-07-05", "better"), romeMoved, event("ev-oslo-announced", "announced", "2026-06-16", "2026-08-01"))
	d.change(event("ev-rome-announced", "announced", "2026-06-15", "2026-07-05", "better"), romeMoved)
	d.deliver()
	got := last(t, d.shown("1"), 1)
	contains(t, got, "What has changed:", "Date announced: ev-rome-announced announced better", "Date moved: ev-rome-moved moved")
	if strings.Contains(got, "oslo") {
		t.Errorf("what was withdrawn before anybody was told: %s", got)
	}
}

func TestQuietHoursEndInOneMessage(t *testing.T) {
	d := newDesk(t)
	contains(t, d.say("1", "subscribe", "schedule quiet 22-07 Europe/Kyiv"), "22:00", "07:00 (Europe/Kyiv)")
	d.deliver()
	d.clock = time.Date(2026, 6, 20, 21, 0, 0, 0, time.UTC) // midnight in Kyiv
	d.change(rome)
	left, err := d.try()
	var busy bot.Busy
	if left != 1 || !errors.As(err, &busy) || busy.After < 7*time.Hour || busy.After > 7*time.Hour+time.Minute {
		t.Fatalf("%d left: %v", left, err)
	}
	d.change(rome, romeMoved)
	d.clock = d.clock.Add(busy.After)
	d.deliver()
	contains(t, last(t, d.shown("1"), 1), "What has changed:")
}

func TestWhoEndsQuietHoursIsToldWhatWaited(t *testing.T) {
	d := newDesk(t)
	d.say("1", "subscribe", "all quiet 22-07 UTC")
	d.deliver()
	d.clock = time.Date(2026, 6, 20, 23, 0, 0, 0, time.UTC)
	d.change(rome)
	if left, _ := d.try(); left != 1 {
		t.Errorf("%d left", left)
	}
	d.id = "another"
	d.say("1", "subscribe", "all")
	d.deliver()
	contains(t, last(t, d.shown("1"), 1), "Date announced")
}

func TestCorrectionsEditWhatWasTold(t *testing.T) {
	d := newDesk(t)
	d.say("1", "subscribe", "")
	d.change(rome)
	d.deliver()
	d.say("2", "subscribe", "")
	d.clock = d.clock.AddDate(0, 0, 1)
	d.change(event("ev-rome-announced", "announced", "2026-06-15", "2026-07-05", "better"))
	d.deliver()
	contains(t, last(t, d.shown("1"), 1), "Date announced", "better", "corrected on 21 June 2026")
	contains(t, last(t, d.shown("2"), 1), "Correction", "better")
	d.clock = d.clock.AddDate(0, 0, 1)
	d.restart()
	d.announce()
	d.deliver()
	contains(t, last(t, d.shown("1"), 1), "ev-rome-announced announced", "withdrawn on 22 June 2026")
	contains(t, last(t, d.shown("2"), 1), "withdrawn on 22 June 2026")
}

func TestWhatIsToldAnewIsCorrectedThereAndTheOldNewsStayAsTheyWere(t *testing.T) {
	d := newDesk(t)
	d.say("1", "subscribe", "")
	d.change(romeOff)
	d.deliver()
	d.change(event("ev-rome-cancelled", "announced", "2026-06-17", "2026-07-09"))
	d.deliver()
	d.change(event("ev-rome-cancelled", "announced", "2026-06-17", "2026-07-09", "better"))
	d.deliver()
	told := d.shown("1")
	contains(t, last(t, told, 2), "Date announced", "better", "corrected on")
	if strings.Contains(told[0], "better") || strings.Contains(told[0], "corrected") {
		t.Errorf("the cancellation tells what came after it:\n%s", told[0])
	}
}

func TestRemindersComeADayAndAnHourBefore(t *testing.T) {
	at := strings.Replace(rome, "for_date: 2026-07-05,", "for_date: 2026-07-05, for_time: '14:00', zone: Europe/Istanbul,", 1)
	d := newDesk(t, at)
	d.say("1", "subscribe", "schedule")
	d.say("2", "subscribe", "prisoners")
	d.announce() // another replica
	step := func(day, hour int) int {
		d.clock = time.Date(2026, 7, day, hour, 1, 0, 0, time.UTC)
		d.deliver()
		d.announce()
		d.deliver()
		return len(d.shown("1"))
	}
	if step(4, 10) != 0 || step(4, 11) != 1 || step(5, 9) != 1 || step(5, 10) != 2 || step(5, 12) != 2 {
		t.Errorf("reminded: %q", d.shown("1"))
	}
	contains(t, d.shown("1")[0], "Tomorrow: 5 July 2026, 14:00 (Europe/Istanbul)")
	contains(t, d.shown("1")[1], "In an hour")
	if n := len(d.shown("2")); n > 0 {
		t.Errorf("%d reminders to who did not ask for them", n)
	}
}

func TestAMeetingThatMovedIsRemindedOfAtItsNewDateOnly(t *testing.T) {
	d := newDesk(t, rome)
	d.say("1", "subscribe", "schedule quiet 22-23 UTC")
	d.change(rome, romeMoved)
	d.deliver()
	d.clock = time.Date(2026, 7, 4, 12, 0, 0, 0, time.UTC)
	d.deliver()
	last(t, d.shown("1"), 1)
	d.clock = time.Date(2026, 7, 8, 12, 0, 0, 0, time.UTC)
	d.deliver()
	contains(t, last(t, d.shown("1"), 2), "Tomorrow: 9 July 2026")
}

func TestWhatIsKeptIsShownAndForgottenAtOnce(t *testing.T) {
	d := newDesk(t)
	contains(t, d.say("1", "mydata", ""), "Nothing is kept")
	d.say("1", "pin", "")
	d.say("1", "subscribe", "results quiet 22-07 Europe/Kyiv")
	d.say("1", "lang", "en")
	d.change(event("ev-rome-held", "held", "2026-06-16", "2026-06-16"))
	d.deliver()
	contains(t, d.say("1", "mydata", ""), "language: en", "pinned schedule, since 20 June 2026", "meetings and what came of them (22-07 Europe/Kyiv)", "corrected: 2", "done for this chat: 4")
	contains(t, d.say("1", "forget", ""), "deleted")
	contains(t, d.say("1", "mydata", ""), "Nothing is kept")
	contains(t, d.shown("1")[0], "No longer kept up to date")
	r, _ := d.b.Command(t.Context(), d.net, bot.Message{Chat: bot.Chat{Network: "board", ID: "1"}, Kind: bot.Group, Command: "forget", From: "a member"})
	contains(t, r.Body.String(), "What you and I were talking about is forgotten", "administrators")
	d.change(rome)
	d.deliver()
	last(t, d.shown("1"), 2)
}

func TestAChatThatIsGoneIsForgotten(t *testing.T) {
	d := newDesk(t)
	d.say("1", "pin", "")
	d.say("1", "subscribe", "")
	d.net.before = func(string, bot.Chat) error { return fmt.Errorf("kicked: %w", bot.ErrGone) }
	d.change(rome)
	d.deliver()
	d.net.before = nil
	contains(t, d.say("1", "mydata", ""), "Nothing is kept")
}

func TestAMessageOfUnknownFateIsFoundOut(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		d := newDesk(t)
		d.say("1", "subscribe", "")
		d.deliver()
		d.change(rome)
		broken := func(op string, _ bot.Chat) error {
			if op == "send" {
				return bot.ErrUncertain
			}
			return nil
		}
		if arrived {
			d.net.after = broken
		} else {
			d.net.before = broken
		}
		if left, _ := d.try(); left != 1 {
			t.Fatalf("%d left", left)
		}
		d.net.before, d.net.after = nil, nil
		d.restart(rome, romeMoved) // and the process was killed besides
		d.announce()
		d.deliver()
		got := d.shown("1")
		if len(got) != 2 {
			t.Errorf("arrived %v: %q", arrived, got)
		}
	}
}

func TestOnlyAdministratorsPin(t *testing.T) {
	d := newDesk(t)
	for _, command := range []string{"pin", "unpin", "subscribe", "unsubscribe"} {
		r, _ := d.b.Command(t.Context(), d.net, bot.Message{Chat: bot.Chat{Network: "board", ID: "1"}, Kind: bot.Group, Command: command,
			Admin: func() (bool, error) { return false, nil }})
		contains(t, r.Body.String(), "Only administrators")
	}
	contains(t, d.say("1", "subscribe", "weather"), "There are all, schedule, results and prisoners")
	contains(t, d.say("1", "subscribe", "all quiet 7-7"), "for example")
	contains(t, d.say("1", "pin", "lang xx"), "/pin lang uk")
	if len(d.shown("1")) > 0 {
		t.Error(d.shown("1"))
	}
}
