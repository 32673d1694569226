package matrix

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/answers"
	"parley/answers/lang"
	"parley/answers/markup"
	"parley/bot"
)

const me = "@parley:example.org"

var called = names{id: me, display: []string{"Parley", "parley"}, prefix: "!parley", command: []string{"help", "lang"}}

func TestWhatIsSaidIsReadWithoutMentionOrPrefix(t *testing.T) {
	pill := `<a href="https://matrix.to/#/` + me + `">Parley</a>`
	for name, c := range map[string]struct {
		in   content
		want heard
	}{
		"plain":                    {content{body: "who met?"}, heard{text: "who met?"}},
		"name at the start":        {content{body: "Parley: who met?"}, heard{text: "who met?", addressed: true}},
		"name in other case":       {content{body: "@PARLEY, who met?"}, heard{text: "who met?", addressed: true}},
		"id at the start":          {content{body: me + " who met?"}, heard{text: "who met?", addressed: true}},
		"name inside a word":       {content{body: "parleys were held"}, heard{text: "parleys were held"}},
		"name in the middle":       {content{body: "what is a parley?"}, heard{text: "what is a parley?"}},
		"mention":                  {content{body: "who met?", mentions: []string{me}}, heard{text: "who met?", addressed: true}},
		"mention of another":       {content{body: "who met?", mentions: []string{"@x:y"}}, heard{text: "who met?"}},
		"pill":                     {content{html: pill + ": who met?"}, heard{text: "who met?", addressed: true}},
		"pill at the end":          {content{html: "who met, " + pill}, heard{text: "who met,", addressed: true}},
		"pill of another":          {content{html: `<a href="https://matrix.to/#/@x:y">Parley</a> who`}, heard{text: "Parley who"}},
		"pill of a look-alike":     {content{html: `<a href="https://matrix.to.evil.example/#/` + me + `">P</a> who`}, heard{text: "P who"}},
		"pill in what is quoted":   {content{html: "<mx-reply>" + pill + "</mx-reply>who?", replyTo: "$x"}, heard{text: "who?"}},
		"name in what is quoted":   {content{body: "> <@x:y> Parley: no\n> no\n\nwho?", replyTo: "$x"}, heard{text: "who?"}},
		"quote without a reply":    {content{body: "> Parley: no\n\nwho?"}, heard{text: "> Parley: no\n\nwho?"}},
		"command":                  {content{body: "!parley help"}, heard{command: "help", addressed: true}},
		"command with arguments":   {content{body: "!Parley LANG  uk "}, heard{command: "lang", args: "uk", addressed: true}},
		"question after prefix":    {content{body: "!parley who met?"}, heard{text: "who met?", addressed: true}},
		"prefix alone":             {content{body: "!parley"}, heard{command: "help", addressed: true}},
		"prefix of another":        {content{body: "!parleys help"}, heard{text: "!parleys help"}},
		"text that turns around":   {content{body: "Par\u202eley\u2066: who?"}, heard{text: "who?", addressed: true}},
		"style and script":         {content{html: "<style>x</style><script>y</script>who?"}, heard{text: "who?"}},
		"unclosed quote of a bomb": {content{html: "<mx-reply>" + strings.Repeat("<b>", 50000) + "who?"}, heard{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hear(c.in, called); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestNamesOfAnyScriptAreHeardAndThoseThatOnlyBeginAlikeAreNot(t *testing.T) {
	n := names{id: "@talks:example.org", prefix: "!parley", display: []string{
		"Переговори", "İstanbul Görüşmeleri", "Parley: the bot", "Talks, in brief", "Café", "talks", "\u202eReverse"}}
	for said, want := range map[string]heard{
		"Переговори: хто зустрівся?":           {text: "хто зустрівся?", addressed: true},
		"переговори, хто зустрівся?":           {text: "хто зустрівся?", addressed: true},
		"ПЕРЕГОВОРИ хто зустрівся?":            {text: "хто зустрівся?", addressed: true},
		"Переговорники: хто?":                  {text: "Переговорники: хто?"},
		"istanbul görüşmeleri: kim buluştu?":   {text: "kim buluştu?", addressed: true},
		"İSTANBUL GÖRÜŞMELERİ, kim buluştu?":   {text: "kim buluştu?", addressed: true},
		"ıstanbul görüşmeleri kim?":            {text: "kim?", addressed: true},
		"İstanbul Görüşmelerinde kim vardı?":   {text: "İstanbul Görüşmelerinde kim vardı?"},
		"Parley: the bot: who?":                {text: "who?", addressed: true},
		"parley: the bot, who?":                {text: "who?", addressed: true},
		"Talks, in brief: who?":                {text: "who?", addressed: true},
		"cafe\u0301: who?":                     {text: "who?", addressed: true},
		"Reverse: who?":                        {text: "who?", addressed: true},
		"@talks: who?":                         {text: "who?", addressed: true},
		"talks:who?":                           {text: "who?", addressed: true},
		"@talks:example.org: who?":             {text: "who?", addressed: true},
		"@talks:example.org":                   {addressed: true},
		"@talks:elsewhere.org: who?":           {text: "@talks:elsewhere.org: who?"},
		"@talks:example.org.evil.example who?": {text: "@talks:example.org.evil.example who?"},
		"@talks:example.org:8448 who?":         {text: "@talks:example.org:8448 who?"},
		"@talks-bot:example.org who?":          {text: "@talks-bot:example.org who?"},
		"talks.bot: who?":                      {text: "talks.bot: who?"},
	} {
		if got := hear(content{body: said}, n); got != want {
			t.Errorf("%q is read as %+v, want %+v", said, got, want)
		}
	}
}

func TestNumbersArePicked(t *testing.T) {
	for s, n := range map[string]int{"1": 1, "2.": 2, "3)": 3, "4️⃣": 4, "5\u20e3": 5, "🔟": 10, "": 0, "two": 0, "123": 0, "👍": 0, "-1": 0, "2025": 0} {
		if got := picked(s); got != n {
			t.Errorf("%q picks %d, want %d", s, got, n)
		}
	}
}

func TestAReplyIsEscapedAndFitsAnEvent(t *testing.T) {
	packs, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := bot.Reply{Lang: "en",
		Body: markup.Text{
			{Spans: []markup.Span{{Text: "<b>&"}, {Text: "bold", Style: markup.Bold}, {Text: "x", Style: markup.Link, URL: "javascript:alert(1)"}}},
			markup.Item("one"), markup.Item("two")},
		Choices: []answers.Choice{{ID: "a", Label: "A & B"}},
		Sources: []answers.Source{{Publisher: "P", Title: "T", URL: "https://e.org/?a=1&b=2", Date: "2025-06-02"}},
	}
	c := render(r, packs)
	want(t, c.FormattedBody, "<p>&lt;b&gt;&amp;<strong>bold</strong>x</p><ul><li>one</li><li>two</li></ul><ol><li>A &amp; B</li></ol>"+
		`<p>Sources:</p><ul><li><a href="https://e.org/?a=1&amp;b=2">P, T, 2025-06-02</a></li></ul>`)
	want(t, c.Body, "- one\n- two\n\n1. A & B\n\nSources:\n- P, T, 2025-06-02 https://e.org/?a=1&b=2")
	r.Body = markup.Text{markup.Para(strings.Repeat("довго ", 20000))}
	data, err := json.Marshal(render(r, packs))
	if err != nil || len(data) > 40<<10 {
		t.Errorf("an event of %d bytes (%v)", len(data), err)
	}
}

func TestTheEditOfALongAnswerFitsAnEventToo(t *testing.T) {
	packs, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range []string{"довго ", "<&> ", "a "} {
		c := render(bot.Reply{Lang: "en", Body: markup.Text{markup.Para(strings.Repeat(unit, 15000/len(unit)))}}, packs)
		c.SetEdit("$answer")
		fit(c)
		data, err := json.Marshal(c)
		if err != nil || len(data) > maxContent || !strings.HasPrefix(c.NewContent.Body, strings.Repeat(unit, 10)) {
			t.Errorf("%q: an edit of %d bytes (%v)", unit, len(data), err)
		}
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := newMemory[int](3)
	for i, k := range []string{"a", "b", "c", "a", "d", "e"} {
		m.put(k, i)
	}
	for k, wanted := range map[string]bool{"a": false, "b": false, "c": true, "d": true, "e": true} {
		if _, ok := m.get(k); ok != wanted {
			t.Errorf("%s kept: %v", k, ok)
		}
	}
}

func TestTheTokenNeverPassesAnOpenBatch(t *testing.T) {
	l := newLedger()
	one, two := l.add("1"), l.add("2")
	l.release(two)
	if token, _ := l.state(); token != "" {
		t.Errorf("token %q while the first batch is open", token)
	}
	l.hold(one)
	l.release(one)
	l.release(one)
	if token, open := l.state(); token != "2" || open != 0 {
		t.Errorf("token %q, %d open", token, open)
	}
}

func TestInvitePoliciesAreChecked(t *testing.T) {
	for _, bad := range [][]string{{"everyone", "x.org"}, {"@name"}, {""}, {"a b"}} {
		if _, err := parseInvites(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	p, err := parseInvites([]string{"x.org", "@a:y.org"})
	if err != nil || !p.allow("@z:x.org") || !p.allow("@a:y.org") || p.allow("@b:y.org") || p.allow("") {
		t.Errorf("%+v, %v", p, err)
	}
}

func FuzzHTMLToText(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "<mx-reply>x</mx-reply>y", `<a href="https://matrix.to/#/@parley:example.org">P</a>`,
		"<ul><li>a<li>b", "&#x202e;&lt;", "<a href='matrix:u/parley:example.org'>", strings.Repeat("<div>", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := read(s, me).out.String()
		if len(text) > 2*maxHTML {
			t.Errorf("%d bytes from %d", len(text), len(s))
		}
		h := hear(content{html: s, replyTo: "$x"}, called)
		if utf8.RuneCountInString(h.text) > maxText || strings.ContainsAny(h.text, "\u202a\u202e\u2066\x00") {
			t.Errorf("unclean text %q", h.text)
		}
	})
}

func FuzzEventDecoding(f *testing.F) {
	for _, s := range []string{`{"msgtype":"m.text","body":"x"}`, `{"msgtype":1,"body":[],"m.mentions":{"user_ids":[1,"@a:b"]}}`,
		`{"m.relates_to":{"m.in_reply_to":{"event_id":"$x"},"is_falling_back":"no"}}`, `{"m.new_content":{"m.new_content":{}}}`, `[]`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := decodeContent(data)
		if len(c.body) > maxBodyB || len(c.html) > maxHTML || len(c.mentions) > 100 {
			t.Error("limits are not kept")
		}
		hear(c, called)
		sync := []byte(`{"next_batch":"x","rooms":{"join":{"!r:s":{"timeline":{"events":[{"type":"m.room.message","content":` +
			string(data) + `},{"type":"m.room.message","content":{}}]}}}}}`)
		if !json.Valid(sync) {
			return
		}
		resp, _, err := decodeSync(sync)
		if err != nil {
			t.Fatal(err)
		}
		if r := resp.Rooms.Join["!r:s"]; r == nil || len(r.Timeline.Events) == 0 {
			t.Error("a bad event took a good one with it")
		}
	})
}

func want(t *testing.T, got, wanted string) {
	t.Helper()
	if !strings.Contains(got, wanted) {
		t.Fatalf("got %q, want %q in it", got, wanted)
	}
}
