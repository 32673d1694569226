package telegram

import (
	"strings"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

const (
	// maxUnits is the longest message. Telegram counts code points; UTF-16
	// units are never fewer, so this is safe whichever it is.
	maxUnits    = 4096
	maxEntities = 100
)

// split cuts a text into messages that Telegram takes, between paragraphs or
// sentences where it can. White space at the cuts is lost, nothing else. A
// text of white space only makes no parts.
func split(f formatted, limit int) []formatted {
	if f.fits(limit) {
		return []formatted{f}
	}
	u := utf16.Encode([]rune(f.text))
	var parts []formatted
	for start := skipSpace(u, 0); start < len(u); {
		end := len(u)
		if end-start > limit {
			end = start + cut(u[start:start+limit+1])
		}
		last := end
		for last > start && isSpace(u[last-1]) {
			last--
		}
		parts = append(parts, part(f, u, start, last))
		start = skipSpace(u, end)
	}
	return parts
}

// fits tells that a text is one message as it stands, as most are. A letter
// has no more UTF-16 units than bytes.
func (f formatted) fits(limit int) bool {
	return len(f.text) <= limit && len(f.ents) <= maxEntities && f.text != "" && strings.TrimSpace(f.text) == f.text
}

func part(f formatted, u []uint16, from, to int) formatted {
	p := formatted{text: string(utf16.Decode(u[from:to]))}
	for _, e := range f.ents {
		a, b := max(e.Offset, from), min(e.Offset+e.Length, to)
		for a < b && isSpace(u[a]) {
			a++
		}
		for b > a && isSpace(u[b-1]) {
			b--
		}
		if a < b && len(p.ents) < maxEntities {
			p.ents = append(p.ents, tgbotapi.MessageEntity{Type: e.Type, Offset: a - from, Length: b - a, URL: e.URL})
		}
	}
	return p
}

// cut finds where to end a part in a window that is one unit too long: behind
// a paragraph, else a line, a sentence, a word; not in the first half, which
// would make many small messages.
func cut(w []uint16) int {
	limit := len(w) - 1
	for _, good := range []func([]uint16, int) bool{afterParagraph, afterLine, afterSentence, afterWord} {
		for i := limit; i > limit/2; i-- {
			if good(w, i) {
				return i
			}
		}
	}
	i := limit
	for n := 0; n < 64 && i > limit/2+1 && joined(w, i); n++ {
		i--
	}
	if i > 1 && low(w[i]) {
		i--
	}
	return i
}

func afterParagraph(w []uint16, i int) bool { return i >= 2 && w[i-1] == '\n' && w[i-2] == '\n' }
func afterLine(w []uint16, i int) bool      { return w[i-1] == '\n' }
func afterWord(w []uint16, i int) bool      { return isSpace(w[i-1]) }

func afterSentence(w []uint16, i int) bool {
	if i < 2 || !isSpace(w[i-1]) {
		return false
	}
	switch w[i-2] {
	case '.', '!', '?', '…':
		return true
	}
	return false
}

// joined tells whether the units before and after i are shown as one.
func joined(w []uint16, i int) bool {
	next := w[i]
	mark := next >= 0x0300 && next <= 0x036f
	return low(next) || mark || next == 0x200d || next == 0xfe0f || w[i-1] == 0x200d
}

func low(u uint16) bool { return u >= 0xdc00 && u <= 0xdfff }

func isSpace(u uint16) bool { return u == ' ' || u == '\n' || u == '\t' || u == 0xa0 }

func skipSpace(u []uint16, i int) int {
	for i < len(u) && isSpace(u[i]) {
		i++
	}
	return i
}
