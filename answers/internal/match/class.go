// Package match finds what a question asks for: candidates by a learnt model,
// then a second reading of the best by exact evidence (rounds, dates, sides,
// names, numbers, the talk so far), and the probability that each, or none, is
// meant. It knows facts and words, not how an answer is phrased.
package match

import (
	"slices"
	"strings"

	"parley/answers/facts"
	"parley/answers/internal/near"
	"parley/answers/internal/slots"
)

// Kind is what a class stands for.
type Kind uint8

// The kinds of classes.
const (
	Fact    Kind = iota // something of the base with a text of its own
	Topic               // a summary over several facts
	Talk                // about the talk with the bot itself: greeting, help
	Decline             // a subject to be declined
)

// KindOf tells the kind of what has this id, if no fact has it; Fact and Topic are
// told apart by the base.
func KindOf(id string) Kind {
	switch {
	case strings.HasPrefix(id, "no-"):
		return Decline
	case strings.HasPrefix(id, "talk-"):
		return Talk
	}
	return Fact
}

// kindOf tells the kind of a class of a base, some of whose facts have an id that
// reads like that of a subject to decline.
func kindOf(b *facts.Base, id string) Kind {
	if b.Find(id) != nil {
		return Fact
	}
	return KindOf(id)
}

// class is what can be compared exactly about what a class stands for.
type class struct {
	id      string
	kind    Kind
	known   bool // the base has it
	rounds  uint16
	sides   uint8
	dates   []string // ISO
	names   []int
	numbers map[string]bool
	subject string
	aspect  string
	meeting string
	stems   []uint64 // bit n: its texts have the stem of this number in Matcher.stems
	group   int      // the class of all that answer the same kind of question, or -1
	who     int      // the person or place it is about, or -1
}

var roundOfDate = map[string]uint16{"2022-03-29": 1, "2025-05-16": 1 << 1, "2025-06-02": 1 << 2, "2025-07-23": 1 << 3}

func (m *Matcher) newClass(id string) class {
	c := class{id: id, kind: kindOf(m.base, id), who: -1, group: -1}
	if strings.HasPrefix(id, groupPrefix) {
		return c
	}
	if c.kind != Fact {
		c.known = true
		return c
	}
	if t := m.topics[id]; t != nil {
		c.kind, c.known = Topic, true
		c.subject = "topics"
		c.aspect, c.rounds = topicAspect(id)
		for i := range facts.Languages {
			m.addStems(&c, t.Title[i])
		}
		return c
	}
	f := m.base.Find(id)
	if f == nil {
		return c
	}
	c.known = true
	c.subject, c.aspect, c.meeting = f.Subject, f.Aspect, f.Meeting
	switch f.Round {
	case "1", "2", "3":
		c.rounds = 1 << (f.Round[0] - '0')
	case "2022":
		c.rounds = 1
	}
	for bit, side := range slots.SideNames {
		if f.Side == side || f.Side == "both" && bit < 2 || strings.Contains(f.Side, side+"-") || strings.HasSuffix(f.Side, "-"+side) {
			c.sides |= 1 << bit
		}
	}
	if f.Date != "" {
		c.dates = append(c.dates, f.Date)
	}
	text := f.Text[0] + " " + f.Short[0] + " " + f.Note
	words, skels := wordsOf(text)
	for _, d := range m.slots.Read(text, words, skels, noDay).Dates {
		c.dates = append(c.dates, iso(d, f.Date))
	}
	for i := range facts.Languages {
		m.addStems(&c, f.Text[i]+" "+f.Short[i])
	}
	c.numbers = facts.Numbers(text)
	for _, g := range f.Figures {
		for n := range facts.Numbers(g.Value) {
			c.numbers[n] = true
		}
	}
	c.names = m.names.in(skels)
	if n, ok := m.names.ids[id]; ok {
		c.who = n
		if !slices.Contains(c.names, n) {
			c.names = append(c.names, n)
		}
	}
	return c
}

func (m *Matcher) addStems(c *class, text string) {
	_, skels := wordsOf(text)
	for _, k := range skels {
		if m.slots.Stop(k) {
			continue
		}
		n, ok := m.stems[near.Stem(k)]
		if !ok {
			n = len(m.stems)
			m.stems[near.Stem(k)] = n
		}
		for len(c.stems) <= n/64 {
			c.stems = append(c.stems, 0)
		}
		c.stems[n/64] |= 1 << (n % 64)
	}
}

// tells tells whether the class's texts have the stem of this number.
func (c *class) tells(stem int) bool {
	return stem >= 0 && stem/64 < len(c.stems) && c.stems[stem/64]&(1<<(stem%64)) != 0
}

// topicAspect reads "agreed-2" as the aspect agreed of round 2.
func topicAspect(id string) (string, uint16) {
	i := strings.LastIndexByte(id, '-')
	if i > 0 && i == len(id)-2 && id[i+1] >= '1' && id[i+1] <= '9' {
		return "topic:" + id[:i], 1 << (id[i+1] - '0')
	}
	return "topic:" + id, 0
}
