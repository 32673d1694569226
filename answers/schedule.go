package answers

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"parley/answers/facts"
)

// aside are the subjects whose dates are no meetings: exchanges, truces.
var aside = map[string]string{"prisoners": Prisoners, "exchanges": Prisoners, "bodies": Prisoners,
	"children": Prisoners, "civilians": Prisoners, "truces-2026": Schedule, "ceasefire": Schedule}

// aboutMeeting tells whether an event is about a meeting and not about an
// exchange or a truce, by what tells the same.
func (b *Book) aboutMeeting(e *facts.Event) bool {
	return aside[b.subject(&e.Fact)] == ""
}

// subject is what a fact, or the one that tells the same, is about.
func (b *Book) subject(f *facts.Fact) string {
	if t := b.base.Find(f.Tells); t != nil {
		return t.Subject
	}
	return f.Subject
}

// Standing returns the announced meetings that still stand on a day, the next
// one first: those whose date was not moved, put off, cancelled, or met since.
// Events are of one meeting if they name the same one, begin with the same id
// ("ev-geneva-announced", "ev-geneva-moved"), or are for the same date.
func (b *Book) Standing(today string) []*facts.Event {
	var open []*facts.Event
	for _, e := range b.events() {
		if !b.aboutMeeting(e) {
			continue
		}
		i := earlier(open, e)
		switch e.Kind {
		case facts.Announced, facts.Approved, facts.Moved:
			if i >= 0 && (e.ForDate != "" || e.Kind == facts.Moved) {
				open = slices.Delete(open, i, i+1)
			}
			if e.ForDate != "" {
				open = append(open, e)
			}
		default:
			if i >= 0 {
				open = slices.Delete(open, i, i+1)
			}
		}
	}
	open = slices.DeleteFunc(open, func(e *facts.Event) bool { return e.ForDate < today })
	slices.SortStableFunc(open, func(a, b *facts.Event) int {
		return cmp.Or(cmp.Compare(a.ForDate, b.ForDate), cmp.Compare(a.ID, b.ID))
	})
	return open
}

// earlier finds among the open events the one that a later event is about.
func earlier(open []*facts.Event, e *facts.Event) int {
	for _, same := range [...]func(o *facts.Event) bool{
		func(o *facts.Event) bool { return e.Meeting != "" && o.Meeting == e.Meeting },
		func(o *facts.Event) bool { return stem(o.ID) == stem(e.ID) },
		func(o *facts.Event) bool { return e.ForDate != "" && o.ForDate == e.ForDate },
	} {
		for i := len(open) - 1; i >= 0; i-- {
			if same(open[i]) {
				return i
			}
		}
	}
	if e.Kind == facts.Moved { // it must have had a date
		return len(open) - 1
	}
	return -1
}

// stem is an id without its last word.
func stem(id string) string {
	if i := strings.LastIndexByte(id, '-'); i > 0 {
		return id[:i]
	}
	return id
}

// events are the schedule in the order in which it was announced.
func (b *Book) events() []*facts.Event {
	es := slices.Clone(b.base.Events)
	slices.SortStableFunc(es, func(x, y *facts.Event) int { return cmp.Compare(saidOn(x), saidOn(y)) })
	return es
}

func saidOn(e *facts.Event) string { return cmp.Or(e.AnnouncedOn, e.Date) }

// lastMeeting is the latest meeting of both sides that was held by a day.
func (b *Book) lastMeeting(today string) (last *facts.Meeting) {
	for _, m := range b.base.Meetings {
		both := len(m.Delegations) == 0 || has(m, "ukraine") && has(m, "russia")
		if !m.Held || !both || firstDay(m) > today {
			continue
		}
		if last == nil || firstDay(m) >= firstDay(last) {
			last = m
		}
	}
	return last
}

func firstDay(m *facts.Meeting) string {
	if len(m.Dates) > 0 {
		return m.Dates[0]
	}
	return m.Date
}

func has(m *facts.Meeting, party string) bool {
	return slices.ContainsFunc(m.Delegations, func(d facts.Delegation) bool { return d.Party == party })
}

// Begins is when an event begins, and whether its hour was announced.
func Begins(e *facts.Event) (at time.Time, hour bool) {
	zone, err := time.LoadLocation(e.Zone)
	if err != nil {
		zone = time.UTC
	}
	if e.ForTime != "" {
		if at, err := time.ParseInLocation("2006-01-02 15:04", e.ForDate+" "+e.ForTime, zone); err == nil {
			return at, true
		}
	}
	at, err = time.ParseInLocation("2006-01-02", e.ForDate, zone)
	if err != nil {
		return time.Time{}, false
	}
	return at, false
}
