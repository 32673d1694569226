package answers

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"parley/answers/facts"
)

// The subjects that news can be about; Everything is for who wants them all.
const (
	Everything = "all"
	Schedule   = "schedule"
	Results    = "results"
	Prisoners  = "prisoners"
)

// Subjects are those that can be chosen.
var Subjects = []string{Everything, Schedule, Results, Prisoners}

// Told is one entry of the facts as it was announced: as much as is needed to
// say later what has changed, and to strike it out once it is gone.
type Told struct {
	ID      string          `json:"id"`
	About   string          `json:"about,omitempty"` // a subject, or nothing
	Event   facts.EventKind `json:"event,omitempty"`
	Meeting bool            `json:"meeting,omitempty"`
	Record  string          `json:"record,omitempty"` // numbers of an exchange
	On      string          `json:"on,omitempty"`     // when it was said or happened
	For     string          `json:"for,omitempty"`    // the date it is about, with its hour
	Place   string          `json:"place,omitempty"`
	Status  facts.Status    `json:"status,omitempty"`
	Figures string          `json:"figures,omitempty"`
	Text    facts.Text      `json:"text"`
	Short   facts.Text      `json:"short"`
}

// Edition is what a book tells at one time.
type Edition struct {
	AsOf    string
	Entries map[string]Told
	Aliases map[string]string // ids under which entries were kept before
}

// Edition returns what the book tells: its facts, meetings and schedule.
func (b *Book) Edition() Edition {
	e := Edition{AsOf: b.base.AsOf, Entries: make(map[string]Told), Aliases: make(map[string]string)}
	records := make(map[string][]string)
	for _, x := range b.base.Exchanges {
		records[b.base.Resolve(x.Fact)] = append(records[b.base.Resolve(x.Fact)], x.Date+" "+x.Kind+" "+x.Ukraine+"/"+x.Russia)
	}
	add := func(f *facts.Fact, t Told) {
		t.ID, t.Status, t.Figures = f.ID, f.Status, figures(f)
		t.Record = strings.Join(records[f.ID], "; ")
		t.Text, t.Short = b.wording(f)
		t.About = cmp.Or(t.About, aside[b.subject(f)])
		if t.Record != "" {
			t.About = Prisoners
		}
		e.Entries[f.ID] = t
		for _, a := range f.Aliases {
			e.Aliases[a] = f.ID
		}
	}
	for _, f := range b.base.Facts {
		add(f, Told{On: f.Date})
	}
	for _, m := range b.base.Meetings {
		add(&m.Fact, Told{On: firstDay(m), Meeting: true, About: Results, Place: m.Place})
	}
	for _, ev := range b.base.Events {
		about := cmp.Or(aside[b.subject(&ev.Fact)], Schedule)
		when := strings.TrimSpace(ev.ForDate + " " + ev.ForTime + " " + ev.Zone)
		add(&ev.Fact, Told{On: saidOn(ev), Event: ev.Kind, For: when, Place: ev.Place, About: about})
	}
	return e
}

// wording is the text of a fact, or of the one that tells the same.
func (b *Book) wording(f *facts.Fact) (text, short facts.Text) {
	text, short = f.Text, f.Short
	if t := b.base.Find(f.Tells); t != nil {
		if text[0] == "" {
			text = t.Text
		}
		if short[0] == "" {
			short = t.Short
		}
	}
	return text, short
}

func figures(f *facts.Fact) string {
	var s []string
	for _, x := range f.Figures {
		s = append(s, x.Name+"="+x.Value+" "+x.Unit)
	}
	slices.Sort(s)
	return strings.Join(s, "; ")
}

// Hash is the same for editions that tell the same.
func (e Edition) Hash() string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	_ = enc.Encode(e.AsOf) // a hash takes everything
	for _, id := range slices.Sorted(maps.Keys(e.Entries)) {
		_ = enc.Encode(e.Entries[id])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
