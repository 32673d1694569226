package answers_test

import (
	"strings"
	"testing"

	"parley/answers"
	"parley/answers/facts"
)

func TestAQuestionUnderTheWrongFactPullsTowardsTheRightOne(t *testing.T) {
	b, err := answers.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	got := b.Pulls([]facts.Question{
		{ID: "r2-duration", Lang: "en", Text: "How long did the second round last?"},
		{ID: "r3-venue", Lang: "en", Text: "How long did the second round last?"},
		{ID: "medinsky", Lang: "tr", Text: "Rustem Umerov kim?"},
	})
	if len(got) != 2 || got[0].Question.ID != "r3-venue" || !strings.Contains(got[0].To, "duration") || got[1].To != "umerov" {
		t.Errorf("%+v", got)
	}
}
