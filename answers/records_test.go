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
