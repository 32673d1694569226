package match

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/answers/facts"
	"parley/answers/internal/slots"
	"parley/answers/internal/text"
)

// noDay is the day facts are read on: none of theirs is relative.
var noDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func wordsOf(s string) (words, skels []string) {
	words = text.Words(nil, s)
	for _, w := range words {
		skels = append(skels, text.Skeleton(w))
	}
	return words, skels
}

// iso writes a date as far as it goes, its year taken from the fact's date
// where the text leaves it out.
func iso(d slots.Date, of string) string {
	year := d.Year
	if year == 0 && len(of) >= 4 {
		year, _ = strconv.Atoi(of[:4])
	}
	s := fmt.Sprintf("%04d", year)
	for _, n := range [...]int{d.Month, d.Day} {
		if n == 0 {
			break
		}
		s += "-" + string([]byte{byte('0' + n/10), byte('0' + n%10)})
	}
	return s
}

// names recognises the people and places of the base in any spelling and
// inflection. It is told apart by skeleton stems of one word each.
type names struct {
	ids   map[string]int // id of the person or place to its number
	stems map[string]int
	exact map[string]int
}

const minStem = 4

func newNames(b *facts.Base) *names {
	n := &names{ids: make(map[string]int), stems: make(map[string]int), exact: make(map[string]int)}
	for _, p := range b.People {
		n.add(p.ID, p.Names, p.Spelled, true)
	}
	for _, p := range b.Places {
		n.add(p.ID, p.Names, p.Spelled, false)
	}
	return n
}

func (n *names) add(id string, ns facts.Text, spelled []string, person bool) {
	k := len(n.ids)
	n.ids[id] = k
	for _, s := range append(ns[:], spelled...) {
		_, sk := wordsOf(s)
		if len(sk) == 0 {
			continue
		}
		w := sk[len(sk)-1] // the surname
		if !person {
			w = sk[0]
			if len(sk) > 1 && len(sk[0]) < minStem {
				w = sk[1]
			}
			if strings.HasPrefix(w, "palac") || strings.HasPrefix(w, "dvorec") {
				w = sk[len(sk)-1]
			}
		}
		if len(w) < minStem {
			n.put(n.exact, w, k)
			continue
		}
		stem := strings.TrimRight(w, "aeiou")
		if len(stem) < minStem {
			n.put(n.exact, w, k)
			continue
		}
		n.put(n.stems, stem, k)
	}
}

// put keeps the first owner: people come in the order of their weight.
func (n *names) put(m map[string]int, key string, k int) {
	if _, taken := m[key]; !taken {
		m[key] = k
	}
}

// find returns the number of the person or place a skeleton word names, or -1.
func (n *names) find(word string) int {
	if k, ok := n.exact[word]; ok {
		return k
	}
	for l := len(word); l >= minStem && l >= len(word)-5; l-- {
		if k, ok := n.stems[word[:l]]; ok {
			return k
		}
	}
	return -1
}

// in returns the numbers of those that the words name, each once.
func (n *names) in(skels []string) (out []int) {
	for _, s := range skels {
		if k := n.find(s); k >= 0 && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}
