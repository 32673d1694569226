package telegram

import (
	"context"
	"strings"
	"testing"

	"parley/adapters/adaptertest"
	"parley/adapters/telegram/telegramtest"
	"parley/answers"
	"parley/bot"
)

// The whole way, as people have it: Telegram, adapter, lanes, facts, and back.
func TestTheTalksRunInTelegram(t *testing.T) {
	book, err := answers.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	s := telegramtest.New(t, telegramtest.Options{})
	st := openStore(t, t.TempDir()+"/talks.db")
	a, err := New(config(t, s, st))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- bot.New(bot.Options{Book: book, Keeper: st}).Run(ctx, a) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	adaptertest.Run(t, func(t *testing.T) func(string) string {
		u := s.User("Ann", "en")
		c := s.Private(u)
		return func(text string) string {
			reply, ok := s.WaitReply(s.Say(c, u, text), soon)
			if !ok {
				t.Fatalf("%q was not answered", text)
			}
			out := reply.Text
			for _, b := range reply.Buttons {
				out += "\n" + b.Text
			}
			return strings.ReplaceAll(out, "\u00a0", " ")
		}
	})
}
