package telegram

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"parley/answers"
	"parley/answers/lang"
	"parley/answers/markup"
)

func packEN(tb testing.TB) *lang.Pack {
	tb.Helper()
	ps, err := lang.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return ps.In("en")
}

// styled is the part of a text that an entity covers.
func styled(text string, e tgbotapi.MessageEntity) string {
	u := utf16.Encode([]rune(text))
	return string(utf16.Decode(u[e.Offset : e.Offset+e.Length]))
}

func TestTextIsRenderedWithEntities(t *testing.T) {
	f := render(markup.Text{
		{Spans: []markup.Span{{Text: "😀 <b>&_* "}, {Text: " bold ", Style: markup.Bold}, {Text: "link", Style: markup.Link, URL: "https://x.example/?a=1&b=2"}}},
		markup.Item("one"), markup.Item("two"),
		{Spans: []markup.Span{{Text: "bad link", Style: markup.Link, URL: "javascript:x"}}},
	}, []answers.Source{{Publisher: "Reuters", Date: "2025-06-02", URL: "https://r.example"}}, packEN(t))
	want := "😀 <b>&_*  bold link\n\n• one\n• two\n\nbad link\n\nSources:\n• Reuters, 2 June 2025"
	if f.text != want {
		t.Errorf("text %q", f.text)
	}
	var got []string
	for _, e := range f.ents {
		got = append(got, e.Type+"="+styled(f.text, e))
	}
	if s := strings.Join(got, "|"); s != "bold=bold|text_link=link|italic=Sources:|text_link=Reuters, 2 June 2025" {
		t.Errorf("entities %s", s)
	}
}

func TestSplitsAtSafePoints(t *testing.T) {
	for name, c := range map[string]struct{ text, first string }{
		"paragraph": {"One two.\n\nThree four five", "One two."},
		"line":      {"One two\nThree four five", "One two"},
		"sentence":  {"One two. Three four five", "One two."},
		"word":      {"One two three four five", "One two"},
		"nowhere":   {strings.Repeat("x", 20), "xxxxxxxxxxxx"},
		"surrogate": {strings.Repeat("😀", 10), "😀😀😀😀😀😀"},
		"family":    {"xxxxxxxxxx👨\u200d👩\u200d👧", "xxxxxxxxxx"},
	} {
		parts := split(formatted{text: c.text}, 12)
		if len(parts) < 2 || parts[0].text != c.first {
			t.Errorf("%s: %+v", name, parts)
		}
	}
	if parts := split(formatted{text: " \n "}, 12); len(parts) != 0 {
		t.Errorf("white space: %+v", parts)
	}
}

// Whatever is rendered, Telegram takes: entities lie on characters and within
// the text, parts are short enough, and no letter is lost or changed.
func FuzzRenderAndSplit(f *testing.F) {
	f.Add("Hello 😀", "<b>bold</b> & _x_", "https://x.example", 10)
	f.Add("a\u200d\ufe0f\u0301\x00\r\n", "\xff\xfe 𝔘𝔫", "not a link", 3)
	p := packEN(f)
	f.Fuzz(func(t *testing.T, a, b, link string, limit int) {
		limit = 4 + (limit%4000+4000)%4000
		ff := render(markup.Text{
			{Spans: []markup.Span{{Text: a}, {Text: b, Style: markup.Bold}}}, {Item: true, Spans: []markup.Span{{Text: b, Style: markup.Link, URL: link}, {Text: a, Style: markup.Struck}}},
		}, []answers.Source{{Publisher: a, Date: b, URL: link}}, p)
		var all strings.Builder
		for _, part := range split(ff, limit) {
			u := utf16.Encode([]rune(part.text))
			if len(u) > limit || len(u) == 0 || !utf8.ValidString(part.text) || len(part.ents) > maxEntities {
				t.Fatalf("part of %d units: %q", len(u), part.text)
			}
			for _, e := range part.ents {
				if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > len(u) || low(u[e.Offset]) || e.Offset+e.Length < len(u) && low(u[e.Offset+e.Length]) {
					t.Fatalf("entity %+v in %q", e, part.text)
				}
			}
			all.WriteString(part.text)
		}
		if without(all.String()) != without(ff.text) {
			t.Fatalf("%q became %q", ff.text, all.String())
		}
	})
}

func without(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x10000 && isSpace(uint16(r)) {
			return -1
		}
		return r
	}, s)
}

// Whatever offsets an update has, nothing breaks, and what is no mention stays.
func FuzzWithoutMentions(f *testing.F) {
	f.Add("hi @parley_bot 😀", 3, 11, "mention")
	f.Add("😀😀", 1, 2, "mention")
	f.Add("x", -5, 1<<62, "text_mention")
	me := &identity{1, "parley_bot"}
	f.Fuzz(func(t *testing.T, text string, offset, length int, kind string) {
		ents := []tgbotapi.MessageEntity{{Type: kind, Offset: offset, Length: length, User: &tgbotapi.User{ID: 1}}}
		got, found := withoutMentions(text, ents, me)
		if !found && got != strings.TrimSpace(text) {
			t.Fatalf("%q became %q without a mention", text, got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) && kind == "mention" {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

// A mention that Telegram marked is found and taken out, wherever it stands.
func FuzzMentionRoundTrip(f *testing.F) {
	f.Add("before 😀", "after")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ToValidUTF8(a, ""), strings.ToValidUTF8(b, "")
		text := a + " @parley_bot " + b
		e := tgbotapi.MessageEntity{Type: "mention", Offset: units(a) + 1, Length: 11}
		got, found := withoutMentions(text, []tgbotapi.MessageEntity{e}, &identity{1, "Parley_Bot"})
		if !found || strings.Count(got, "@parley_bot") != strings.Count(a, "@parley_bot")+strings.Count(b, "@parley_bot") {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestCommandsAreRead(t *testing.T) {
	me := &identity{1, "parley_bot"}
	for text, want := range map[string]command{
		"/next":                 {name: "next"},
		"/Fact@PARLEY_bot a  b": {name: "fact", args: "a  b"},
		"/lang\nuk":             {name: "lang", args: "uk"},
		"/next@other_bot":       {name: "next", other: true},
	} {
		if got, ok := commandOf(text, me); !ok || got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	for _, text := range []string{"/etc/passwd", "/", "next", "/приклад", "/ next"} {
		if got, ok := commandOf(text, me); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
