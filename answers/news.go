package answers

import (
	"maps"
	"slices"

	"parley/answers/facts"
	"parley/answers/lang"
	"parley/answers/markup"
)

// News is a change as it was told, and what put it right since, if anything did.
type News struct {
	Change
	Amended *Amendment
}

// maxNews is how many changes one message tells.
const maxNews = 10

// Tell says what has changed: one change with its text and sources, several in
// short, so that many changes are one message and no flood.
func (b *Book) Tell(code string, news []News) (markup.Text, []Source) {
	p := b.packs.In(code)
	if len(news) == 1 {
		return b.tellOne(p, news[0])
	}
	t := markup.Text{bold(p.Say("digest.title", nil))}
	for i, n := range news {
		if i == maxNews {
			return append(t, para(p.Count("list.more", len(news)-i, nil))), nil
		}
		t = append(t, b.tellShort(p, n))
	}
	return t, nil
}

func (b *Book) tellOne(p *lang.Pack, n News) (markup.Text, []Source) {
	head := bold(p.Say("change."+string(n.Kind), nil))
	was := n.told()
	text := was.Text.In(p.Code)
	switch {
	case n.Amended == nil && n.Kind == Withdrawn:
		return markup.Text{head, markup.Styled(text, markup.Struck)}, nil
	case n.Amended == nil:
		return markup.Text{head, para(text)}, b.sourcesOf(n.ID)
	case n.Amended.Kind == Withdrawn:
		mark := p.Say("mark.withdrawn", lang.Args{"date": p.Date(n.Amended.Day)})
		return markup.Text{head, markup.Styled(text, markup.Struck), italic(mark)}, nil
	}
	mark := p.Say("mark.corrected", lang.Args{"date": p.Date(n.Amended.Day)})
	return markup.Text{head, para(n.Amended.After.Text.In(p.Code)), italic(mark)}, b.sourcesOf(n.ID)
}

func (b *Book) tellShort(p *lang.Pack, n News) markup.Block {
	kind := markup.Span{Text: p.Say("change."+string(n.Kind), nil) + ": "}
	var bl markup.Block
	switch {
	case n.Amended != nil && n.Amended.Kind == Withdrawn:
		bl = struck(p, n.told(), n.Amended.Day)
	case n.Amended != nil:
		bl = item(n.Amended.After.Short.In(p.Code))
		bl.Spans = append(bl.Spans, corrected(p, n.Amended.Day))
	case n.Kind == Withdrawn:
		bl = markup.Block{Item: true, Spans: []markup.Span{{Text: n.Before.Short.In(p.Code), Style: markup.Struck}}}
	default:
		bl = item(n.After.Short.In(p.Code))
	}
	bl.Spans = append([]markup.Span{kind}, bl.Spans...)
	return bl
}

func (b *Book) sourcesOf(id string) []Source {
	all := b.Sources(id)
	return all[:min(len(all), maxSources)]
}

// Remind says that a meeting is a day or an hour away.
func (b *Book) Remind(code string, e *facts.Event, hour bool) markup.Text {
	p := b.packs.In(code)
	key := "remind.day"
	if hour {
		key = "remind.hour"
	}
	text, _ := b.wording(&e.Fact)
	return markup.Text{bold(p.Say(key, lang.Args{"when": b.when(p, e)})), para(text.In(code))}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
