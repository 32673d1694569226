package answers_test

import (
	"strings"
	"testing"

	"parley/answers"
)

func TestExchangesAreCountedFromTheRecords(t *testing.T) {
	a := ask(t, "How many prisoners came home in May 2025?")
	if text := a.Body.String(); a.Status != answers.Answered || !strings.Contains(text, "together 1000 people to Ukraine and 1000 to Russia") || len(a.Facts) != 3 {
		t.Errorf("%s: %s", a.Status, text)
	}
}

func TestAnUnpublishedNumberIsNotCounted(t *testing.T) {
	if text := ask(t, "how many prisoners were exchanged in 2026").Body.String(); !strings.Contains(text, "3 of 4") {
		t.Error(text)
	}
}

func TestWhatRecordsTellCanBeOpenedAgain(t *testing.T) {
	b := embedded(t)
	for _, question := range []string{"How many prisoners came home in May 2025?", "how many prisoners were exchanged in 2026"} {
		a := ask(t, question)
		again := b.Open(a.ID, answers.Question{Lang: a.Lang, Now: now})
		if !b.Knows(a.ID) || again.Body.String() != a.Body.String() || again.ID != a.ID || len(b.Sources(a.ID)) < len(a.Facts) {
			t.Errorf("%s is opened as %q: %s", question, a.ID, again.Body.String())
		}
	}
	for _, id := range []string{"exchanges_", "exchanges_2025-13", "exchanges_2025-5", "exchanges_25x", "rounds_2025", "exchanges_2025-05-01"} {
		if b.Knows(id) {
			t.Errorf("%s is known", id)
		}
	}
}
