package answers

import (
	"fmt"
	"strings"

	"parley/answers/internal/match"
)

// Why explains in words how a question is read: the best readings, what speaks
// for each, what the question says exactly, and the outcome.
func (b *Book) Why(q Question) string {
	talk := q.Talk.Current(q.Now)
	r := b.matcher.Explain(q.Text, b.context(talk), q.Now)
	var s strings.Builder
	fmt.Fprintf(&s, "language: %s (leads by %.2f)\n", r.Lang, r.LangSure)
	fmt.Fprintf(&s, "says exactly: %s\n", b.matcher.Exactly(r))
	if r.Known {
		s.WriteString("stands word for word among the training questions\n")
	}
	if len(r.Unknown) > 0 {
		fmt.Fprintf(&s, "words no training question has: %s\n", strings.Join(r.Unknown, ", "))
	}
	for i, c := range r.Candidates[:min(5, len(r.Candidates))] {
		fmt.Fprintf(&s, "%d. %s  probability %.2f, margin %.2f\n   %s\n", i+1, c.ID, c.P, c.Margin, b.Label(c.ID, q.lang(r)))
		for _, e := range b.matcher.Evidence(r, c) {
			fmt.Fprintf(&s, "     %+.2f  %s\n", e.Counts, e.Name)
		}
	}
	fmt.Fprintf(&s, "none of the base: probability %.2f\n", r.None)
	a := b.decide(r, q.lang(r), talk)
	fmt.Fprintf(&s, "outcome: %s %s (one reading needs %.2f, two together %.2f, to ask back %.2f)\n", a.Status, strings.Join(a.Facts, " "), sureEnough, pairEnough, askEnough)
	return s.String()
}

// Readings tells in one line each the best readings of a question, and the three
// things that count most for or against each.
func (b *Book) Readings(q Question, n int) (lines []string) {
	talk := q.Talk.Current(q.Now)
	r := b.matcher.Explain(q.Text, b.context(talk), q.Now)
	for _, c := range r.Candidates[:min(n, len(r.Candidates))] {
		var why []string
		for _, e := range b.matcher.Evidence(r, c) {
			if len(why) < 3 {
				why = append(why, fmt.Sprintf("%+.1f %s", e.Counts, e.Name))
			}
		}
		lines = append(lines, fmt.Sprintf("%s %.2f: %s", c.ID, c.P, strings.Join(why, ", ")))
	}
	return append(lines, fmt.Sprintf("none of the base %.2f", r.None))
}

func (q Question) lang(r match.Result) string {
	if q.Lang != "" {
		return q.Lang
	}
	return r.Lang
}
