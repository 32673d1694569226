package telegram

import (
	"net/url"
	"strings"
	"unicode/utf8"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"parley/answers"
	"parley/answers/facts"
	"parley/answers/lang"
	"parley/answers/markup"
)

// formatted is a text with its styles beside it, as entities whose offsets
// count UTF-16 units. There is no markup in the text that it could break.
type formatted struct {
	text string
	ents []tgbotapi.MessageEntity
}

// textWriter puts a formatted text together.
type textWriter struct {
	b     strings.Builder
	units int // UTF-16 units written
	ents  []tgbotapi.MessageEntity
}

// render writes a text and its sources the way Telegram shows them best.
func render(t markup.Text, sources []answers.Source, p *lang.Pack) formatted {
	w := &textWriter{}
	for i, bl := range t {
		if i > 0 {
			w.write(gap(t[i-1].Item, bl.Item))
		}
		w.block(bl)
	}
	w.sources(sources, p)
	return formatted{w.b.String(), w.ents}
}

// gap keeps the lines of a list together and paragraphs apart.
func gap(before, item bool) string {
	if before && item {
		return "\n"
	}
	return "\n\n"
}

func (w *textWriter) block(b markup.Block) {
	if b.Item {
		w.write("• ")
	}
	for _, s := range b.Spans {
		w.span(clean(s.Text), s.Style, s.URL)
	}
}

func (w *textWriter) sources(ss []answers.Source, p *lang.Pack) {
	if len(ss) == 0 {
		return
	}
	if w.units > 0 {
		w.write("\n\n")
	}
	w.span(clean(p.Say("sources", nil))+":", markup.Italic, "")
	for _, s := range ss {
		date := p.Date(s.Date)
		if s.Date == facts.Undated {
			date = p.Say("undated", nil)
		}
		w.write("\n• ")
		w.span(clean(s.Publisher+", "+date), markup.Link, s.URL)
	}
}

func (w *textWriter) write(s string) {
	w.b.WriteString(s)
	w.units += units(s)
}

var entityTypes = map[markup.Style]string{
	markup.Bold: "bold", markup.Italic: "italic", markup.Struck: "strikethrough", markup.Link: "text_link",
}

// span writes a run in a style. Telegram cuts white space off the ends of an
// entity, so that stays outside.
func (w *textWriter) span(s string, st markup.Style, link string) {
	kind := entityTypes[st]
	if st == markup.Link && !linkable(link) {
		kind = ""
	}
	inner := strings.TrimSpace(s)
	if kind == "" || inner == "" {
		w.write(s)
		return
	}
	lead := strings.Index(s, inner)
	w.write(s[:lead])
	e := tgbotapi.MessageEntity{Type: kind, Offset: w.units, Length: units(inner)}
	if st == markup.Link {
		e.URL = link
	}
	w.ents = append(w.ents, e)
	w.write(inner)
	w.write(s[lead+len(inner):])
}

func linkable(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// units counts the UTF-16 units of a valid string.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x10000 {
			n++
		}
	}
	return n
}

// clean removes what Telegram would remove or change itself, which would make
// our offsets wrong.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r', r >= 0x2028 && r <= 0x202e, r == 0x030a, r == 0x0333, r == 0x033f:
			return -1
		case r < ' ':
			return ' '
		case r == utf8.RuneError:
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
