package answers

import (
	"slices"
	"strings"
	"testing"
)

// changes are the differences as "kind id", quiet ones in brackets.
func changes(was, now *Book) (out []string) {
	for _, c := range Diff(was.Edition(), now.Edition()) {
		s := string(c.Kind) + " " + c.ID
		if c.Quiet {
			s = "(" + s + ")"
		}
		out = append(out, s)
	}
	return out
}

func TestDiffSaysWhatHasChanged(t *testing.T) {
	first := event("ev-geneva-announced", "announced", "2026-06-10", "2026-07-05")
	for name, c := range map[string]struct {
		was, now []string
		want     string
	}{
		"nothing":                     {[]string{first}, []string{first}, ""},
		"announced":                   {nil, []string{first}, "announced ev-geneva-announced"},
		"confirmed by another entry":  {[]string{first}, []string{first, event("ev-geneva-confirmed", "confirmed", "2026-06-12", "2026-07-05")}, "confirmed ev-geneva-confirmed"},
		"another date, same entry":    {[]string{first}, []string{event("ev-geneva-announced", "announced", "2026-06-10", "2026-07-08")}, "moved ev-geneva-announced"},
		"another kind, same entry":    {[]string{first}, []string{event("ev-geneva-announced", "cancelled", "2026-06-12", "2026-07-05")}, "cancelled ev-geneva-announced"},
		"another place":               {[]string{first}, []string{event("ev-geneva-announced", "announced", "2026-06-10", "2026-07-05", "place: Rome")}, "corrected ev-geneva-announced"},
		"another hour":                {[]string{first}, []string{event("ev-geneva-announced", "announced", "2026-06-10", "2026-07-05", "for_time: '12:00'")}, "moved ev-geneva-announced"},
		"gone":                        {[]string{first}, nil, "withdrawn ev-geneva-announced"},
		"kept under another id":       {[]string{first}, []string{event("ev-other", "announced", "2026-06-10", "2026-07-05", "aliases: [ev-geneva-announced]", "text: ev-geneva-announced")}, ""},
		"history entered late":        {nil, []string{event("ev-old", "held", "2025-06-10", "2025-06-10")}, "(held ev-old)"},
		"held":                        {[]string{first}, []string{first, event("ev-geneva-held", "held", "2026-06-14", "2026-06-14")}, "held ev-geneva-held"},
		"another wording of an event": {[]string{first}, []string{event("ev-geneva-announced", "announced", "2026-06-10", "2026-07-05", "text: better")}, "corrected ev-geneva-announced"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(changes(scheduled(t, c.was...), scheduled(t, c.now...)), ", "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestATranslationAloneIsNoChange(t *testing.T) {
	e := event("ev-a", "announced", "2026-06-10", "2026-07-05")
	was, now := scheduled(t, e), scheduled(t, strings.Replace(e, "uk: У", "uk: Ю", 1))
	if got := changes(was, now); len(got) > 0 {
		t.Error(got)
	}
	if was.Edition().Hash() == now.Edition().Hash() {
		t.Error("but the edition is another one")
	}
}

func TestWhoChoseASubjectIsToldOfItAlone(t *testing.T) {
	announced := Change{Kind: "announced", After: Told{Event: "announced", About: Schedule}}
	held := Change{Kind: "held", After: Told{Event: "held", About: Schedule}}
	result := Change{Kind: Resulted, After: Told{Meeting: true, About: Results}}
	swap := Change{Kind: Exchanged, After: Told{Record: "x", About: Prisoners}}
	gone := Change{Kind: Withdrawn, Before: Told{}}
	quiet := announced
	quiet.Quiet = true
	for subject, want := range map[string][]bool{
		Everything: {true, true, true, true, true, false},
		Schedule:   {true, true, false, false, false, false},
		Results:    {false, true, true, false, false, false},
		Prisoners:  {false, false, false, true, false, false},
	} {
		var got []bool
		for _, c := range []Change{announced, held, result, swap, gone, quiet} {
			got = append(got, c.Concerns(subject))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", subject, got, want)
		}
	}
}

func TestManyChangesAreOneMessage(t *testing.T) {
	b := scheduled(t)
	var news []News
	for _, id := range strings.Fields("a b c d e f g h i j k l") {
		news = append(news, News{Change: Change{ID: id, Kind: "announced", After: Told{Event: "announced", Short: [4]string{id, id, id, id}}}})
	}
	body, _ := b.Tell("en", news)
	s := body.String()
	if !strings.Contains(s, "Date announced: a") || !strings.HasSuffix(s, "and 2 more") || strings.Count(s, "\n") != 11 {
		t.Error(s)
	}
}

func TestWhatWasToldIsPutRightVisibly(t *testing.T) {
	b := scheduled(t)
	told := Change{ID: "plain", Kind: "announced", After: Told{Text: [4]string{"On 5 July."}, Short: [4]string{"5 July"}}}
	right := &Amendment{Change{ID: "plain", Kind: Corrected, After: Told{Text: [4]string{"On 6 July."}, Short: [4]string{"6 July"}}}, "2026-06-20"}
	gone := &Amendment{Change{ID: "plain", Kind: Withdrawn, Before: told.After}, "2026-06-21"}
	for _, c := range []struct {
		news []News
		want string
	}{
		{[]News{{told, nil}}, "Date announced\nOn 5 July."},
		{[]News{{told, right}}, "Date announced\nOn 6 July.\ncorrected on 20 June 2026"},
		{[]News{{told, gone}}, "Date announced\nOn 5 July.\nwithdrawn on 21 June 2026"},
		{[]News{{told, right}, {told, gone}}, "What has changed:\n- Date announced: 6 July (corrected on 20 June 2026)\n- Date announced: 5 July (withdrawn on 21 June 2026)"},
	} {
		if body, _ := b.Tell("en", c.news); body.String() != c.want {
			t.Errorf("got %q, want %q", body, c.want)
		}
	}
}
