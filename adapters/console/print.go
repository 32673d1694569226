package console

import (
	"context"
	"fmt"
	"io"
	"strings"

	"parley/answers"
	"parley/answers/facts"
	"parley/answers/markup"
	"parley/bot"
)

// Send prints a reply.
func (a *Adapter) Send(_ context.Context, _ bot.Chat, r bot.Reply) (string, error) {
	if _, err := io.WriteString(a.c.Out, a.Render(r)+"\n"); err != nil {
		return "", fmt.Errorf("write answer: %w", err)
	}
	return "", nil
}

// Render writes a reply as a terminal shows it: the body, up to three sources,
// the choices with numbers.
func (a *Adapter) Render(r bot.Reply) string {
	var b strings.Builder
	for i, bl := range r.Body {
		if i > 0 {
			b.WriteByte('\n')
		}
		a.block(&b, bl, r, i)
	}
	b.WriteByte('\n')
	if len(r.Sources) > 0 {
		b.WriteString(a.style("2", a.c.Say(r.Lang, "sources")+":") + "\n")
		for _, s := range r.Sources {
			b.WriteString(a.style("2", "  "+a.source(r.Lang, s)) + "\n")
		}
	}
	if !listed(r) {
		for i, c := range r.Choices {
			fmt.Fprintf(&b, "%s %s\n", a.style("36", fmt.Sprintf("  %d", i+1)), c.Label)
		}
	}
	return b.String()
}

// listed tells whether the body lists the choices itself; they are numbered
// there.
func listed(r bot.Reply) bool {
	n := 0
	for _, bl := range r.Body {
		if bl.Item && n < len(r.Choices) && text(bl) == r.Choices[n].Label {
			n++
		}
	}
	return n == len(r.Choices)
}

func text(bl markup.Block) string { return markup.Text{{Spans: bl.Spans}}.String() }

func (a *Adapter) block(b *strings.Builder, bl markup.Block, r bot.Reply, at int) {
	if bl.Item {
		b.WriteString(a.bullet(bl, r, at))
	}
	for _, s := range bl.Spans {
		switch s.Style {
		case markup.Bold:
			b.WriteString(a.style("1", s.Text))
		case markup.Italic:
			b.WriteString(a.style("3", s.Text))
		case markup.Struck:
			b.WriteString(a.style("9", s.Text))
		case markup.Link:
			b.WriteString(s.Text + " (" + s.URL + ")")
		default:
			b.WriteString(s.Text)
		}
	}
}

// bullet is a dash, or the number of the choice that the line stands for.
func (a *Adapter) bullet(bl markup.Block, r bot.Reply, at int) string {
	if !listed(r) {
		return "- "
	}
	n := 0
	for _, o := range r.Body[:at+1] {
		if o.Item && n < len(r.Choices) && text(o) == r.Choices[n].Label {
			n++
		}
	}
	if n > 0 && text(bl) == r.Choices[n-1].Label {
		return a.style("36", fmt.Sprintf("  %d ", n))
	}
	return "- "
}

func (a *Adapter) source(lang string, s answers.Source) string {
	date := a.c.Date(lang, s.Date)
	if s.Date == facts.Undated {
		date = a.c.Say(lang, "undated")
	}
	return s.Publisher + ", " + date + ", " + s.URL
}

// style sets text apart with an ANSI code, where colours are wanted.
func (a *Adapter) style(code, s string) string {
	if !a.c.Colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
