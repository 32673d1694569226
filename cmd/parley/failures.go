package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"parley/answers"
	"parley/answers/facts"
	"parley/answers/score"
)

// The kinds of failures, in the order they are shown.
var failureKinds = [...]string{
	"wrong fact",
	"wrong slot: the right subject, but another round, date or side",
	"wrong language",
	"right fact, but its words lack what was asked for",
	"should have refused",
	"should have answered",
	"asked back",
}

// kindOf names what went wrong with an answer, or is empty.
func kindOf(b *facts.Base, r score.Result) string {
	switch r.Verdict {
	case score.Blurted:
		return failureKinds[4]
	case score.Missed:
		return failureKinds[5]
	case score.Vague, score.Hedged, score.Unclear:
		return failureKinds[6]
	case score.Wrong:
	default:
		return ""
	}
	if len(r.Facts) == 0 {
		return failureKinds[0]
	}
	var wanted []string
	for _, id := range r.Item.Facts {
		wanted = append(wanted, b.Resolve(id))
	}
	switch got := r.Facts[0]; {
	case r.Lang != "" && r.Lang != r.Item.Lang:
		return failureKinds[2]
	case slices.Contains(wanted, got):
		return failureKinds[3]
	case slices.ContainsFunc(wanted, func(id string) bool { return sameButSlot(b.Find(id), b.Find(got)) }):
		return failureKinds[1]
	}
	return failureKinds[0]
}

// sameButSlot tells whether two facts answer the same kind of question about
// different rounds, dates or sides.
func sameButSlot(x, y *facts.Fact) bool {
	if x == nil || y == nil || x.Aspect == "" || x.Aspect != y.Aspect {
		return false
	}
	return x.Round != y.Round || x.Date != y.Date || x.Side != y.Side
}

// printFailures groups what went wrong by kind, each with the two best readings
// and what counted most for them.
func printFailures(w io.Writer, b *answers.Book, rs []score.Result) {
	by := make(map[string][]score.Result)
	for _, r := range rs {
		if k := kindOf(b.Base(), r); k != "" {
			by[k] = append(by[k], r)
		}
	}
	for _, kind := range failureKinds {
		if len(by[kind]) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s (%d)\n", kind, len(by[kind]))
		for _, r := range by[kind] {
			printFailure(w, b, r)
		}
	}
}

func printFailure(w io.Writer, b *answers.Book, r score.Result) {
	fmt.Fprintf(w, "  %s %s\n      wanted %s %s, got %s %s: %.160s\n", r.Item.ID, strings.Join(r.Item.Turns, " | "),
		strings.Join(r.Item.Facts, " "), strings.Join(first2(r.Item.Must), " & "), r.Status, strings.Join(r.Facts, " "), strings.ReplaceAll(r.Text, "\n", " / "))
	for _, line := range b.Readings(lastTurn(b, r.Item), 2) {
		fmt.Fprintf(w, "      %s\n", line)
	}
}

// lastTurn is the question that an item ends with, in its talk.
func lastTurn(b *answers.Book, it score.Item) answers.Question {
	now := dayOf(it.Today, time.Now())
	var talk answers.Talk
	last := len(it.Turns) - 1
	for _, t := range it.Turns[:last] {
		talk = b.Answer(answers.Question{Text: t, Talk: talk, Now: now}).Talk
	}
	return answers.Question{Text: it.Turns[last], Talk: talk, Now: now}
}

// dayOf is the day in ISO form, or now if there is none.
func dayOf(iso string, now time.Time) time.Time {
	if day, err := time.Parse(time.DateOnly, iso); err == nil {
		return day
	}
	return now
}

func first2(must [][]string) (out []string) {
	for _, m := range must {
		out = append(out, strings.Join(m[:min(2, len(m))], "|"))
	}
	return out
}
