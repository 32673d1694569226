package answers

import (
	"cmp"
	"slices"
	"time"

	"parley/answers/facts"
)

// ChangeKind is what happened to an entry between two editions. The kinds of
// events are kinds of changes too.
type ChangeKind string

// The kinds that are not those of events.
const (
	Exchanged ChangeKind = "exchange"
	Resulted  ChangeKind = "result"
	Corrected ChangeKind = "corrected"
	Withdrawn ChangeKind = "withdrawn"
)

// Change is the difference of one entry between two editions.
type Change struct {
	ID     string     `json:"id"`
	Kind   ChangeKind `json:"kind"`
	Before Told       `json:"before,omitzero"`
	After  Told       `json:"after,omitzero"`
	// Quiet changes are shown where the entry was told before and told to
	// nobody else: wordings, and what is older than oldNews.
	Quiet bool `json:"quiet,omitempty"`
}

// Amends tells whether the change puts right what was told, instead of being news.
func (c Change) Amends() bool { return c.Kind == Corrected || c.Kind == Withdrawn }

// told is the entry as it is now, or was if it is gone.
func (c Change) told() Told {
	if c.Kind == Withdrawn {
		return c.Before
	}
	return c.After
}

// Concerns tells whether who chose a subject wants to know of a change.
func (c Change) Concerns(subject string) bool {
	if c.Quiet {
		return false
	}
	t := c.told()
	switch subject {
	case Everything:
		return true
	case Results:
		return t.About == Results || t.Event == facts.Held && t.About == Schedule
	}
	return t.About == subject
}

// oldNews is how long before the day to which the facts reach something may
// have happened to be news; what is entered later is history.
const oldNews = 45 * 24 * time.Hour

// Diff is what has changed from one edition to another, in the order in which
// it happened. A change of a translation alone is none.
func Diff(was, now Edition) []Change {
	var out []Change
	old := before(now.AsOf, oldNews)
	for id, after := range now.Entries {
		first, had := was.Entries[id]
		if !had {
			first, had = renamed(was, now, id)
		}
		if c, ok := compare(first, after, had); ok {
			c.Quiet = c.Quiet || !c.Amends() && after.On < old && after.For < old
			out = append(out, c)
		}
	}
	for id, first := range was.Entries {
		_, kept := now.Entries[id]
		if _, as := now.Aliases[id]; !kept && !as {
			out = append(out, Change{ID: id, Kind: Withdrawn, Before: first})
		}
	}
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.told().On, b.told().On), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// renamed is the entry as it was under an id that is an alias now.
func renamed(was, now Edition, id string) (Told, bool) {
	var first Told
	found := false
	for alias, to := range now.Aliases {
		if t, ok := was.Entries[alias]; ok && to == id && (!found || t.ID < first.ID) {
			first, found = t, true
		}
	}
	return first, found
}

func compare(was, now Told, had bool) (Change, bool) {
	c := Change{ID: now.ID, Before: was, After: now}
	switch {
	case !had && now.Event != "":
		c.Kind = ChangeKind(now.Event)
	case !had && now.Meeting:
		c.Kind = Resulted
	case now.Record != "" && was.Record == "":
		c.Kind = Exchanged
	case !had:
		return c, false
	case now.Event != was.Event:
		c.Kind = ChangeKind(now.Event)
	case now.Event != "" && now.For != was.For && was.For != "" && now.Event != facts.Held:
		c.Kind = ChangeKind(facts.Moved)
	case now.For != was.For || now.On != was.On || now.Place != was.Place || now.Status != was.Status ||
		now.Figures != was.Figures || now.Record != was.Record:
		c.Kind = Corrected
	case now.Text[0] != was.Text[0] || now.Short[0] != was.Short[0]:
		c.Kind, c.Quiet = Corrected, now.Event == ""
	default:
		return c, false
	}
	return c, true
}

// before is the ISO day that lies d before a day.
func before(day string, d time.Duration) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.Add(-d).Format(time.DateOnly)
}
