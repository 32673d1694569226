package score

import (
	"strings"
	"testing"
)

func TestComparisonIgnoresWhatTheFormatSays(t *testing.T) {
	for _, c := range []struct {
		text, alt string
		want      bool
	}{
		{"The Çırağan Palace", "ciragan", true},
		{"İSTANBUL", "istanbul", true},
		{"6\u202f057 тіл", "6 057", true},
		{"it’s over", "it's", true},
		{"in 1000 days", "100", false},
		{"in 100 days", "100", true},
		{"16:30", "6:3", false},
		{"Ёлка", "елка", true},
		{"anything", "", false},
	} {
		if got := Has(Fold(c.text), Fold(c.alt)); got != c.want {
			t.Errorf("%q in %q: %v", c.alt, c.text, got)
		}
	}
}

func TestEachOutcomeHasItsVerdict(t *testing.T) {
	answer := Item{Expect: "answer", Must: [][]string{{"31", "thirty-one"}}, MustNot: []string{"Rome"}}
	refuse := Item{Expect: "refuse", Accept: [][]string{{"three"}}}
	either := Item{Expect: "answer_or_clarify", Must: [][]string{{"Umerov"}}}
	for _, c := range []struct {
		it           Item
		status, text string
		want         Verdict
	}{
		{answer, "answered", "It has 31 points.", Right},
		{answer, "ambiguous", "Perhaps 31?", Right},
		{answer, "answered", "It has 30 points.", Wrong},
		{answer, "answered", "31 points, in Rome.", Wrong},
		{answer, "answered", "31" + strings.Repeat(" x", 700), Wrong},
		{answer, "unknown", "31", Missed},
		{answer, "ambiguous", "Which?", Vague},
		{refuse, "unknown", "", Refused},
		{refuse, "answered", "There were three.", Refused},
		{refuse, "answered", "There were four.", Blurted},
		{refuse, "ambiguous", "Which?", Hedged},
		{either, "ambiguous", "Which?", Right},
		{either, "answered", "Umerov", Right},
		{either, "unknown", "", Unclear},
	} {
		if got := Judge(c.it, c.status, c.text); got != c.want {
			t.Errorf("%s %s %.30q: %s, want %s", c.it.Expect, c.status, c.text, got, c.want)
		}
	}
}

func TestABrokenLineIsNamed(t *testing.T) {
	if _, err := Read(strings.NewReader("{\"turns\":[\"a\"]}\n{\n")); err == nil || !strings.HasPrefix(err.Error(), "line 2:") {
		t.Error(err)
	}
}
