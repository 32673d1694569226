package answers

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"parley/answers/facts"
)

// scheduled is a small base with these events and nothing else.
func scheduled(t *testing.T, events ...string) *Book {
	t.Helper()
	var s strings.Builder
	s.WriteString("as_of: 2026-06-16\nfacts:\n")
	s.WriteString(entry("plain", "status: confirmed", "date: 2026-06-01"))
	s.WriteString("meetings:\n")
	s.WriteString(entry("first-meeting", "status: confirmed", "date: 2026-05-01", "dates: [2026-05-01]", "outcome: [plain]"))
	s.WriteString("events:\n")
	for _, e := range events {
		s.WriteString(e)
	}
	b, ps := facts.Load(fstest.MapFS{"schedule.yaml": {Data: []byte(s.String())}})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	bk, err := New(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return bk
}

// entry is an entry of a fact file whose texts tell its id and a word.
func entry(id string, keys ...string) string {
	text := id
	var rest []string
	for _, k := range keys {
		if w, ok := strings.CutPrefix(k, "text: "); ok {
			text = w
			continue
		}
		rest = append(rest, "    "+k+"\n")
	}
	return fmt.Sprintf("  - id: %s\n%s    text: {en: T %s, uk: У %s, ru: Р %s, tr: T %s}\n    short: {en: %s, uk: %s, ru: %s, tr: %s}\n",
		id, strings.Join(rest, ""), text, text, text, text, text, text, text, text)
}

func event(id, kind, on, day string, keys ...string) string {
	ks := append([]string{"kind: " + kind, "announced_on: " + on, "status: confirmed"}, keys...)
	if day != "" {
		ks = append(ks, "for_date: "+day)
	}
	return entry(id, ks...)
}

func TestTheNextMeetingIsTheOneThatStillStands(t *testing.T) {
	announced := event("ev-geneva-announced", "announced", "2026-06-10", "2026-07-05")
	for name, c := range map[string]struct {
		events []string
		want   string
	}{
		"announced":                     {[]string{announced}, "ev-geneva-announced"},
		"nothing":                       {nil, ""},
		"past":                          {[]string{event("ev-a-announced", "announced", "2026-05-01", "2026-06-15")}, ""},
		"cancelled, by id":              {[]string{announced, event("ev-geneva-cancelled", "cancelled", "2026-06-11", "")}, ""},
		"cancelled, by date":            {[]string{announced, event("ev-called-off", "cancelled", "2026-06-11", "2026-07-05")}, ""},
		"postponed, in another order":   {[]string{event("ev-geneva-postponed", "postponed", "2026-06-12", ""), announced}, ""},
		"moved, by id":                  {[]string{announced, event("ev-geneva-moved", "moved", "2026-06-12", "2026-07-09")}, "ev-geneva-moved"},
		"moved, by nothing":             {[]string{announced, event("ev-later-now", "moved", "2026-06-12", "2026-07-09")}, "ev-later-now"},
		"by the meeting it names":       {[]string{event("x-1", "announced", "2026-06-10", "2026-07-05", "meeting: m"), event("y", "cancelled", "2026-06-11", "", "meeting: m")}, ""},
		"two, the nearer":               {[]string{announced, event("ev-rome-announced", "announced", "2026-06-11", "2026-06-30")}, "ev-rome-announced"},
		"confirmed":                     {[]string{announced, event("ev-geneva-confirmed", "confirmed", "2026-06-12", "2026-07-05")}, "ev-geneva-confirmed"},
		"announced again after a fall":  {[]string{announced, event("ev-geneva-cancelled", "cancelled", "2026-06-11", ""), event("ev-geneva-back", "announced", "2026-06-12", "2026-07-20")}, "ev-geneva-back"},
		"an offer without a date stays": {[]string{announced, event("ev-geneva-offer", "announced", "2026-06-12", "")}, "ev-geneva-announced"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if s := scheduled(t, c.events...).Standing("2026-06-20"); len(s) > 0 {
				got = s[0].ID
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheCardTellsTheScheduleInEveryLanguage(t *testing.T) {
	b := scheduled(t, event("ev-geneva-moved", "moved", "2026-06-10", "2026-07-05", "for_time: '14:30'", "zone: Europe/Istanbul"))
	for code, want := range map[string][]string{
		"en": {"Next meeting: 5 July 2026, 14:30 (Europe/Istanbul)", "Last meeting:", "T first-meeting", "Facts to 16 June 2026, last checked 20 June 2026"},
		"uk": {"5 липня 2026 року, 14:30", "Остання зустріч"},
		"ru": {"5 июля 2026 года, 14:30", "Последняя встреча"},
		"tr": {"5 Temmuz 2026, 14:30", "Son görüşme"},
	} {
		got := b.Card(code, "2026-06-20", nil).String()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", code, w, got)
			}
		}
	}
	if got := b.Card("en", "2026-08-01", nil).String(); !strings.Contains(got, "none announced, as of 16 June 2026") {
		t.Errorf("once it is past:\n%s", got)
	}
}

func TestTheCardNamesThePlaceInEveryLanguage(t *testing.T) {
	const places = "places:\n  - id: istanbul\n    status: confirmed\n    names: {en: Istanbul, uk: Стамбул, ru: Стамбул, tr: İstanbul}\n" +
		"    text: {en: A city., uk: Місто., ru: Город., tr: Şehir.}\n    short: {en: A city, uk: Місто, ru: Город, tr: Şehir}\n"
	at := func(place string) *Book {
		return scheduled(t, event("ev-next-announced", "announced", "2026-06-10", "2026-07-05", "place: '"+place+"'"), places)
	}
	for code, want := range map[string]string{
		"en": "5 July 2026, Istanbul\n", "uk": "5 липня 2026 року, Стамбул\n", "ru": "5 июля 2026 года, Стамбул\n", "tr": "5 Temmuz 2026, İstanbul\n",
	} {
		if got := at("Istanbul, Turkey").Card(code, "2026-06-20", nil).String(); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", code, want, got)
		}
	}
	for _, open := range []string{"Istanbul, Turkey (possible)", "Istanbul or Geneva", "Geneva, Switzerland"} {
		if got := at(open).Card("en", "2026-06-20", nil).String(); strings.Contains(got, "2026, Istanbul") {
			t.Errorf("%s is told as sure:\n%s", open, got)
		}
	}
}

func TestTheCardShowsWhatWasPutRight(t *testing.T) {
	b := scheduled(t, event("ev-geneva-announced", "announced", "2026-06-10", "2026-07-05"))
	gone := Told{ID: "ev-gone", Event: facts.Announced, Short: facts.Text{"Gone", "Gone", "Gone", "Gone"}}
	got := b.Card("en", "2026-06-20", []Amendment{
		{Change{ID: "ev-geneva-announced", Kind: Corrected}, "2026-06-18"},
		{Change{ID: "ev-gone", Kind: Withdrawn, Before: gone}, "2026-06-19"},
	})
	if s := got.String(); !strings.Contains(s, "ev-geneva-announced (corrected on 18 June 2026)") || !strings.Contains(s, "Gone (withdrawn on 19 June 2026)") {
		t.Error(s)
	}
}

func TestTheCardOfTheEmbeddedFactsFitsAMessage(t *testing.T) {
	b, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range facts.Languages {
		s := b.Card(code, "2026-11-24", nil).String()
		if n := len([]rune(s)); n > 1500 {
			t.Errorf("%s: %d characters", code, n)
		}
	}
}
