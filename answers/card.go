package answers

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"parley/answers/facts"
	"parley/answers/lang"
	"parley/answers/markup"
)

// Amendment is a change that put something right, and the day it was made.
type Amendment struct {
	Change
	Day string
}

// lately is how far back the card tells what was announced or cancelled,
// counted from the day to which the facts reach, and maxLately how much of it.
const (
	lately    = 56 * 24 * time.Hour
	maxLately = 5
)

// Card is the schedule as it is pinned: the next meeting, the last one with
// its result, what was announced lately, and how fresh all that is. amended
// is what was corrected or withdrawn in the last weeks, the latest last.
func (b *Book) Card(code, today string, amended []Amendment) markup.Text {
	p := b.packs.In(code)
	marks := make(map[string]Amendment, len(amended))
	for _, a := range amended {
		marks[a.ID] = a
	}
	t := markup.Text{bold(p.Say("card.title", nil))}
	if next := b.Standing(today); len(next) > 0 {
		t = append(t, para(p.Say("card.next", lang.Args{"when": b.when(p, next[0])})), b.line(p, &next[0].Fact, marks))
	} else {
		t = append(t, para(p.Say("card.none", lang.Args{"date": p.Date(b.base.AsOf)})))
	}
	if m := b.lastMeeting(today); m != nil {
		text, _ := b.wording(&m.Fact)
		last := item(text.In(code))
		if a, ok := marks[m.ID]; ok && a.Kind == Corrected {
			last.Spans = append(last.Spans, corrected(p, a.Day))
		}
		t = append(t, para(p.Say("card.last", nil)), last)
	}
	t = append(t, b.recent(p, marks)...)
	return append(t, italic(p.Say("card.foot", lang.Args{"date": p.Date(b.base.AsOf), "today": p.Date(today)})))
}

// when is the date of an event, with its hour and place if those were announced.
func (b *Book) when(p *lang.Pack, e *facts.Event) string {
	when := p.Date(e.ForDate)
	if e.ForTime != "" {
		when = p.Say("when.time", lang.Args{"date": when, "time": e.ForTime, "zone": cmp.Or(e.Zone, "UTC")})
	}
	if pl := b.placeOf(e.Place); pl != nil {
		when = p.Say("when.place", lang.Args{"when": when, "place": pl.Names.In(p.Code)})
	}
	return when
}

// placeOf is the place of the base that a note of the schedule names, as "Istanbul,
// Turkey" names Istanbul. A note that leaves it open names none.
func (b *Book) placeOf(note string) *facts.Place {
	if strings.ContainsAny(note, "(;") || strings.Contains(note, " or ") {
		return nil
	}
	city, _, _ := strings.Cut(note, ",")
	for _, p := range b.base.Places {
		name := p.Names[0]
		if note != "" && (note == p.ID || note == name || city == name || slices.Contains(p.Spelled, city)) {
			return p
		}
	}
	return nil
}

// recent are the newest dates of the schedule, and those withdrawn, struck out.
func (b *Book) recent(p *lang.Pack, marks map[string]Amendment) markup.Text {
	since := before(b.base.AsOf, lately)
	var lines markup.Text
	es := b.events()
	slices.Reverse(es)
	for _, e := range es {
		if saidOn(e) < since || len(lines) == maxLately {
			break
		}
		lines = append(lines, b.line(p, &e.Fact, marks))
	}
	for _, id := range sortedKeys(marks) {
		if a := marks[id]; a.Kind == Withdrawn && a.Before.Event != "" && b.base.Find(id) == nil {
			lines = append(lines, struck(p, a.Before, a.Day))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append(markup.Text{para(p.Say("card.recent", nil))}, lines...)
}

// line is an entry in short, and whether it was corrected.
func (b *Book) line(p *lang.Pack, f *facts.Fact, marks map[string]Amendment) markup.Block {
	_, short := b.wording(f)
	bl := item(short.In(p.Code))
	if a, ok := marks[f.ID]; ok && a.Kind == Corrected {
		bl.Spans = append(bl.Spans, corrected(p, a.Day))
	}
	return bl
}

func corrected(p *lang.Pack, day string) markup.Span {
	return markup.Span{Text: " (" + p.Say("mark.corrected", lang.Args{"date": p.Date(day)}) + ")", Style: markup.Italic}
}

// struck is an entry that is told no more.
func struck(p *lang.Pack, was Told, day string) markup.Block {
	return markup.Block{Item: true, Spans: []markup.Span{
		{Text: was.Short.In(p.Code), Style: markup.Struck},
		{Text: " (" + p.Say("mark.withdrawn", lang.Args{"date": p.Date(day)}) + ")", Style: markup.Italic},
	}}
}
