package matrix

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/bot"
)

// heard is what somebody said to the bot, without the mention or the prefix.
type heard struct {
	text, command, args string
	addressed           bool // by mention, name or prefix
}

// names is what the bot is called in a room.
type names struct {
	id      string
	display []string
	prefix  string
	command []string // known words
}

// hear reads a message: what is said, and whether to the bot. It decides by
// what the writer sent themselves, never by what they quote.
func hear(c content, n names) heard {
	text, pill := c.body, false
	if c.html != "" {
		text, pill = plainText(c.html, n.id)
	} else if c.replyTo != "" {
		text = withoutQuote(text)
	}
	text = clean(text)
	if rest, ok := afterWord(text, n.prefix); ok {
		return n.order(rest)
	}
	called := slices.Contains(c.mentions, n.id) || pill
	if rest, ok := n.afterName(text); ok {
		text, called = rest, true
	} else if called {
		text = withoutID(text, n.id)
	}
	if pill {
		text = strings.TrimLeft(text, ":, \n\t")
	}
	return heard{text: strings.TrimSpace(text), addressed: called}
}

// order reads what follows the prefix: a command, or a question.
func (n names) order(rest string) heard {
	if rest == "" {
		return heard{command: "help", addressed: true}
	}
	word, args, _ := strings.Cut(rest, " ")
	if w := strings.ToLower(strings.TrimSpace(word)); slices.Contains(n.command, w) {
		return heard{command: w, args: strings.TrimSpace(args), addressed: true}
	}
	return heard{text: rest, addressed: true}
}

// afterName removes a name of the bot from the start of a text.
func (n names) afterName(text string) (string, bool) {
	for _, name := range append([]string{n.id}, n.display...) {
		if name == "" {
			continue
		}
		if rest, ok := afterWord(strings.TrimPrefix(text, "@"), strings.TrimPrefix(name, "@")); ok {
			return rest, true
		}
	}
	return text, false
}

// afterWord removes word from the start of text, if nothing is glued to it
// but a colon or comma. Case does not matter.
func afterWord(text, word string) (string, bool) {
	if word == "" || len(text) < len(word) || !strings.EqualFold(text[:len(word)], word) {
		return text, false
	}
	rest := text[len(word):]
	r, _ := utf8.DecodeRuneInString(rest)
	if rest == "" || unicode.IsSpace(r) || r == ':' || r == ',' {
		return strings.TrimLeft(rest, ":, \n\t"), true
	}
	return text, false
}

func withoutID(text, user string) string {
	return strings.ReplaceAll(text, user, "")
}

// withoutQuote removes the fallback of a reply: the lines that older clients
// put before it, quoted. Only a message that is a reply has one.
func withoutQuote(text string) string {
	if !strings.HasPrefix(text, "> ") {
		return text
	}
	for strings.HasPrefix(text, ">") {
		_, rest, found := strings.Cut(text, "\n")
		if !found {
			return ""
		}
		text = rest
	}
	return text
}

// picked returns which number a text or a reaction is, from 1; 0 if none.
func picked(s string) int {
	s = strings.TrimSpace(s)
	s = strings.NewReplacer("\ufe0f", "", "\u20e3", "").Replace(s)
	s = strings.TrimRight(s, ".)")
	if s == "🔟" {
		return 10
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || i > 1 {
			return 0
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// kindOf is the kind of a chat with so many members, the bot among them.
func kindOf(members int) bot.Kind {
	if members <= 2 {
		return bot.Private
	}
	return bot.Group
}
