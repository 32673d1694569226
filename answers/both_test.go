package answers

import (
	"strings"
	"testing"

	"parley/answers/internal/match"
	"parley/answers/lang"
)

func TestASummaryTellsWholeTheFactThatMayBeMeantToo(t *testing.T) {
	b, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	const topic, member, other = "truces-2026", "trump-three-day-ceasefire-may-2026", "r1-duration"
	reading := func(p float64, id string) match.Result {
		return match.Result{Content: 2, Candidates: []match.Candidate{{ID: topic, Kind: match.Topic, P: p}, {ID: id, Kind: match.Fact, P: 0.2}}}
	}
	text := func(id string) string { return b.base.Find(id).Text.In("en") }
	title := b.base.Topic(topic).Title.In("en")

	both := b.decide(reading(0.55, member), "en", Talk{})
	if s := both.Body.String(); both.Status != Answered || !strings.HasPrefix(s, title) || strings.Count(s, text(member)) != 1 || len(both.Facts) != len(b.base.Topic(topic).Facts) {
		t.Errorf("%s %v: %s", both.Status, both.Facts, s)
	}
	if s := b.decide(reading(0.55, other), "en", Talk{}).Body.String(); !strings.HasPrefix(s, title) || !strings.HasSuffix(s, text(other)) {
		t.Error(s)
	}
	if s := b.decide(reading(0.75, other), "en", Talk{}).Body.String(); strings.Contains(s, text(other)) {
		t.Errorf("what is sure is told alone: %s", s)
	}
	for _, topic := range b.base.Topics {
		for f := range b.base.All {
			for _, code := range lang.Codes {
				a := b.decide(match.Result{Content: 2, Candidates: []match.Candidate{{ID: topic.ID, Kind: match.Topic, P: 0.55}, {ID: f.ID, Kind: match.Fact, P: 0.2}}}, code, Talk{})
				if n := len([]rune(a.Body.String())); n > 1200 {
					t.Fatalf("%s and %s in %s: %d characters", topic.ID, f.ID, code, n)
				}
			}
		}
	}
}

func TestWhatIsLikeliestIsToldWhenAskingBackAlsoIfItIsASummary(t *testing.T) {
	b, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	a := b.decide(match.Result{Content: 2, Candidates: []match.Candidate{
		{ID: "rounds", Kind: match.Topic, P: 0.30}, {ID: "truces-2026", Kind: match.Topic, P: 0.28},
	}}, "en", Talk{})
	if a.Status != Ambiguous || len(a.Facts) == 0 || len(a.Choices) != 1 || a.Choices[0].ID != "truces-2026" {
		t.Errorf("%s %v %v", a.Status, a.Facts, a.Choices)
	}
}
