package answers_test

import (
	"os"
	"testing"
	"time"

	"parley/answers"
	"parley/answers/lang"
	"parley/answers/score"
)

// questions are the single questions of the tuning files.
func questions(tb testing.TB) (out []string) {
	tb.Helper()
	for _, code := range lang.Codes {
		f, err := os.Open("lang/" + code + "/questions.jsonl")
		if err != nil {
			tb.Fatal(err)
		}
		items, err := score.Read(f)
		f.Close()
		if err != nil {
			tb.Fatal(err)
		}
		for _, it := range items {
			out = append(out, it.Turns[0])
		}
	}
	return out
}

func BenchmarkAnswer(b *testing.B) {
	book := embedded(b)
	qs := questions(b)
	now := time.Date(2026, 6, 20, 12, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		a := book.Answer(answers.Question{Text: qs[n%len(qs)], Now: now})
		if a.Status == "" || len(a.Body) == 0 {
			b.Fatal("no answer")
		}
		n++
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		if _, err := answers.Embedded(); err != nil {
			b.Fatal(err)
		}
	}
}

// Follow-ups cost more: they are read together with the last answer too.
func BenchmarkAnswerInTalk(b *testing.B) {
	book := embedded(b)
	qs := questions(b)
	now := time.Date(2026, 6, 20, 12, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	var talks [100]answers.Talk
	n := 0
	for b.Loop() {
		a := book.Answer(answers.Question{Text: qs[n%len(qs)], Now: now, Talk: talks[n%len(talks)]})
		talks[n%len(talks)] = a.Talk
		n++
	}
}
