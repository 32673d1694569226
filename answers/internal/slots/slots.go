// Package slots reads from a question what can be compared with a record
// exactly: rounds, dates, sides, numbers. It knows words and calendars, not the
// facts.
package slots

import (
	"strings"
	"time"

	"parley/answers/internal/text"
	"parley/answers/lang"
)

// Slots is what a question says exactly.
type Slots struct {
	Rounds  uint16 // bit n: the n-th round is named; bit 0: the talks of 2022
	Weak    uint16 // as Rounds, but an ordinal alone, as in "and the third?"
	Next    bool
	Last    bool
	Dates   []Date
	Sides   uint8 // bits of Sides
	Numbers []string
	Many    bool // asks for a number
	Follow  bool // begins as one goes on from an earlier question
}

// The bits of Slots.Sides.
const (
	Ukraine = 1 << iota
	Russia
	Turkey
	US
)

// SideNames gives the name of each bit of Slots.Sides, in their order.
var SideNames = [...]string{"ukraine", "russia", "turkey", "us"}

// Date is a day, month or year that a question names; what it leaves out is
// zero. A relative one ("last week") is a span of days instead.
type Date struct {
	Year, Month, Day int
	From, To         string // ISO days of a span, both included
}

// Reader reads slots. It is immutable and safe for concurrent use.
type Reader struct {
	months, ordinals, cardinals stems
	rounds, next, last          stems
	sides                       stems
	follow, many, relative      phrases
	stop                        map[string]bool
}

// stems maps the beginnings of skeleton words to a number.
type stems struct {
	whole  map[string]int
	prefix map[string]int
	max    int
}

// phrases are runs of skeleton words, by the first of them.
type phrases map[string][]phrase

type phrase struct {
	words []string
	what  string
}

func (p phrases) add(s, what string) {
	if words := skeletons(s); len(words) > 0 {
		p[words[0]] = append(p[words[0]], phrase{words, what})
	}
}

// at tells whether any of the phrases begins where words do.
func (p phrases) at(words []string) bool {
	if len(words) == 0 {
		return false
	}
	for _, f := range p[words[0]] {
		if hasPrefix(words, f.words) {
			return true
		}
	}
	return false
}

// NewReader makes a reader for all languages together: people mix them.
func NewReader(words []lang.Words) *Reader {
	r := &Reader{stop: make(map[string]bool), follow: make(phrases), many: make(phrases), relative: make(phrases)}
	for _, w := range words {
		for i, m := range w.Months {
			r.months.add(i+1, m)
		}
		for i, o := range w.Ordinals {
			r.ordinals.add(i+1, o)
		}
		for i, c := range w.Cardinals {
			r.cardinals.add(i+1, c)
		}
		r.rounds.add(1, w.Rounds)
		r.next.add(1, w.Next)
		r.last.add(1, w.Last)
		for bit, name := range SideNames {
			r.sides.add(1<<bit, w.Sides[name])
		}
		for _, f := range w.Follow {
			r.follow.add(strings.TrimSuffix(f, "$"), "follow")
		}
		for _, f := range w.Many {
			r.many.add(f, "many")
		}
		for what, fs := range w.Relative {
			for _, f := range fs {
				r.relative.add(f, what)
			}
		}
		for _, s := range w.Stop {
			for _, sk := range skeletons(s) {
				r.stop[sk] = true
			}
		}
	}
	return r
}

func skeletons(s string) []string {
	ws := text.Words(nil, s)
	for i, w := range ws {
		ws[i] = text.Skeleton(w)
	}
	return ws
}

func (s *stems) add(n int, list []string) {
	if s.whole == nil {
		s.whole, s.prefix = make(map[string]int), make(map[string]int)
	}
	for _, st := range list {
		to := s.prefix
		if strings.HasSuffix(st, "$") {
			to = s.whole
		}
		sk := strings.Join(skeletons(strings.TrimSuffix(st, "$")), "")
		if _, taken := to[sk]; !taken && sk != "" {
			to[sk] = n
		}
		s.max = max(s.max, len(sk))
	}
}

// find returns the number of the longest stem that word begins with, or zero.
func (s *stems) find(word string) int {
	if n := s.whole[word]; n != 0 {
		return n
	}
	for l := min(len(word), s.max); l >= 3; l-- {
		if n := s.prefix[word[:l]]; n != 0 {
			return n
		}
	}
	return 0
}

// Stop tells whether a skeleton word carries no meaning of its own.
func (r *Reader) Stop(skel string) bool { return r.stop[skel] }

// Read reads the slots of a question. raw is the question as typed, words and
// skels its words; now is the day from which "yesterday" is counted.
func (r *Reader) Read(raw string, words, skels []string, now time.Time) Slots {
	var s Slots
	for i, k := range skels {
		if isNumber(words[i]) {
			s.Numbers = append(s.Numbers, strings.TrimLeft(words[i], "0"))
			continue
		}
		s.Sides |= uint8(r.sides.find(k))
		s.Next = s.Next || r.next.find(k) != 0 && r.roundNear(skels, i)
		s.Last = s.Last || r.last.find(k) != 0 && r.roundNear(skels, i)
	}
	r.readRounds(&s, words, skels)
	s.Dates = r.dates(raw, words, skels)
	s.Dates = append(s.Dates, r.spans(skels, now)...)
	for _, d := range s.Dates {
		if d.Year == 2022 && r.anyRound(skels) {
			s.Rounds |= 1
		}
	}
	for i := range skels {
		s.Many = s.Many || r.many.at(skels[i:])
	}
	s.Follow = r.follow.at(skels)
	return s
}

func (r *Reader) anyRound(skels []string) bool {
	for _, k := range skels {
		if r.rounds.find(k) != 0 {
			return true
		}
	}
	return false
}

// roundNear tells whether a word for a round stands within three words of i.
func (r *Reader) roundNear(skels []string, i int) bool {
	for j := max(0, i-3); j < min(len(skels), i+4); j++ {
		if j != i && r.rounds.find(skels[j]) != 0 {
			return true
		}
	}
	return false
}

// readRounds finds "second round", "round 2", "2nd", "2-й раунд", "r2", "2. tur".
func (r *Reader) readRounds(s *Slots, words, skels []string) {
	for i, k := range skels {
		n := 0
		switch {
		case isNumber(words[i]) && len(words[i]) == 1:
			n = int(words[i][0] - '0')
			if !r.adjacentRound(skels, i) {
				continue
			}
		case r.ordinals.find(k) != 0:
			n = r.ordinals.find(k)
		case r.cardinals.find(k) != 0 && i > 0 && r.rounds.find(skels[i-1]) != 0:
			n = r.cardinals.find(k)
		}
		if n < 1 || n > 15 {
			continue
		}
		if r.roundNear(skels, i) || i > 0 && skels[i-1] == "r" {
			s.Rounds |= 1 << n
		} else {
			s.Weak |= 1 << n
		}
	}
}

func (r *Reader) adjacentRound(skels []string, i int) bool {
	for j := max(0, i-1); j <= min(len(skels)-1, i+2); j++ {
		if j != i && (r.rounds.find(skels[j]) != 0 || skels[j] == "r") {
			return true
		}
	}
	return false
}

func isNumber(w string) bool { return w != "" && w[0] >= '0' && w[0] <= '9' }

func hasPrefix(words, prefix []string) bool {
	if len(words) < len(prefix) {
		return false
	}
	for i, p := range prefix {
		if words[i] != p {
			return false
		}
	}
	return len(prefix) > 0
}
