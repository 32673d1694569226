package score

import (
	"math"
	"slices"
)

// Result is the verdict on one question and what it took.
type Result struct {
	Item    Item
	Verdict Verdict
	Status  string
	Lang    string
	Text    string
	Facts   []string
	Micros  float64
}

// Row sums up the results of one language, or of all.
type Row struct {
	Name                        string
	N                           int
	Answerable, AnsweredRight   int
	Refusable, RefusedRight     int
	Wrong, Missed               int
	FollowUps, FollowUpsRight   int
	Noisy, NoisyRight           int
	Clarifiable, ClarifiedRight int
	OtherLanguage               int
	P50, P99                    float64 // microseconds
}

// Table sums up results: a row for each language in the order of their codes,
// and last one for all.
func Table(rs []Result) []Row {
	by := make(map[string][]Result)
	for _, r := range rs {
		by[r.Item.Lang] = append(by[r.Item.Lang], r)
	}
	var names []string
	for n := range by {
		names = append(names, n)
	}
	slices.Sort(names)
	var rows []Row
	for _, n := range names {
		rows = append(rows, sum(n, by[n]))
	}
	return append(rows, sum("all", rs))
}

func sum(name string, rs []Result) Row {
	row := Row{Name: name, N: len(rs)}
	var micros []float64
	for _, r := range rs {
		micros = append(micros, r.Micros)
		if r.Lang != "" && r.Lang != r.Item.Lang {
			row.OtherLanguage++
		}
		switch r.Item.Expect {
		case "refuse":
			row.Refusable++
			if r.Verdict == Refused {
				row.RefusedRight++
			}
			if r.Verdict == Blurted {
				row.Wrong++
			}
			continue
		case "answer_or_clarify":
			row.Clarifiable++
			if r.Verdict == Right {
				row.ClarifiedRight++
			}
			continue
		}
		ok := r.Verdict == Right
		add := func(n, right *int) {
			*n++
			if ok {
				*right++
			}
		}
		add(&row.Answerable, &row.AnsweredRight)
		if len(r.Item.Turns) > 1 {
			add(&row.FollowUps, &row.FollowUpsRight)
		}
		if r.Item.Noisy() {
			add(&row.Noisy, &row.NoisyRight)
		}
		switch r.Verdict {
		case Missed:
			row.Missed++
		case Wrong:
			row.Wrong++
		}
	}
	slices.Sort(micros)
	if n := len(micros); n > 0 {
		row.P50, row.P99 = micros[n/2], micros[min(n-1, n*99/100)]
	}
	return row
}

// Percent is part of whole in percent, and the half-width of its 95 % interval
// (Wilson).
func Percent(part, whole int) (p, plusMinus float64) {
	if whole == 0 {
		return 0, 0
	}
	const z = 1.96
	n, q := float64(whole), float64(part)/float64(whole)
	return 100 * q, 100 * z * math.Sqrt(q*(1-q)/n+z*z/(4*n*n)) / (1 + z*z/n)
}
