package facts

import (
	"testing"
	"testing/fstest"
)

func TestAFactWithTooFewQuestionsIsNamedWithItsLanguage(t *testing.T) {
	b, ps := Load(fstest.MapFS{"a.yaml": {Data: []byte(soundBase())}})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	var qs []Question
	for _, l := range Languages {
		n := EnoughQuestions
		if l == "tr" {
			n--
		}
		for range n {
			qs = append(qs, Question{ID: "venue", Lang: l, Text: "?"})
		}
	}
	got := Lacking(b, qs)
	if len(got) != 1 || got[0].String() != "a.yaml:3:5: venue has 5 training questions in tr, fewer than 6" {
		t.Errorf("%v", got)
	}
}
