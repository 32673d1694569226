package match

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parley/answers/internal/slots"
)

// Evidence is one piece of what speaks for or against a candidate.
type Evidence struct {
	Name   string
	Counts float64
}

// Evidence returns what speaks for or against a candidate of a reading that
// Explain made, the weightiest first: by how much its score would change without
// that piece.
func (m *Matcher) Evidence(r Result, c Candidate) (out []Evidence) {
	w := m.learnt.Weights
	if r.Short {
		w = m.learnt.Short
	}
	var act [hidden]float64
	all := r.evidence[c.why]
	score := w.score(&all, &act)
	for i, x := range all {
		if x == 0 {
			continue
		}
		without := all
		without[i] = 0
		if v := score - w.score(&without, &act); v > 0.05 || v < -0.05 {
			out = append(out, Evidence{FeatureNames[i], v})
		}
	}
	slices.SortStableFunc(out, func(a, b Evidence) int {
		if abs(a.Counts) > abs(b.Counts) {
			return -1
		}
		return 1
	})
	return out
}

func abs(x float64) float64 { return max(x, -x) }

// Exactly tells in words what a question says exactly.
func (m *Matcher) Exactly(r Result) string {
	var out []string
	for n := range 16 {
		switch {
		case r.Slots.Rounds&(1<<n) != 0 && n == 0:
			out = append(out, "the talks of 2022")
		case r.Slots.Rounds&(1<<n) != 0:
			out = append(out, "round "+strconv.Itoa(n))
		case r.Slots.Weak&(1<<n) != 0:
			out = append(out, "perhaps round "+strconv.Itoa(n))
		}
	}
	for _, d := range r.Slots.Dates {
		if d.From != "" {
			out = append(out, d.From+" to "+d.To)
		} else {
			out = append(out, fmt.Sprintf("date %d-%02d-%02d", d.Year, d.Month, d.Day))
		}
	}
	for bit, name := range slots.SideNames {
		if r.Slots.Sides&(1<<bit) != 0 {
			out = append(out, name)
		}
	}
	if r.Slots.Follow {
		out = append(out, "goes on from the last question")
	}
	if len(r.Slots.Numbers) > 0 {
		out = append(out, "numbers "+strings.Join(r.Slots.Numbers, " "))
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}
