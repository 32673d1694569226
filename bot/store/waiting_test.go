package store

import (
	"testing"
	"time"
)

func TestWaitingAnswersKeepTheirOrderAndGoWithTheirChat(t *testing.T) {
	engines(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, w := range []Waiting{
			{Network: "n", ID: "b.12", Chat: "1", Place: 12, Body: "second"}, {Network: "n", ID: "b.9", Chat: "1", Place: 9, Body: "first"},
			{Network: "n", ID: "b.10", Chat: "2", Place: 10, Body: "other"}, {Network: "n", ID: "b.9", Chat: "1", Place: 9, Body: "again"},
		} {
			if err := s.PutWaiting(ctx, w, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if st, err := s.Update(ctx, "n", "b.9"); st != Done || err != nil {
			t.Errorf("its update is %v, %v", st, err)
		}
		if n, err := s.WaitingChats(ctx, "n"); err != nil || n["1"] != 2 || n["2"] != 1 {
			t.Errorf("%v %v", n, err)
		}
		if err := s.SendWaiting(ctx, "n", "b.9"); err != nil {
			t.Fatal(err)
		}
		if w, err := s.NextWaiting(ctx, "n", "1"); err != nil || w == nil || w.Body != "first" || !w.Sending {
			t.Errorf("%+v %v", w, err)
		}
		if err := s.DropWaiting(ctx, "n", "b.9"); err != nil {
			t.Fatal(err)
		}
		if w, err := s.NextWaiting(ctx, "n", "1"); err != nil || w == nil || w.Body != "second" || w.Sending {
			t.Errorf("%+v %v", w, err)
		}
		if err := s.Forget(ctx, "n", "1"); err != nil {
			t.Fatal(err)
		}
		if n, err := s.WaitingChats(ctx, "n"); err != nil || len(n) != 1 {
			t.Errorf("after forgetting: %v %v", n, err)
		}
	})
}
