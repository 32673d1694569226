// Package answers answers questions about the talks from the curated facts. It
// takes values and returns values: it knows no chat, no network, no clock.
package answers

import (
	_ "embed"
	"fmt"
	"slices"

	"parley/answers/facts"
	"parley/answers/internal/match"
	"parley/answers/lang"
)

// Book is a fact base ready to be asked. It is immutable and safe for
// concurrent use.
type Book struct {
	base    *facts.Base
	packs   lang.Packs
	matcher *match.Matcher
	learnt  *match.Learnt
	related map[string][]string // ids of what may be asked after each fact
}

// The model learnt from the training questions of the embedded base.
//
//go:generate go run -tags goolm parley/cmd/parley train --facts facts --out model.bin
//go:embed model.bin
var embeddedModel []byte

// Embedded makes a book of the facts and the model that the program carries.
func Embedded() (*Book, error) {
	b, ps := facts.Load(facts.Embedded)
	if len(ps) > 0 {
		return nil, ps
	}
	return New(b, embeddedModel)
}

// New makes a book of a base without problems and a model as Train makes it; an
// empty model means the one that the program carries. A fact that the model
// does not know is found by its id alone until a model is trained with it.
func New(b *facts.Base, trained []byte) (*Book, error) {
	if len(trained) == 0 {
		trained = embeddedModel
	}
	l, err := match.Decode(trained)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	packs, err := lang.Load()
	if err != nil {
		return nil, fmt.Errorf("language packs: %w", err)
	}
	words, err := lang.LoadWords()
	if err != nil {
		return nil, fmt.Errorf("language packs: %w", err)
	}
	bk := &Book{base: b, packs: packs, learnt: l, matcher: match.New(b, l, words)}
	bk.related = relate(b)
	return bk, nil
}

// AsOf returns the day to which the facts reach, in ISO form.
func (b *Book) AsOf() string { return b.base.AsOf }

// Base returns the facts. They must not be changed.
func (b *Book) Base() *facts.Base { return b.base }

// Say returns a phrase of the language packs.
func (b *Book) Say(code, key string, args lang.Args) string { return b.packs.In(code).Say(key, args) }

// Date writes an ISO date as the language does.
func (b *Book) Date(code, iso string) string { return b.packs.In(code).Date(iso) }

// Untrained returns the ids of facts that the model does not know.
func (b *Book) Untrained() (ids []string) {
	known := make(map[string]bool, len(b.learnt.Classes))
	for _, id := range b.learnt.Classes {
		known[id] = true
	}
	for f := range b.base.All {
		if f.Tells == "" && !known[f.ID] {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// maxRelated is how many follow-ups are kept of each fact.
const maxRelated = 6

// relate finds for each fact what people are likely to ask next: the other
// facts of its meeting that answer another question, then its neighbours in
// the file.
func relate(b *facts.Base) map[string][]string {
	bySubject := make(map[string][]*facts.Fact)
	for _, f := range b.Facts {
		bySubject[f.Subject] = append(bySubject[f.Subject], f)
	}
	out := make(map[string][]string)
	for _, fs := range bySubject {
		for i, f := range fs {
			var ids []string
			for d := 1; len(ids) < maxRelated && (i-d >= 0 || i+d < len(fs)); d++ {
				if i+d < len(fs) {
					ids = append(ids, fs[i+d].ID)
				}
				if i-d >= 0 {
					ids = append(ids, fs[i-d].ID)
				}
			}
			out[f.ID] = ids
		}
	}
	for _, p := range b.People {
		for _, r := range p.Delegate {
			id := "r" + r + "-" + p.Side + "-delegation"
			if b.Find(id) != nil && !slices.Contains(out[p.ID], id) {
				out[p.ID] = append(out[p.ID], id)
			}
		}
	}
	for _, m := range b.Meetings {
		out[m.ID] = append(out[m.ID], m.Outcome...)
	}
	return out
}

// Knows tells whether the base has a fact, alias, summary or records with this id.
func (b *Book) Knows(id string) bool {
	_, _, records := b.recordsOf(id)
	return records || b.base.Find(id) != nil || b.base.Topic(id) != nil
}

// Sources returns all sources of a fact, or of the facts of a summary or of records.
func (b *Book) Sources(id string) (ss []Source) {
	if f := b.base.Find(b.base.Resolve(id)); f != nil {
		return f.Sources
	}
	var told []string
	if kind, span, ok := b.recordsOf(id); ok {
		for _, x := range b.recorded(kind, span) {
			told = append(told, x.Fact)
		}
	} else if t := b.base.Topic(id); t != nil {
		told = t.Facts
	}
	for _, id := range told {
		if f := b.base.Find(id); f != nil && len(f.Sources) > 0 {
			ss = append(ss, f.Sources[0])
		}
	}
	return ss
}
