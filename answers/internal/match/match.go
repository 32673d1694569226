package match

import (
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/answers/facts"
	"parley/answers/internal/model"
	"parley/answers/internal/near"
	"parley/answers/internal/sense"
	"parley/answers/internal/slots"
	"parley/answers/internal/spell"
	"parley/answers/lang"
)

// Matcher finds what questions ask for. It is immutable and safe for
// concurrent use.
type Matcher struct {
	base    *facts.Base
	topics  map[string]*facts.Topic
	slots   *slots.Reader
	names   *names
	learnt  *Learnt
	classes []class // of learnt.Classes
	number  map[string]int
	byGroup []groupOf
	byKey   map[string][]int                             // classes by aspect, for "and the third?"
	stems   map[string]int                               // the stems of what the base says, numbered
	small   map[string]int                               // words that only one language has, and which
	kin     []atomic.Pointer[[]float32]                  // of each class, made when a talk is first about it
	said    [][len(facts.Languages)]atomic.Pointer[said] // likewise, in each language
	scratch sync.Pool
}

// Learnt is what training has made of the questions.
type Learnt struct {
	Classes  []string // ids, in the order of the model's classes
	Model    *model.Model
	Language *model.Model
	Weights  *Weights // of the second reading
	Short    *Weights // the same for questions that say little themselves, in a talk
	Near     *near.Index
	Spell    *spell.Speller
	Sense    *sense.Space
}

// Context is what the talk so far tells.
type Context struct {
	Fact string // id of the last answer, or none
	Lang string // its language
}

// Candidate is something a question may ask for.
type Candidate struct {
	ID     string
	Kind   Kind
	P      float64 // the probability that it is meant
	Margin float64
	Named  bool // the question is of its kind, and names its round, date, person or place
	why    int  // its place among the evidence of the reading
}

// Result is the reading of one question.
type Result struct {
	Candidates []Candidate // the likeliest first
	None       float64     // the probability that nothing of the base is meant
	Slots      slots.Slots
	Lang       string  // the language it is written in
	LangSure   float64 // by how much that language leads the next
	Content    int     // words that carry meaning
	Unknown    []string
	Short      bool // says little itself, in a talk
	Known      bool // made sure by a question of the training, word for word
	Subject    bool // opens with a word that carries meaning, and names more than a round or side
	evidence   [][nCandidate]float64
}

// New makes a matcher of what was learnt for the base. Classes of the learnt
// model that the base lacks are never candidates.
func New(b *facts.Base, l *Learnt, words []lang.Words) *Matcher {
	m := &Matcher{base: b, learnt: l, slots: slots.NewReader(words), names: newNames(b),
		topics: make(map[string]*facts.Topic), number: make(map[string]int), byKey: make(map[string][]int), stems: make(map[string]int), small: smallWords(words)}
	for _, t := range b.Topics {
		m.topics[t.ID] = t
	}
	for i, id := range l.Classes {
		c := m.newClass(id)
		m.classes = append(m.classes, c)
		m.number[id] = i
		if c.known && c.aspect != "" {
			m.byKey[c.aspect] = append(m.byKey[c.aspect], i)
		}
	}
	for i := range m.classes {
		if g, ok := m.number[groupPrefix+m.classes[i].aspect]; ok && m.classes[i].aspect != "" {
			m.classes[i].group = g
		}
	}
	for i, id := range l.Classes {
		if a, ok := strings.CutPrefix(id, groupPrefix); ok {
			m.byGroup = append(m.byGroup, groupOf{i, m.byKey[a]})
		}
	}
	m.kin = make([]atomic.Pointer[[]float32], len(m.classes))
	m.said = make([][len(facts.Languages)]atomic.Pointer[said], len(m.classes))
	m.scratch.New = func() any {
		s := new(scratch)
		s.text.Mend = l.Spell.Mend
		return s
	}
	return m
}

// groupOf is a class that stands for several, and those.
type groupOf struct {
	group   int
	members []int
}

