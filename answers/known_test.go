package answers

import (
	"os"
	"slices"
	"testing"

	"parley/answers/facts"
)

// A curator who adds a question to a fact may expect that it is answered by it.
func TestAQuestionOfTheTrainingIsAnsweredByWhatItStandsUnder(t *testing.T) {
	b, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	qs, _, ps := facts.LoadQuestions(os.DirFS("facts"))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	right, n := 0, 0
	for _, q := range qs {
		id := b.base.Resolve(q.ID)
		if b.base.Find(id) == nil && b.base.Topic(id) == nil {
			continue
		}
		n++
		a := b.Answer(Question{Text: q.Text})
		_, _, counted := b.recordsOf(a.ID) // the records of a month are told instead of a fact
		if a.Status == Answered && (counted || a.ID == id || slices.Contains(a.Facts, id)) {
			right++
		}
	}
	t.Logf("%d of %d", right, n)
	if float64(right) < 0.995*float64(n) { // some stand under two, or the talk of the base is nearer
		t.Errorf("%d of %d", right, n)
	}
}
