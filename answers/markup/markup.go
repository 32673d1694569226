// Package markup is the small rich text that answers are made of. Each network
// renders the tree in its own way; this package knows none of them.
package markup

import "strings"

// Text is a sequence of blocks.
type Text []Block

// Block is a paragraph, or one line of a list.
type Block struct {
	Spans []Span
	Item  bool // a line of a list
}

// Span is a run of text in one style.
type Span struct {
	Text  string
	Style Style
	URL   string // where a link leads
}

// Style is how a span is set apart.
type Style uint8

// The styles there are.
const (
	Plain Style = iota
	Bold
	Italic
	Struck
	Link
)

// Para makes a paragraph of one plain span.
func Para(s string) Block { return Block{Spans: []Span{{Text: s}}} }

// Item makes a line of a list.
func Item(s string) Block { return Block{Spans: []Span{{Text: s}}, Item: true} }

// Styled makes a paragraph of one span in a style.
func Styled(s string, st Style) Block { return Block{Spans: []Span{{Text: s, Style: st}}} }

// String is the text without styles: paragraphs and list lines on lines of
// their own.
func (t Text) String() string {
	var b strings.Builder
	for i, bl := range t {
		if i > 0 {
			b.WriteByte('\n')
		}
		if bl.Item {
			b.WriteString("- ")
		}
		for _, s := range bl.Spans {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}
