package store

import (
	"slices"
	"testing"
	"time"

	"parley/bot"
)

func TestWhatWasSaidIsFoundByMessageQuestionAndChatUntilItIsOld(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx, c := t.Context(), bot.Chat{Network: "matrix", ID: "!room", Thread: "$root"}
		first := Said{Chat: c, Message: "$a", Question: "$q"}
		second := Said{Chat: c, Message: "$b", Question: "$r", Choices: []string{"one", "two"}}
		for i, m := range []Said{first, second} {
			if err := s.PutSaid(ctx, m, now.Add(time.Duration(i)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		first.Choices = []string{"three"} // an edit offers something else
		if err := s.PutSaid(ctx, first, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if m, err := s.Said(ctx, "matrix", "$a"); err != nil || m == nil || m.Question != "$q" || !slices.Equal(m.Choices, first.Choices) {
			t.Errorf("by message: %+v, %v", m, err)
		}
		if m, err := s.SaidTo(ctx, "matrix", "$r"); err != nil || m == nil || m.Message != "$b" || m.Chat != c {
			t.Errorf("by question: %+v, %v", m, err)
		}
		if m, err := s.LastSaid(ctx, c); err != nil || m == nil || m.Message != "$b" || !slices.Equal(m.Choices, second.Choices) {
			t.Errorf("the last: %+v, %v", m, err)
		}
		if m, err := s.Said(ctx, "telegram", "$a"); err != nil || m != nil {
			t.Errorf("of another network: %+v, %v", m, err)
		}
		if err := s.PruneInbox(ctx, now.Add(500*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if m, _ := s.Said(ctx, "matrix", "$a"); m != nil {
			t.Error("not pruned")
		}
		if err := s.Forget(ctx, c.Network, c.ID); err != nil {
			t.Fatal(err)
		}
		if m, _ := s.LastSaid(ctx, c); m != nil {
			t.Error("not forgotten")
		}
	})
}