// scratch is the memory of one reading, kept for the next.
type scratch struct {
	text, letters          model.Text
	scores, cat, languages []float32
	sense, kin             []float32
	meaning                sense.Meaning
	top                    []int
	near                   near.Scratch
	seen                   []near.Word // the words that carry meaning
	content                []word      // the same, one by one
	choice                 choice
	p                      []float64
}

// candidates is how many classes get a second reading.
const candidates = 10

// Match reads a question. now is the day that "yesterday" is counted from.
func (m *Matcher) Match(q string, ctx Context, now time.Time) Result {
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	r, _ := m.weigh(s, q, ctx, now)
	return r
}

// sureOf is how likely a class is of which a question is known word for word.
const sureOf = 0.99

// wordForWord makes the reading sure of a question that is one of those a class was
// learnt from, unless it says little in a talk and may mean something else there.
func (m *Matcher) wordForWord(s *scratch, r *Result) {
	k, known := m.learnt.Near.WordForWord(s.seen, s.text.Skeletons())
	if !known || r.Short {
		return
	}
	at := slices.IndexFunc(r.Candidates, func(c Candidate) bool { return c.ID == m.classes[k].id })
	if at < 0 || r.Candidates[at].P >= sureOf {
		return
	}
	r.Known = true
	rest := (1 - sureOf) / (1 - r.Candidates[at].P)
	for i := range r.Candidates {
		r.Candidates[i].P *= rest
	}
	r.None *= rest
	r.Candidates[at].P = sureOf
}

// Explain reads a question as Match does, and keeps the evidence.
func (m *Matcher) Explain(q string, ctx Context, now time.Time) Result {
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	r, c := m.weigh(s, q, ctx, now)
	r.evidence = slices.Clone(c.candidates)
	return r
}

func (m *Matcher) weigh(s *scratch, q string, ctx Context, now time.Time) (Result, *choice) {
	r, c := m.read(s, q, ctx, now)
	w := m.learnt.Weights
	if c.short {
		w = m.learnt.Short
	}
	s.p = w.probabilities(s.p, nil, c)
	p := s.p
	for i := range r.Candidates {
		r.Candidates[i].P = p[i]
	}
	r.None = p[len(p)-1]
	r.Short = c.short
	m.wordForWord(s, &r)
	slices.SortStableFunc(r.Candidates, func(a, b Candidate) int {
		switch {
		case a.P > b.P:
			return -1
		case a.P < b.P:
			return 1
		}
		return strings.Compare(a.ID, b.ID) // the written tie rule: the first in the alphabet
	})
	m.language(s, q, &r)
	return r, c
}

func (m *Matcher) read(s *scratch, q string, ctx Context, now time.Time) (Result, *choice) {
	m.learnt.Model.Read(&s.text, q)
	s.scores = m.learnt.Model.Score(s.scores, &s.text)
	last, inTalk := m.number[m.resolve(ctx.Fact)]
	inTalk = inTalk && ctx.Fact != ""
	if inTalk {
		said := m.saidBy(last, ctx.Lang)
		s.cat = m.learnt.Model.Joined(s.cat, said.scores, s.scores, said.length, s.text.Length)
	}
	r := Result{Slots: m.slots.Read(q, s.text.Words(), s.text.Skeletons(), now)}
	g := m.gather(s, q, &r)
	m.mean(s, inTalk)
	m.learnt.Near.Search(&s.near, s.seen, len(m.classes))
	m.pick(s, &g, last, inTalk)
	for _, k := range s.top {
		s.sense[k] = m.learnt.Sense.Near(k, &s.meaning)
	}
	c := &s.choice
	*c = choice{candidates: c.candidates[:0], right: -1, short: inTalk && g.little()}
	r.Candidates = make([]Candidate, 0, len(s.top))
	for i, k := range s.top {
		f := m.features(s, &g, k, last, inTalk)
		c.candidates = append(c.candidates, f)
		r.Candidates = append(r.Candidates, Candidate{ID: m.classes[k].id, Kind: m.classes[k].kind, Margin: float64(s.scores[k]), Named: f[fGroupThat] > namedFrom, why: i})
	}
	c.none = m.noneFeatures(s, &g, inTalk)
	return r, c
}

