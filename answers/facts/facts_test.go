package facts

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func loaded(tb testing.TB) *Base {
	tb.Helper()
	b, ps := Load(Embedded)
	if len(ps) > 0 {
		tb.Fatal(ps)
	}
	return b
}

func TestTheBaseHasNoProblems(t *testing.T) {
	for _, p := range Check(loaded(t)) {
		t.Error(p)
	}
}

func TestTheTrainingQuestionsHaveNoProblems(t *testing.T) {
	b := loaded(t)
	qs, ts, ps := LoadQuestions(os.DirFS("."))
	intent := func(id string) bool { return strings.HasPrefix(id, "no-") || strings.HasPrefix(id, "talk-") }
	for _, p := range append(ps, CheckQuestions(b, qs, ts, intent)...) {
		t.Error(p)
	}
}

func TestEveryDossierIDIsFound(t *testing.T) {
	b := loaded(t)
	data, err := os.ReadFile("testdata/dossier-ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	ids := strings.Fields(string(data))
	if len(ids) < 700 {
		t.Fatalf("only %d ids in the list", len(ids))
	}
	for _, id := range ids {
		f := b.Find(b.Resolve(id))
		if f == nil || f.Text[0] == "" {
			t.Errorf("%s leads to no text", id)
		}
	}
}

func TestEveryContestedFactSaysWhoSaysIt(t *testing.T) {
	for f := range loaded(t).All {
		if f.Status != Confirmed && slices.Contains(f.By[:], "") {
			t.Errorf("%s is %s, but does not say by whom in every language", f.ID, f.Status)
		}
	}
}

func TestTheRoundsAreWholeRecords(t *testing.T) {
	n := 0
	for _, m := range loaded(t).Meetings {
		if !slices.Contains([]string{"1", "2", "3"}, m.Round) {
			continue
		}
		n++
		if len(m.Start) == 0 || len(m.End) == 0 || len(m.Duration) == 0 || m.Place == "" || m.Host == "" ||
			len(m.Delegations) < 3 || len(m.Agenda["ukraine"]) == 0 || len(m.Agenda["russia"]) == 0 ||
			len(m.Agreed) == 0 || len(m.NotAgreed) == 0 || len(m.Next) == 0 {
			t.Errorf("%s is not whole: %+v", m.ID, m)
		}
	}
	if n != 3 {
		t.Errorf("%d rounds, want 3", n)
	}
}
