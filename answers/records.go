package answers

import (
	"slices"
	"strconv"
	"strings"

	"parley/answers/facts"
	"parley/answers/internal/match"
	"parley/answers/internal/slots"
	"parley/answers/lang"
)

// recordTopics are the summaries of what is counted in records.
var recordTopics = map[string]string{"prisoners": "exchanges", "bodies": "bodies"}

// records answers how many came home in a month or year, from the records of
// exchanges; false if that is not what is asked.
func (b *Book) records(r match.Result, code string) (Answer, bool) {
	kind, span, ok := b.counted(r)
	if !ok {
		return Answer{}, false
	}
	return b.tellRecords(kind, span, r.Candidates[0].P, code), true
}

func (b *Book) tellRecords(kind string, span slots.Date, score float64, code string) Answer {
	in := b.recorded(kind, span)
	a := Answer{Status: Answered, Lang: code, Score: score, Talk: Talk{Lang: code, Fact: recordTopics[kind]}}
	a.Body = append(a.Body, bold(b.recordsTitle(kind, span, code)))
	if len(in) == 0 {
		p := b.packs.In(code)
		a.Body = append(a.Body, para(p.Say("records.none", nil)), para(p.Say("as_of", lang.Args{"date": p.Date(b.base.AsOf)})))
		return a
	}
	a.ID = recordTopics[kind] + recordsMark + isoOf(span)
	b.count(&a, in, kind)
	b.offer(&a, b.next(&a, a.Facts[0]), false)
	return a
}

func (b *Book) recorded(kind string, span slots.Date) (in []*facts.Exchange) {
	for _, x := range b.base.Exchanges {
		if x.Kind == kind && span.Covers(x.Date) {
			in = append(in, x)
		}
	}
	return in
}

func (b *Book) recordsTitle(kind string, span slots.Date, code string) string {
	p := b.packs.In(code)
	return p.Say("records.title", lang.Args{"kind": b.Label(recordTopics[kind], code), "date": p.Date(isoOf(span))})
}

// recordsMark stands in the id of what records tell of a month or year,
// exchanges_2025-05, and in no id of a fact.
const recordsMark = "_"

// recordsOf reads such an id.
func (b *Book) recordsOf(id string) (kind string, span slots.Date, ok bool) {
	topic, iso, _ := strings.Cut(id, recordsMark)
	year, month, monthly := strings.Cut(iso, "-")
	span.Year, _ = strconv.Atoi(year)
	span.Month, _ = strconv.Atoi(month)
	if span.Year == 0 || monthly && (span.Month < 1 || span.Month > 12) || isoOf(span) != iso {
		return "", span, false
	}
	for kind, t := range recordTopics {
		if t == topic && b.base.Topic(t) != nil {
			return kind, span, true
		}
	}
	return "", span, false
}

// count lists records and adds them up.
func (b *Book) count(a *Answer, in []*facts.Exchange, kind string) {
	known, ukraine, russia := 0, 0, 0
	for _, x := range in {
		u, uerr := strconv.Atoi(x.Ukraine)
		r, rerr := strconv.Atoi(x.Russia)
		if uerr == nil {
			known++
			ukraine += u
		}
		if rerr == nil {
			russia += r
		}
		if slices.Contains(a.Facts, x.Fact) {
			continue
		}
		f := b.base.Find(x.Fact)
		a.Facts = append(a.Facts, f.ID)
		a.Body = append(a.Body, item(f.Short.In(a.Lang)))
		a.cite(f, 1)
	}
	if known > 0 {
		a.Body = append(a.Body, para(b.packs.In(a.Lang).Say("records."+kind, lang.Args{
			"k": strconv.Itoa(known), "all": strconv.Itoa(len(in)), "u": strconv.Itoa(ukraine), "r": strconv.Itoa(russia)})))
	}
}

// plainCount is how many words that carry meaning a plain question for a number
// has at the most; a longer one asks for something particular.
const plainCount = 6

// counted tells what is counted and when: the question asks for a number, names
// a month or year but no day, and its likeliest reading is about exchanges.
func (b *Book) counted(r match.Result) (kind string, span slots.Date, ok bool) {
	if !r.Slots.Many || len(r.Slots.Dates) != 1 || len(r.Candidates) == 0 || r.Content > plainCount {
		return "", span, false
	}
	span = r.Slots.Dates[0]
	if span.From != "" || span.Day != 0 || span.Month == 0 && span.Year < 2025 {
		return "", span, false
	}
	if span.Year == 0 { // without a year: the latest in which there is a record
		for _, x := range b.base.Exchanges {
			if span.Covers(x.Date) && len(x.Date) >= 4 {
				y, _ := strconv.Atoi(x.Date[:4])
				span.Year = max(span.Year, y)
			}
		}
	}
	first := r.Candidates[0].ID
	for _, kind := range [...]string{"prisoners", "bodies"} {
		t := b.base.Topic(recordTopics[kind])
		told := t != nil && (first == t.ID || r.Candidates[0].P < sureEnough && slices.Contains(t.Facts, first)) || kind == "prisoners" && first == "exchanges-2026"
		told = told || slices.ContainsFunc(b.base.Exchanges, func(x *facts.Exchange) bool { return x.Kind == kind && x.Fact == first })
		if told && span.Year != 0 {
			return kind, span, true
		}
	}
	return "", span, false
}

func isoOf(d slots.Date) string {
	if d.Month == 0 {
		return strconv.Itoa(d.Year)
	}
	m := strconv.Itoa(d.Month)
	if d.Month < 10 {
		m = "0" + m
	}
	return strconv.Itoa(d.Year) + "-" + m
}
