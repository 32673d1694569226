package matrix

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

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
	text, pill, another := c.body, false, false
	if c.html != "" {
		p := read(c.html, n.id)
		text, pill, another = p.out.String(), p.found, p.another
	} else if c.replyTo != "" {
		text = withoutQuote(text)
	}
	text = clean(norm.NFC.String(text))
	if rest, ok := afterWord(text, n.prefix); ok {
		return n.order(rest)
	}
	called := slices.Contains(c.mentions, n.id) || pill
	if rest, ok := n.afterName(text); ok && !another {
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
	word, args := rest, ""
	if i := strings.IndexFunc(rest, unicode.IsSpace); i >= 0 {
		word, args = rest[:i], rest[i:]
	}
	if w := strings.ToLower(word); slices.Contains(n.command, w) {
		return heard{command: w, args: strings.TrimSpace(args), addressed: true}
	}
	return heard{text: rest, addressed: true}
}

// afterName removes a name of the bot from the start of a text.
func (n names) afterName(text string) (string, bool) {
	bare, at := strings.CutPrefix(text, "@")
	for _, name := range append([]string{n.id}, n.display...) {
		rest, ok := afterWord(bare, strings.TrimPrefix(name, "@"))
		if ok && (!at || !goesOn(bare, rest)) {
			return rest, true
		}
	}
	return text, false
}

// goesOn tells whether what stands before rest ends with a colon that nothing
// separates from rest: "@parley:elsewhere.org" is somebody else.
func goesOn(text, rest string) bool {
	return rest != "" && strings.HasSuffix(text[:len(text)-len(rest)], ":")
}

// afterWord removes word from the start of text, if nothing is glued to it but
// a colon or comma. Case does not matter, nor how accents are written.
func afterWord(text, word string) (string, bool) {
	word = clean(norm.NFC.String(word))
	if word == "" {
		return text, false
	}
	rest := text
	for _, w := range word {
		r, size := utf8.DecodeRuneInString(rest)
		if size == 0 || lower(r) != lower(w) {
			return text, false
		}
		rest = rest[size:]
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if rest == "" || unicode.IsSpace(r) || r == ':' || r == ',' {
		return strings.TrimLeft(rest, ":, \n\t"), true
	}
	return text, false
}

// lower is a letter without its case. The Turkish ones with and without a dot
// are all the same: people write names with whichever they have.
func lower(r rune) rune {
	if r == 'İ' || r == 'ı' {
		return 'i'
	}
	return unicode.ToLower(r)
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
