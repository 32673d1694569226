package main

import (
	"strings"
	"testing"

	"parley/answers"
	"parley/answers/score"
)

func TestFailuresAreGroupedByWhatWentWrong(t *testing.T) {
	b, err := answers.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	wanted := score.Item{Lang: "en", Turns: []string{"How long did the second round last?"}, Facts: []string{"r2-duration"}}
	for _, c := range []struct {
		verdict score.Verdict
		lang    string
		told    string
		kind    string
	}{
		{score.Right, "en", "r2-duration", ""},
		{score.Refused, "en", "", ""},
		{score.Wrong, "en", "r3-duration", "wrong slot"},
		{score.Wrong, "en", "umerov", "wrong fact"},
		{score.Wrong, "uk", "r2-duration", "wrong language"},
		{score.Wrong, "en", "r2-duration", "right fact"},
		{score.Blurted, "en", "umerov", "should have refused"},
		{score.Missed, "en", "", "should have answered"},
		{score.Vague, "en", "umerov", "asked back"},
		{score.Hedged, "en", "umerov", "asked back"},
	} {
		r := score.Result{Item: wanted, Verdict: c.verdict, Lang: c.lang}
		if c.told != "" {
			r.Facts = []string{c.told}
		}
		kind := kindOf(b.Base(), r)
		if !strings.HasPrefix(kind, c.kind) || c.kind == "" && kind != "" {
			t.Errorf("%s %s in %s: %q, want %q", c.verdict, c.told, c.lang, kind, c.kind)
		}
		if c.kind == "" {
			continue
		}
		var out strings.Builder
		printFailures(&out, b, []score.Result{r})
		if s := out.String(); !strings.Contains(s, kind+" (1)") || !strings.Contains(s, "r2-duration 0.") || !strings.Contains(s, "none of the base") {
			t.Errorf("the two best readings are not told:\n%s", s)
		}
	}
}
