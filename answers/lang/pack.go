// Package lang holds the words of each language as data: every sentence the
// bot says, with its plural forms. It knows no facts.
package lang

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/feature/plural"
	xlang "golang.org/x/text/language"
)

//go:embed en/*.yaml uk/*.yaml ru/*.yaml tr/*.yaml
var files embed.FS

// Codes are the languages there are, the fallback first.
var Codes = []string{"en", "uk", "ru", "tr"}

// Args fill the {placeholders} of a phrase.
type Args map[string]string

// Pack is one language. It is immutable and safe for concurrent use.
type Pack struct {
	Code    string
	tag     xlang.Tag
	phrases map[string]phrase
	months  []string // in a date, "June" or "июня"
}

// phrase is a sentence, or one for each plural form.
type phrase map[string]string

const anyForm = "other"

// Packs are all languages.
type Packs map[string]*Pack

// Load reads the embedded packs. An error means that the program was built
// from packs that its tests refuse.
func Load() (Packs, error) {
	ps := make(Packs, len(Codes))
	for _, code := range Codes {
		p, err := load(code)
		if err != nil {
			return nil, err
		}
		ps[code] = p
	}
	return ps, nil
}

func load(code string) (*Pack, error) {
	name := code + "/phrases.yaml"
	data, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var raw map[string]yaml.Node
	if err := yaml.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := &Pack{Code: code, tag: xlang.MustParse(code), phrases: make(map[string]phrase, len(raw))}
	for key, n := range raw {
		ph := phrase{}
		if n.Kind == yaml.ScalarNode {
			ph[anyForm] = n.Value
		} else if err := n.Decode(&ph); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n.Line, err)
		}
		p.phrases[key] = ph
	}
	p.months = strings.Fields(p.phrases["months.of"][anyForm])
	if len(p.months) != 12 {
		return nil, fmt.Errorf("%s: months.of names %d months", name, len(p.months))
	}
	return p, nil
}

// In returns the pack of the language with that code, English if there is none.
func (ps Packs) In(code string) *Pack {
	if p := ps[code]; p != nil {
		return p
	}
	return ps[Codes[0]]
}

// Has tells whether code is one of the languages.
func Has(code string) bool { return slices.Contains(Codes, code) }

// Say returns the phrase with its placeholders filled in. A key that does not
// exist is a mistake in the program, which tests find; it is returned as it is.
func (p *Pack) Say(key string, args Args) string { return fill(p.pick(key, anyForm), args) }

// Count returns the phrase in the plural form for n, with {n} filled in.
func (p *Pack) Count(key string, n int, args Args) string {
	form := anyForm
	switch plural.Cardinal.MatchPlural(p.tag, n, 0, 0, 0, 0) {
	case plural.One:
		form = "one"
	case plural.Few:
		form = "few"
	case plural.Many:
		form = "many"
	}
	all := Args{"n": strconv.Itoa(n)}
	maps.Copy(all, args)
	return fill(p.pick(key, form), all)
}

func (p *Pack) pick(key, form string) string {
	ph, ok := p.phrases[key]
	if !ok {
		return key
	}
	if s, ok := ph[form]; ok {
		return s
	}
	return ph[anyForm]
}

func fill(s string, args Args) string {
	if !strings.Contains(s, "{") {
		return s
	}
	for name, v := range args {
		s = strings.ReplaceAll(s, "{"+name+"}", v)
	}
	return s
}

// Keys returns the keys of all phrases, sorted.
func (p *Pack) Keys() []string { return slices.Sorted(maps.Keys(p.phrases)) }

// Date writes an ISO date, or its year or month, as the language does.
func (p *Pack) Date(iso string) string {
	parts := strings.Split(iso, "-")
	if len(parts) == 1 {
		return iso
	}
	m, err := strconv.Atoi(parts[1])
	if err != nil || m < 1 || m > 12 {
		return iso
	}
	if len(parts) == 2 {
		month := strings.Fields(p.phrases["months"][anyForm])[m-1]
		return fill(p.pick("date.month", anyForm), Args{"month": month, "year": parts[0]})
	}
	day := strings.TrimLeft(parts[2], "0")
	return fill(p.pick("date.day", anyForm), Args{"day": day, "month": p.months[m-1], "year": parts[0]})
}
