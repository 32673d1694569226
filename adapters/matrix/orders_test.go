package matrix

import (
	"testing"

	"parley/answers/markup"
	"parley/bot"
)

func TestCommandsAreSpeltAsTheyAreGivenInRooms(t *testing.T) {
	o := newOrders("!parley", []string{"help", "pin", "unpin"})
	for text, want := range map[string]string{
		"/help tells":           "!parley help tells",
		"Send /pin, then /help": "Send !parley pin, then !parley help",
		"Команды: /help.":       "Команды: !parley help.",
		"Please write (/unpin)": "Please write (!parley unpin)",
		"and/or, /other, a/pin": "and/or, /other, a/pin",
		"https://a.example/pin": "https://a.example/pin",
	} {
		r := bot.Reply{Body: markup.Text{markup.Para(text)}}
		if got := o.spell(r).Body.String(); got != want {
			t.Errorf("%q is spelt %q, want %q", text, got, want)
		}
		if r.Body.String() != text {
			t.Error("the reply itself was changed")
		}
	}
}
