package telegram

import (
	"strings"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// withoutMentions removes the mentions of the bot from a text and tells whether
// there were any. Only what Telegram marked as a mention is one: an address
// such as me@ourbot.example is none.
func withoutMentions(text string, ents []tgbotapi.MessageEntity, me *identity) (string, bool) {
	var units []uint16
	found := false
	for i := len(ents) - 1; i >= 0; i-- {
		e := ents[i]
		if e.Type != "mention" && e.Type != "text_mention" {
			continue
		}
		if units == nil {
			units = utf16.Encode([]rune(text))
		}
		if e.Offset < 0 || e.Length <= 0 || e.Offset > len(units) || e.Length > len(units)-e.Offset {
			continue
		}
		name := string(utf16.Decode(units[e.Offset : e.Offset+e.Length]))
		if !mentions(e, name, me) {
			continue
		}
		found = true
		// In place of the letters: the other entities' offsets stay true.
		for j := e.Offset; j < e.Offset+e.Length; j++ {
			units[j] = ' '
		}
	}
	if !found {
		return strings.TrimSpace(text), false
	}
	return tidy(string(utf16.Decode(units))), true
}

func mentions(e tgbotapi.MessageEntity, name string, me *identity) bool {
	if e.Type == "text_mention" {
		return e.User != nil && e.User.ID == me.id
	}
	return me.username != "" && strings.EqualFold(name, "@"+me.username)
}

// tidy closes the gaps that a removed mention leaves: "Hello @bot, who?"
// becomes "Hello, who?".
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.Join(strings.Fields(l), " ")
		for _, p := range []string{",", ".", "?", "!", ":", ";"} {
			l = strings.ReplaceAll(l, " "+p, p)
		}
		lines[i] = strings.TrimLeft(l, ",.:; ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// command is what a text that begins with a slash says.
type command struct {
	name, args string
	other      bool // it is addressed to another bot
}

// commandOf reads "/name args" or "/name@bot args". "/etc/passwd" is a text.
func commandOf(text string, me *identity) (command, bool) {
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return command{}, false
	}
	word, args := rest, ""
	if i := strings.IndexAny(rest, " \n\t"); i >= 0 {
		word, args = rest[:i], strings.TrimSpace(rest[i:])
	}
	name, to, addressed := strings.Cut(word, "@")
	if name == "" || len(name) > 32 || strings.ContainsFunc(name, notCommand) {
		return command{}, false
	}
	other := addressed && !strings.EqualFold(to, me.username)
	return command{strings.ToLower(name), args, other}, true
}

func notCommand(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}
