// Package score judges answers against question files. It knows the format of
// the files and what counts as right, not how answers come about.
package score

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Item is one line of a question file.
type Item struct {
	ID      string     `json:"id"`
	Lang    string     `json:"lang"`
	Style   string     `json:"style"`
	Expect  string     `json:"expect"` // answer, refuse or answer_or_clarify
	Turns   []string   `json:"turns"`
	Must    [][]string `json:"must"`
	MustNot []string   `json:"must_not,omitempty"`
	Accept  [][]string `json:"accept,omitempty"`
	Facts   []string   `json:"facts"`
	Topic   string     `json:"topic"`
	Today   string     `json:"today,omitempty"`
}

// Read reads a question file. An error names the line.
func Read(r io.Reader) (items []Item, err error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" {
			continue
		}
		var it Item
		if err := json.Unmarshal([]byte(line), &it); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if len(it.Turns) == 0 {
			return nil, fmt.Errorf("line %d: a question without turns", n)
		}
		items = append(items, it)
	}
	return items, sc.Err()
}

// Noisy tells whether the question is typed carelessly on purpose.
func (it Item) Noisy() bool {
	switch it.Style {
	case "typo", "translit", "nodiacritics", "mixed":
		return true
	}
	return false
}

// MaxText is the longest answer, in characters, that can be right.
const MaxText = 1200

// Verdict is what became of one question.
type Verdict string

// The verdicts there are.
const (
	Right   Verdict = "right"
	Refused Verdict = "rightly refused"
	Wrong   Verdict = "wrong answer"
	Missed  Verdict = "should have answered"
	Blurted Verdict = "should have refused"
	Hedged  Verdict = "asked back where a refusal was due"
	Vague   Verdict = "asked back without the answer"
	Unclear Verdict = "neither asked back nor answered"
)

// Judge tells what an answer to it is worth. status and text are the answer's.
func Judge(it Item, status, text string) Verdict {
	t := Fold(text)
	switch it.Expect {
	case "refuse":
		switch {
		case status == "unknown", len(it.Accept) > 0 && all(t, it.Accept):
			return Refused
		case status == "ambiguous":
			return Hedged
		}
		return Blurted
	case "answer_or_clarify":
		if status == "ambiguous" || status == "answered" && all(t, it.Must) {
			return Right
		}
		return Unclear
	}
	met := all(t, it.Must) && !anyOf(t, it.MustNot) && len([]rune(text)) <= MaxText
	switch {
	case met && (status == "answered" || status == "ambiguous"):
		return Right
	case status == "unknown":
		return Missed
	case status == "ambiguous":
		return Vague
	}
	return Wrong
}

func all(text string, lists [][]string) bool {
	for _, l := range lists {
		if !anyOf(text, l) {
			return false
		}
	}
	return true
}

func anyOf(text string, alternatives []string) bool {
	for _, a := range alternatives {
		if Has(text, Fold(a)) {
			return true
		}
	}
	return false
}

var (
	lower  = cases.Fold()
	unify  = strings.NewReplacer("ı", "i", "’", "'", "ʼ", "'", "\u00a0", " ", "\u202f", " ", "\u2009", " ")
	spaces = regexp.MustCompile(`\s+`)
)

// Fold removes what the comparison ignores: case, combining marks, kinds of
// apostrophes and spaces.
func Fold(s string) string {
	s = norm.NFKD.String(s)
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			return -1
		}
		return r
	}, s)
	return spaces.ReplaceAllString(unify.Replace(lower.String(s)), " ")
}

// Has tells whether folded text contains a folded alternative; one that begins
// or ends in a digit must not touch another digit.
func Has(text, alt string) bool {
	if alt == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], alt)
		if i < 0 {
			return false
		}
		i += from
		before := i > 0 && digit(alt[0]) && digit(text[i-1])
		end := i + len(alt)
		after := end < len(text) && digit(alt[len(alt)-1]) && digit(text[end])
		if !before && !after {
			return true
		}
		from = i + 1
	}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
