package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"parley/adapters/telegram/telegramtest"
	"parley/bot"
	"parley/bot/store"
)

func TestForgottenMeansAtOnceAndForGood(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	s.tell("/pin")
	s.pinned("none announced")
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	for _, text := range []string{"/subscribe", "/lang en", "@parley_bot Who is Umerov?"} {
		if _, ok := s.WaitReply(s.tell(text), within); !ok {
			t.Fatalf("%s: no answer", text)
		}
	}
	s.save()
	s.told(1, "ev-rome-announced")
	kept := ""
	if !s.WaitUntil(within, func() bool {
		r, _ := s.WaitReply(s.tell("/mydata"), within)
		kept = r.Text
		return strings.Contains(kept, "ids of my latest answers")
	}) {
		t.Fatalf("the ids of answers are not told of: %s", kept)
	}
	for _, want := range []string{"language: en", "the pinned schedule", "a subscription", "corrected: ", "done for this chat: "} {
		if !strings.Contains(kept, want) {
			t.Errorf("no %q in %s", want, kept)
		}
	}
	if r, ok := s.WaitReply(s.tell("/forget"), within); !ok || !strings.Contains(r.Text, "deleted") {
		t.Fatalf("%v %s", ok, r.Text)
	}
	if !s.WaitConfirmed(within) {
		t.Fatal("not confirmed")
	}
	s.stop() // what memory held back would be stored now
	s.stop = func() {}
	st, err := store.Open(t.Context(), os.Getenv("PARLEY_STORE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	c := bot.Chat{Network: "telegram", ID: fmt.Sprint(s.group.ID)}
	pin, e1 := st.Pin(t.Context(), c)
	sub, e2 := st.Subscription(t.Context(), c)
	posts, e3 := st.PostsIn(t.Context(), c)
	rest, e4 := st.Holding(t.Context(), c)
	code, e5 := st.Language(t.Context(), c.Network, c.ID)
	if pin != nil || sub != nil || len(posts) > 0 || rest != (bot.Holding{}) || code != "" {
		t.Errorf("still kept: %+v, %+v, %+v, %+v, %q", pin, sub, posts, rest, code)
	}
	for _, err := range []error{e1, e2, e3, e4, e5} {
		if err != nil {
			t.Error(err)
		}
	}
}