// mean finds what the question's words mean together, and in a talk how near
// each class is to that; else only the candidates are asked.
func (m *Matcher) mean(s *scratch, inTalk bool) {
	s.meaning = sense.Meaning{}
	for _, w := range s.seen {
		if w.Seen {
			m.learnt.Sense.Add(&s.meaning, w.Stem, w.Weight)
		}
	}
	s.meaning.Unit()
	s.sense = slices.Grow(s.sense[:0], len(m.classes))[:len(m.classes)]
	if inTalk {
		for k := range s.sense {
			s.sense[k] = m.learnt.Sense.Near(k, &s.meaning)
		}
	}
}

func (m *Matcher) resolve(id string) string {
	if _, ok := m.number[id]; ok || id == "" {
		return id
	}
	if f := m.base.Find(id); f != nil {
		return f.ID
	}
	return id
}

// pick chooses the classes for the second reading: the best by margin, in a
// talk also the best of question and last answer together, and what the last
// answer's question is about another round or side.
func (m *Matcher) pick(s *scratch, g *given, last int, inTalk bool) {
	s.top = s.top[:0]
	m.best(s, s.scores, candidates)
	m.alike(s, g)
	m.best(s, s.near.All(), candidates/2)
	m.best(s, s.near.Centre(), candidates/2)
	m.best(s, s.near.Held(), candidates/2)
	if !inTalk {
		return
	}
	m.best(s, s.cat, candidates/2)
	s.add(last)
	s.kin = s.kin[:0]
	for k, kin := range m.kinOf(last) {
		s.kin = append(s.kin, kin+s.sense[k])
	}
	m.best(s, s.kin, candidates/2)
	if a := m.classes[last].aspect; a != "" {
		for _, k := range m.byKey[a] {
			if len(s.top) < 4*candidates {
				s.add(k)
			}
		}
	}
}

// kinOf returns how near each class is to one.
func (m *Matcher) kinOf(class int) []float32 {
	if kin := m.kin[class].Load(); kin != nil {
		return *kin
	}
	kin := make([]float32, len(m.classes))
	for k := range kin {
		kin[k] = m.learnt.Sense.Kin(k, class)
	}
	m.kin[class].Store(&kin)
	return kin
}

// said is how a class's own short form reads.
type said struct {
	scores []float32
	length float32
}

func (m *Matcher) saidBy(class int, lang string) *said {
	in := max(0, slices.Index(facts.Languages[:], lang))
	if s := m.said[class][in].Load(); s != nil {
		return s
	}
	form := ""
	if f := m.base.Find(m.classes[class].id); f != nil {
		form = f.Short[in]
	} else if t := m.topics[m.classes[class].id]; t != nil {
		form = t.Title[in]
	}
	var t model.Text
	m.learnt.Model.Read(&t, form)
	s := &said{m.learnt.Model.Score(nil, &t), t.Length}
	m.said[class][in].Store(s)
	return s
}

// alike adds, for the kind of question that is claimed most, the classes of the
// round, date or name that is named.
func (m *Matcher) alike(s *scratch, g *given) {
	for _, of := range m.byGroup {
		if s.scores[of.group] < minGroup {
			continue
		}
		for _, k := range of.members {
			c := &m.classes[k]
			if len(s.top) < 3*candidates && (c.rounds&(g.rounds|g.weak) != 0 || g.named(c) || g.dated(c)) {
				s.add(k)
			}
		}
	}
}

// namedFrom is one more than the margin from which a question is of a kind.
const namedFrom = 0.9

// minGroup is the margin from which a kind of question may be meant.
const minGroup = -0.5

// dated tells whether a day or month that is named is one of the class's.
func (g *given) dated(c *class) bool {
	for _, d := range g.slots.Dates {
		for _, iso := range c.dates[:min(1, len(c.dates))] {
			if d.Covers(iso) {
				return true
			}
		}
	}
	return false
}

func (s *scratch) add(k int) {
	if !slices.Contains(s.top, k) {
		s.top = append(s.top, k)
	}
}

