package matrix

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Limits on reading HTML. There is no tree, so depth costs nothing.
const (
	maxTokens = 20000
	maxPlain  = 16 << 10
)

// read turns the HTML of a message into text. Pills of me are left out and
// reported. What a reply quotes is left out: others wrote it.
func read(src, me string) *page {
	p := &page{me: me}
	z := html.NewTokenizer(strings.NewReader(cut(src, maxHTML)))
	for n := 0; n < maxTokens && p.out.Len() < maxPlain; n++ {
		switch z.Next() {
		case html.ErrorToken:
			return p
		case html.TextToken:
			p.text(string(z.Text()))
		case html.StartTagToken:
			p.open(z.Token())
		case html.SelfClosingTagToken:
			p.selfClosing(z.Token())
		case html.EndTagToken:
			p.close(z.Token().DataAtom, z)
		}
	}
	return p
}

type page struct {
	me     string
	out    strings.Builder
	hidden int // depth of elements whose text is not shown
	inPill bool
	found  bool // a pill of me
	// another tells that the text begins with a pill of somebody else, who may
	// be called as the bot is.
	another bool
}

func (p *page) text(s string) {
	if p.hidden == 0 && !p.inPill {
		p.out.WriteString(html.UnescapeString(s))
	}
}

func (p *page) open(t html.Token) {
	switch {
	case hides(t):
		p.hidden++
	case p.hidden > 0:
	case t.DataAtom == atom.A:
		switch user := mentioned(t); {
		case user == "":
		case user == p.me:
			p.inPill, p.found = true, true
		case strings.TrimSpace(p.out.String()) == "" && !p.found:
			p.another = true
		}
	case t.DataAtom == atom.Li:
		p.newline()
		p.out.WriteString("- ")
	case isBlock(t.DataAtom):
		p.newline()
	}
}

func (p *page) selfClosing(t html.Token) {
	if p.hidden == 0 && isBlock(t.DataAtom) {
		p.newline()
	}
}

func (p *page) close(a atom.Atom, z *html.Tokenizer) {
	switch {
	case a == atom.Script || a == atom.Style || a == atom.Title || a == atom.Textarea,
		a == 0 && p.hidden > 0 && strings.EqualFold(strings.TrimSpace(string(z.Raw())), "</mx-reply>"):
		p.hidden = max(0, p.hidden-1)
	case p.hidden > 0:
	case a == atom.A:
		p.inPill = false
	case isBlock(a):
		p.newline()
	}
}

func (p *page) newline() {
	if s := p.out.String(); s != "" && s[len(s)-1] != '\n' {
		p.out.WriteByte('\n')
	}
}

func hides(t html.Token) bool {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Title, atom.Textarea:
		return true
	}
	return t.Data == "mx-reply"
}

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Br, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Blockquote, atom.Pre, atom.Hr, atom.Tr, atom.Table,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// mentioned is the user whom a link is a pill of, or "".
func mentioned(t html.Token) string {
	for _, at := range t.Attr {
		if at.Key == "href" {
			return pillOf(at.Val)
		}
	}
	return ""
}

// pillOf returns the user that a link mentions, or "". Both forms of links are
// understood: matrix.to and matrix:.
func pillOf(href string) string {
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	if u.Scheme == "matrix" {
		if name, ok := strings.CutPrefix(u.Opaque, "u/"); ok {
			return "@" + name
		}
		return ""
	}
	if u.Host != "matrix.to" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	user, _, _ := strings.Cut(strings.TrimPrefix(u.Fragment, "/"), "?")
	if !strings.HasPrefix(user, "@") {
		return ""
	}
	return user
}
