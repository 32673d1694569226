package telegram

import (
	"strconv"
	"testing"

	"parley/adapters/telegram/telegramtest"
	"parley/bot"
)

func TestAMessageOfUnknownFateIsFoundAndNoOtherIsTakenForIt(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	g := r.Supergroup("G", u)
	r.Set(g, func(c *telegramtest.Chat) { c.Status[telegramtest.BotID] = "administrator" })
	to := bot.Chat{Network: Network, ID: strconv.FormatInt(g.ID, 10)}
	send := func(text string) string {
		t.Helper()
		id, err := r.a.Send(t.Context(), to, reply(text))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	find := func(text, after string, others ...string) string {
		t.Helper()
		id, err := r.a.Find(t.Context(), to, reply(text), after, others)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	anchor := strconv.Itoa(r.Say(g, u, "hello").ID)
	if got := find("news", anchor); got != "" {
		t.Errorf("found %s where nothing was sent", got)
	}
	answer, news := send("answer"), send("news")
	if got := find("news", anchor, answer); got != news {
		t.Errorf("found %q, not %q", got, news)
	}
	if got := find("news", anchor); got != news { // nobody knows of the answer
		t.Errorf("among two: found %q, not %q", got, news)
	}
	if got := find("other news", anchor, news, answer); got != "" {
		t.Errorf("found %q, which is known", got)
	}
	if got := find("other news", anchor); got != "" {
		t.Errorf("found %q, which shows something else", got)
	}
	var shown []string
	for _, m := range r.Sent(g) {
		shown = append(shown, m.Text)
	}
	if len(shown) != 2 || shown[0] != "answer" || shown[1] != "news" {
		t.Errorf("shown: %q", shown)
	}
}

func TestTheNewestMessageOfAChatIsKnown(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	p := r.Private(u)
	to := bot.Chat{Network: Network, ID: strconv.FormatInt(p.ID, 10)}
	if got := r.a.Newest(to); got != "" {
		t.Errorf("%q in a chat nobody wrote to", got)
	}
	if got := r.a.Newest(to, "7", "x", "12", ""); got != "12" {
		t.Errorf("of those known the newest is %q", got)
	}
	answer := r.mustReply(t, r.Say(p, u, "hello"))
	if !r.WaitUntil(soon, func() bool { return r.a.Newest(to, "1") == strconv.Itoa(answer.ID) }) {
		t.Errorf("newest %q, not %d", r.a.Newest(to, "1"), answer.ID)
	}
}
