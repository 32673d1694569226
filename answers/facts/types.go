// Package facts is the curated fact base: what is known about the talks, who
// says so, in four languages, with sources. It knows how to read and prove the
// files, not how to match questions or phrase answers.
package facts

import "fmt"

// Languages are the codes of the languages every text exists in. English is
// the original that the others translate.
var Languages = [...]string{"en", "uk", "ru", "tr"}

// Text is one text in every language, in the order of Languages.
type Text [len(Languages)]string

// In returns the text in the language with that code, English if there is none.
func (t Text) In(lang string) string {
	for i, l := range Languages {
		if l == lang {
			return t[i]
		}
	}
	return t[0]
}

// Pos is a place in a file of the base. Lines and columns count from one.
type Pos struct {
	File      string
	Line, Col int
}

func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Status says how well a fact is established.
type Status string

// The statuses a fact can have.
const (
	Confirmed Status = "confirmed" // both sides or independent reporting; of a statement, that it was made
	Claimed   Status = "claimed"   // one side's account
	Disputed  Status = "disputed"  // the accounts contradict each other; the text gives both
	Reported  Status = "reported"  // media citing unnamed sources
)

// Source is where a fact can be read. Date is an ISO date, or "undated" where
// the page shows none.
type Source struct {
	Publisher, Title, URL, Date string
}

// Figure is a number of a fact, with its unit as the sources count it.
type Figure struct {
	Name, Value, Unit string
	Pos               Pos
}

// Fact is one thing that is known. ID never changes and is never given twice;
// Aliases are ids under which the same thing was kept before.
type Fact struct {
	ID      string
	Aliases []string
	Subject string // what it is about: the name of its file
	Aspect  string // which question about a meeting or subject it answers, as "duration"
	Round   string // 1, 2, 3 for the rounds of 2025, 2022, or none
	Meeting string // id of the meeting it belongs to, if any
	Side    string // who acts or speaks
	Date    string // ISO date, or its year or month where the day is not known
	Status  Status
	By      Text // who says so; required unless confirmed
	Figures []Figure
	Text    Text // at most MaxText characters
	Short   Text // the same for lists and buttons, at most MaxShort characters
	Of      string
	Sources []Source
	From    string // valid from this date on, if limited
	Until   string // valid to this date, if limited
	Note    string // for curators; not shown
	Tells   string // id of a fact that says the same; its text answers instead
	Pos     Pos
}

// Limits of the texts, in characters.
const (
	MaxText  = 400
	MaxShort = 80
)

// Role is what a person was as of a day.
type Role struct {
	AsOf, Round string
	Role        Text
}

// Person is a person named in the facts.
type Person struct {
	Fact
	Names    Text
	Spelled  []string // further spellings to recognise in questions
	Roles    []Role
	Delegate []string // rounds in which they sat in a delegation
}

// Place is where something of the talks happened.
type Place struct {
	Fact
	Names   Text
	Spelled []string
	Kind    string
	Rounds  []string
}

// Term is a word of the talks that readers ask the meaning of.
type Term struct {
	Fact
	Names   Text
	Spelled []string
}

// Account is a value as one source gives it.
type Account struct{ Value, Source string }

// Delegate is a person at a meeting and what they were that day.
type Delegate struct {
	Person string // id, if the base has the person
	Name   string
	Head   bool
}

// Delegation is one party's team at a meeting.
type Delegation struct {
	Party   string
	Members []Delegate
}

// Meeting is the record of one meeting: a round of the direct talks or a later
// one. The lists hold ids of facts.
type Meeting struct {
	Fact
	Dates       []string
	Place, Host string
	Format      string
	Start, End  []Account // local time
	Duration    []Account
	Delegations []Delegation
	Agenda      map[string][]string // by party
	Proposals   []string
	Agreed      []string
	NotAgreed   []string
	Outcome     []string
	Next        []string
	Held        bool
}

// EventKind is what happened to a date of the schedule.
type EventKind string

// The kinds of schedule events.
const (
	Announced EventKind = "announced"
	Approved  EventKind = "confirmed"
	Moved     EventKind = "moved"
	Postponed EventKind = "postponed"
	Cancelled EventKind = "cancelled"
	Held      EventKind = "held"
)

// Event is one entry of the schedule.
type Event struct {
	Fact
	Kind        EventKind
	AnnouncedOn string
	AnnouncedBy string
	ForDate     string
	ForTime     string // 15:04 in Zone, where the hour is announced
	Zone        string // as Europe/Istanbul; UTC if empty
	Place       string
}

// Exchange is one handover of prisoners or bodies. A number is "unpublished"
// where neither side gave one.
type Exchange struct {
	Date, Kind, Ukraine, Russia, Fact string
	Pos                               Pos
}

// Topic is a summary over several facts: a question so general that no single
// fact answers it.
type Topic struct {
	ID    string
	Title Text
	Facts []string // in the order of the answer
	Whole int      // how many of the first facts are told whole; the rest in short
	Pos   Pos
}

// Base is the whole fact base.
type Base struct {
	AsOf      string // the day to which the facts reach
	Facts     []*Fact
	People    []*Person
	Places    []*Place
	Terms     []*Term
	Meetings  []*Meeting
	Events    []*Event
	Exchanges []*Exchange
	Topics    []*Topic

	byID map[string]*Fact
}

// Find returns the fact, person, place, term, meeting or event that has this
// id or alias, or nil.
func (b *Base) Find(id string) *Fact { return b.byID[id] }

// index fills byID; a second owner of an id is reported to twice.
func (b *Base) index(twice func(f, first *Fact, id string)) {
	b.byID = make(map[string]*Fact)
	for f := range b.All {
		for _, id := range append([]string{f.ID}, f.Aliases...) {
			if first := b.byID[id]; first != nil {
				twice(f, first, id)
				continue
			}
			b.byID[id] = f
		}
	}
}

// All yields everything in the base that has an id, a text or what tells the
// same, kind after kind, in the order of the files.
func (b *Base) All(yield func(*Fact) bool) {
	for _, f := range b.Facts {
		if !yield(f) {
			return
		}
	}
	for _, p := range b.People {
		if !yield(&p.Fact) {
			return
		}
	}
	for _, p := range b.Places {
		if !yield(&p.Fact) {
			return
		}
	}
	for _, t := range b.Terms {
		if !yield(&t.Fact) {
			return
		}
	}
	for _, m := range b.Meetings {
		if !yield(&m.Fact) {
			return
		}
	}
	for _, e := range b.Events {
		if !yield(&e.Fact) {
			return
		}
	}
}

// Resolve returns the id under which what id names is answered: its own, that
// of which id is an alias, or of the fact that tells the same. An id that the
// base does not have is returned as it is.
func (b *Base) Resolve(id string) string {
	f := b.byID[id]
	if f == nil {
		return id
	}
	if f.Tells != "" {
		if t := b.byID[f.Tells]; t != nil {
			return t.ID
		}
	}
	return f.ID
}
