package matrix

import (
	"encoding/json"
	"html"
	"net/url"
	"strconv"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/answers"
	"parley/answers/lang"
	"parley/answers/markup"
	"parley/bot"
)

// Limits on what is sent. An event may have 64 KiB, and encryption makes it a
// third larger.
const (
	maxSaid    = 16 << 10 // bytes of a reply, HTML and plain text each
	maxContent = 45 << 10 // bytes of all of it, as it is sent
)

// fit shortens a message that is too large to be sent. What goes first is what
// clients show that know no edits, then HTML.
func fit(c *event.MessageEventContent) {
	shorter := []func(){
		func() {
			if c.NewContent != nil {
				c.Body, c.Format, c.FormattedBody = cut(c.Body, 1000)+"…", "", ""
			}
		},
		func() {
			if c.NewContent != nil {
				c.NewContent.Format, c.NewContent.FormattedBody = "", ""
			}
			c.Format, c.FormattedBody = "", ""
		},
		func() {
			if c.NewContent != nil {
				c.NewContent.Body = cut(c.NewContent.Body, maxContent/8) + "…"
			}
			c.Body = cut(c.Body, maxContent/8) + "…"
		},
	}
	for _, shorten := range shorter {
		if data, err := json.Marshal(c); err == nil && len(data) <= maxContent {
			return
		}
		shorten()
	}
}

// render makes the content of a message from a reply, without relations.
func render(r bot.Reply, packs lang.Packs) *event.MessageEventContent {
	heading := "Sources"
	if p := packs.In(r.Lang); p != nil {
		heading = p.Say("sources", nil)
	}
	c := &event.MessageEventContent{
		MsgType:  event.MsgNotice,
		Body:     plainBody(r, heading),
		Mentions: &event.Mentions{}, // says: nobody, whatever the text looks like
	}
	if h := htmlBody(r, heading); len(h) <= maxSaid {
		c.Format, c.FormattedBody = event.FormatHTML, h
	}
	if len(c.Body) > maxSaid {
		c.Body = cut(c.Body, maxSaid) + "…"
	}
	if r.Mention != "" {
		c.Mentions.UserIDs = []id.UserID{id.UserID(r.Mention)}
	}
	return c
}

func plainBody(r bot.Reply, heading string) string {
	var b strings.Builder
	b.WriteString(r.Body.String())
	for _, bl := range r.Body {
		for _, s := range bl.Spans {
			if s.Style == markup.Link && isWeb(s.URL) && s.URL != s.Text {
				b.WriteString("\n" + s.URL)
			}
		}
	}
	if len(r.Choices) > 0 {
		b.WriteString("\n")
	}
	for i, c := range r.Choices {
		b.WriteString("\n" + strconv.Itoa(i+1) + ". " + c.Label)
	}
	if len(r.Sources) > 0 {
		b.WriteString("\n\n" + heading + ":")
	}
	for _, s := range r.Sources {
		b.WriteString("\n- " + named(s))
		if s.URL != "" {
			b.WriteString(" " + s.URL)
		}
	}
	return strings.TrimLeft(b.String(), "\n")
}

// named is how a source is called: publisher, title, date.
func named(s answers.Source) string {
	var parts []string
	for _, p := range []string{s.Publisher, s.Title, s.Date} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

func htmlBody(r bot.Reply, heading string) string {
	var b strings.Builder
	inList := false
	for _, bl := range r.Body {
		if bl.Item != inList {
			b.WriteString(map[bool]string{true: "<ul>", false: "</ul>"}[bl.Item])
			inList = bl.Item
		}
		tag := map[bool]string{true: "li", false: "p"}[bl.Item]
		b.WriteString("<" + tag + ">")
		for _, s := range bl.Spans {
			b.WriteString(spanHTML(s))
		}
		b.WriteString("</" + tag + ">")
	}
	if inList {
		b.WriteString("</ul>")
	}
	if len(r.Choices) > 0 {
		b.WriteString("<ol>")
		for _, c := range r.Choices {
			b.WriteString("<li>" + html.EscapeString(c.Label) + "</li>")
		}
		b.WriteString("</ol>")
	}
	if len(r.Sources) > 0 {
		b.WriteString("<p>" + html.EscapeString(heading) + ":</p><ul>")
		for _, s := range r.Sources {
			b.WriteString("<li>" + link(named(s), s.URL) + "</li>")
		}
		b.WriteString("</ul>")
	}
	return b.String()
}

func spanHTML(s markup.Span) string {
	text := strings.ReplaceAll(html.EscapeString(s.Text), "\n", "<br>")
	switch s.Style {
	case markup.Bold:
		return "<strong>" + text + "</strong>"
	case markup.Italic:
		return "<em>" + text + "</em>"
	case markup.Struck:
		return "<del>" + text + "</del>"
	case markup.Link:
		return link(s.Text, s.URL)
	}
	return text
}

// link makes links to the web only.
func link(text, to string) string {
	if !isWeb(to) {
		return html.EscapeString(text)
	}
	return `<a href="` + html.EscapeString(to) + `">` + html.EscapeString(text) + "</a>"
}

func isWeb(to string) bool {
	u, err := url.Parse(to)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http")
}