// best adds the n classes of the highest scores.
func (m *Matcher) best(s *scratch, scores []float32, n int) {
	var top [candidates]int
	have := 0
	for k, v := range scores {
		if !m.classes[k].known || have == n && v <= scores[top[n-1]] {
			continue
		}
		i := have
		if have < n {
			have++
		} else {
			i = n - 1
		}
		for i > 0 && scores[top[i-1]] < v {
			top[i] = top[i-1]
			i--
		}
		top[i] = k
	}
	for _, k := range top[:have] {
		s.add(k)
	}
}

// given is what the question gives, apart from any candidate.
type given struct {
	slots   slots.Slots
	rounds  uint16 // named or implied by a day
	weak    uint16 // implied by an ordinal alone or a month
	names   []int
	bare    bool   // nothing but a name is said
	content []word // that carry meaning
	mass    float64
	unknown float64 // share of the mass no training question has
	odd     int     // capitalised words no training question has
}

// word is a word that carries meaning.
type word struct {
	bucket uint32  // in the model
	text   int     // number of its stem among those of the base's own texts, or -1
	weight float64 // how much it tells
}

// named tells whether the class is about a person or place that is named.
func (g *given) named(c *class) bool { return c.who >= 0 && slices.Contains(g.names, c.who) }

var roundOfMonth = map[int]uint16{5: 1 << 1, 6: 1 << 2, 7: 1 << 3}

func (m *Matcher) gather(s *scratch, q string, r *Result) given {
	g := given{slots: r.Slots, rounds: r.Slots.Rounds, weak: r.Slots.Weak}
	for _, d := range r.Slots.Dates {
		if d.Day != 0 && d.Month != 0 {
			g.rounds |= roundOfDate[iso(d, "2025")]
		} else if d.Month != 0 && (d.Year == 0 || d.Year == 2025) {
			g.weak |= roundOfMonth[d.Month]
		}
	}
	words, skels := s.text.Words(), s.text.Skeletons()
	g.names = m.names.in(skels)
	s.seen, s.content = s.seen[:0], s.content[:0]
	for i, k := range skels {
		if m.slots.Stop(k) || len(k) < 2 && !isDigits(words[i]) {
			continue
		}
		w := m.learnt.Near.Look(k)
		text, ok := m.stems[near.Stem(k)]
		if !ok {
			text = -1
		}
		s.seen = append(s.seen, w)
		s.content = append(s.content, word{m.learnt.Model.Bucket(k), text, float64(w.Weight)})
		g.mass += float64(w.Weight)
		if !w.Seen && !isDigits(words[i]) {
			g.unknown += float64(w.Weight)
			r.Unknown = append(r.Unknown, words[i])
		}
	}
	g.content = s.content
	g.odd = capitalised(q, r.Unknown)
	if g.mass > 0 {
		g.unknown /= g.mass
	}
	g.bare = len(g.content) > 0 && len(g.content) <= 2 && m.onlyNames(words, skels)
	r.Content = len(g.content)
	named := bits.OnesCount16(r.Slots.Rounds|r.Slots.Weak) + bits.OnesCount8(r.Slots.Sides)
	r.Subject = r.Content > named && !r.Slots.Follow && !m.slots.Stop(skels[0])
	return g
}

// onlyNames tells whether every word that carries meaning is a name.
func (m *Matcher) onlyNames(words, skels []string) bool {
	for i, k := range skels {
		if !m.slots.Stop(k) && (len(k) > 1 || isDigits(words[i])) && m.names.find(k) < 0 {
			return false
		}
	}
	return true
}

func isDigits(w string) bool { return w != "" && w[0] >= '0' && w[0] <= '9' }

// capitalised counts those of the folded words that are written with a capital
// letter elsewhere than at the start.
func capitalised(q string, folded []string) (n int) {
	if len(folded) == 0 {
		return 0
	}
	upper := make(map[string]bool)
	for i, f := range strings.Fields(q) {
		first := strings.IndexFunc(f, unicode.IsLetter)
		if i == 0 || first < 0 {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(f[first:]); unicode.IsUpper(r) {
			ws, _ := wordsOf(f)
			for _, w := range ws {
				upper[w] = true
			}
		}
	}
	for _, w := range folded {
		if upper[w] {
			n++
		}
	}
	return n
}
