package match

import (
	"math/bits"
	"slices"
)

// The evidence of the second reading, by name in names of the same order.
const (
	fMargin     = iota
	fClaims     // its margin is above zero: it claims the question
	fLead       // by how much it leads, or trails, the best other margin
	fBest       // has the best margin of all
	fRound      // of a round the question names
	fNotRound   // of another one
	fNoRound    // of none, though one is named
	fWeak       // of a round the question hints at
	fNotWeak    // of another one
	fDate       // a date of its covers the one asked for
	fNotDate    // none does
	fMonth      // as fDate, only a month or year is asked for
	fNotMonth   // none does
	fSide       // the side that acts is named
	fNotSide    // another one is, and its own is not
	fNames      // share of the people and places asked for that it tells of
	fNotNames   // number of those it does not tell of
	fAbout      // is about a person or place that is named
	fNotAbout   // is about one that is not
	fBare       // is about who or what is named, and nothing else is said
	fBareOther  // is not, though nothing but a name is said
	fNumber     // has a number that is asked for
	fNotNumber  // has none of them
	fCovered    // share of the words that carry meaning which speak for it
	fNear       // how alike its most alike training question is
	fNear2      // the same of the second
	fNearLead   // by how much it is more alike than any other class
	fSense      // how near its meaning is
	fSenseLead  // by how much it is nearer than any other
	fCentre     // how alike all its training questions together are
	fCentreLead // by how much they are more alike than any other's
	fHeld       // share of the words that its training questions have
	fHeldLead   // by how much that is more than any other's
	fTold       // share of the meaning that its own text tells
	fGroup      // margin of its kind of question
	fGroupThat  // the same, and its round, date or name is named
	fGroupNot   // the same, and another one is
	fGrouped    // has a kind of question
	fTopic      // is a summary
	fTopicOne   // is a summary though a round, date or name is asked for
	fTalk       // is about the bot
	fDecline    // is a subject to decline
	fDeclineMargin
	fJoined      // margin of the question together with the last answer
	fJoinedShort // the same if the question says little itself
	fMarginShort // margin if the question says little itself, in a talk
	fSame        // was the last answer
	fSubject     // of the subject of the last answer
	fSubjectShort
	fMeeting // of the meeting or round of the last answer
	fMeetingShort
	fOther      // answers the last question for the round now named
	fOtherSide  // answers the last question for the side now named
	fAspectMeet // same meeting, another aspect, and little said
	fSameShort  // was the last answer, and little is said
	fSameTold   // was the last answer, and its text tells this much of the question
	fSameBare   // was the last answer, and nothing else is named
	fSameSide   // was the last answer, and a side is named
	fKinBare    // how near its meaning is to the last answer, nothing being named
	fKin        // how near its meaning is to the last answer
	fKinShort   // the same, little said
	fKinSide    // the same, and its side is named
	nCandidate
)

// The evidence for "none of them".
const (
	nBias = iota
	nTalk
	nBest    // the best margin
	nClaims  // the same above zero: something claims the question
	nGap     // its lead over the next
	nUnknown // share of the words that carry meaning no training question has
	nOdd     // capitalised words no training question has
	nShort   // says little
	nLong
	nNames // knows a name
	nSlots // names a round or date
	nCovered
	nNear // how alike the most alike training question of all is
	nTold
	nSense
	nCentre
	nHeld
	nNone
)

// FeatureNames tell the evidence to people, in the order of Candidate.Why.
var FeatureNames = [nCandidate]string{
	"margin", "claims it", "lead over the next", "best of all", "names its round", "names another round", "has no round", "hints at its round",
	"hints at another round", "names its date", "names another date", "names its month", "names another month", "names its side", "names another side",
	"names its people or places", "names others", "is about who is named", "is about someone not named", "is all that is said", "is not what alone is said", "has the number", "lacks the number", "words that speak for it",
	"most alike training question", "second most alike", "more alike than the others", "nearness of meaning", "nearer than the others",
	"its questions together", "more alike together than the others", "words its questions have", "more of them than the others", "words its text tells",
	"margin of its kind of question", "the same, of what is named", "the same, of another", "has a kind of question",
	"is a summary", "is a summary though one thing is asked", "is about the bot", "is declined", "margin of the decline",
	"margin with the last answer", "the same, little said", "margin, little said", "was the last answer", "subject of the last answer", "the same, little said",
	"meeting of the last answer", "the same, little said", "the last question for the round named", "the last question for the side named", "another aspect of that meeting",
	"was the last answer, little said", "was the last answer and tells it", "was the last answer, nothing named", "was the last answer, a side named", "kin of the last answer, nothing named", "kin of the last answer", "the same, little said", "kin, and its side is named",
}

func (m *Matcher) features(s *scratch, g *given, k, last int, inTalk bool) (f [nCandidate]float64) {
	c := &m.classes[k]
	f[fMargin] = clamp(float64(s.scores[k]))
	f[fClaims] = max(0, f[fMargin])
	m.lead(s, &f, k)
	switch c.kind {
	case Decline:
		f[fDecline] = 1
		f[fDeclineMargin] = f[fMargin]
	case Talk:
		f[fTalk] = 1
	case Topic:
		f[fTopic] = 1
	}
	if c.kind == Fact || c.kind == Topic {
		m.exact(&f, g, c)
	}
	if c.group >= 0 {
		kind := clamp(float64(s.scores[c.group]))
		f[fGroup], f[fGrouped] = kind, 1
		if f[fRound] == 1 || f[fWeak] == 1 || f[fDate] == 1 || f[fAbout] > 0 {
			f[fGroupThat] = 1 + kind
		} else if f[fNotRound] == 1 || f[fNotDate] == 1 || f[fNotAbout] == 1 || f[fNotWeak] == 1 {
			f[fGroupNot] = 1 + kind
		}
	}
	f[fCovered] = m.covered(g, k)
	f[fNear], f[fNear2] = float64(s.near.Best(k)), float64(s.near.Second(k))
	var near, centre, held float32
	sense := float32(-1)
	for _, j := range s.top {
		if j != k {
			near, sense = max(near, s.near.Best(j)), max(sense, s.sense[j])
			centre, held = max(centre, s.near.Centre()[j]), max(held, s.near.Held()[j])
		}
	}
	f[fNearLead] = float64(s.near.Best(k) - near)
	f[fSense], f[fSenseLead] = float64(s.sense[k]), float64(s.sense[k]-sense)
	f[fCentre], f[fCentreLead] = float64(s.near.Centre()[k]), float64(s.near.Centre()[k]-centre)
	f[fHeld], f[fHeldLead] = float64(s.near.Held()[k]), float64(s.near.Held()[k]-held)
	f[fTold] = m.told(g, k)
	if inTalk {
		m.talk(s, &f, g, k, last)
	}
	return f
}

func clamp(x float64) float64 { return max(-2, min(2, x)) }

func (m *Matcher) lead(s *scratch, f *[nCandidate]float64, k int) {
	best := float32(-9)
	for _, j := range s.top {
		if j != k {
			best = max(best, s.scores[j])
		}
	}
	f[fLead] = clamp(float64(s.scores[k] - best))
	if s.scores[k] > best {
		f[fBest] = 1
	}
}

// exact compares rounds, dates, sides, names and numbers.
func (m *Matcher) exact(f *[nCandidate]float64, g *given, c *class) {
	if g.rounds != 0 {
		switch {
		case c.rounds == 0:
			f[fNoRound] = 1
		case c.rounds&g.rounds != 0:
			f[fRound] = 1
		default:
			f[fNotRound] = 1
		}
	} else if g.weak != 0 && c.rounds != 0 {
		if c.rounds&g.weak != 0 {
			f[fWeak] = 1
		} else {
			f[fNotWeak] = 1
		}
	}
	for _, d := range g.slots.Dates {
		yes, no := fDate, fNotDate
		if d.Day == 0 && d.From == "" {
			yes, no = fMonth, fNotMonth
		}
		hit := false
		for _, iso := range c.dates {
			hit = hit || d.Covers(iso)
		}
		if hit {
			f[yes] = 1
		} else if len(c.dates) > 0 {
			f[no] = 1
		}
	}
	if g.slots.Sides != 0 && c.sides != 0 {
		if n := bits.OnesCount8(g.slots.Sides & c.sides); n > 0 {
			f[fSide] = 1
		} else {
			f[fNotSide] = 1
		}
	}
	m.people(f, g, c)
	for _, n := range g.slots.Numbers {
		if len(n) < 2 || len(n) == 4 && n[:2] == "20" {
			continue
		}
		if c.numbers[n] {
			f[fNumber] = 1
		} else {
			f[fNotNumber] = 1
		}
	}
	if f[fTopic] == 1 && (len(g.names) > 0 || len(g.slots.Dates) > 0) {
		f[fTopicOne] = 1
	}
}

func (m *Matcher) people(f *[nCandidate]float64, g *given, c *class) {
	if len(g.names) > 0 {
		hits := 0
		for _, n := range g.names {
			if slices.Contains(c.names, n) {
				hits++
			}
		}
		f[fNames] = float64(hits) / float64(len(g.names))
		f[fNotNames] = min(3, float64(len(g.names)-hits))
	}
	if c.who >= 0 {
		if g.named(c) {
			f[fAbout] = 1 / float64(len(g.names))
		} else {
			f[fNotAbout] = 1
		}
	}
	if g.bare {
		if g.named(c) {
			f[fBare] = 1
		} else {
			f[fBareOther] = 1
		}
	}
}

// covered is the share of the question's meaning carried by words that speak
// for class k.
func (m *Matcher) covered(g *given, k int) float64 {
	if g.mass == 0 {
		return 0
	}
	var sum float64
	for _, w := range g.content {
		if m.learnt.Model.Speaks(w.bucket, k) {
			sum += w.weight
		}
	}
	return sum / g.mass
}

// told is the share of the question's meaning that the class's own text tells.
func (m *Matcher) told(g *given, k int) float64 {
	if g.mass == 0 {
		return 0
	}
	var sum float64
	for _, w := range g.content {
		if m.classes[k].tells(w.text) {
			sum += w.weight
		}
	}
	return sum / g.mass
}

// little tells whether the question says little itself.
func (g *given) little() bool {
	return len(g.content) <= 3 || g.slots.Follow && len(g.content) <= 5
}

// talk compares with the last answer.
func (m *Matcher) talk(s *scratch, f *[nCandidate]float64, g *given, k, last int) {
	c, l := &m.classes[k], &m.classes[last]
	little := 0.0
	if g.little() {
		little = 1
	}
	bare := g.rounds|g.weak == 0 && len(g.slots.Dates) == 0 && len(g.names) == 0
	f[fJoined] = clamp(float64(s.cat[k]))
	f[fJoinedShort] = little * f[fJoined]
	f[fMarginShort] = little * f[fMargin]
	if k == last {
		f[fSame], f[fSameShort], f[fSameTold] = 1, little, f[fTold]
		if bare {
			f[fSameBare] = 1
		}
		if g.slots.Sides != 0 {
			f[fSameSide] = 1
		}
		return
	}
	if c.kind != Fact && c.kind != Topic {
		return
	}
	kin := float64(m.kinOf(last)[k])
	f[fKin], f[fKinShort] = kin, little*kin
	if bare {
		f[fKinBare] = kin
	}
	if c.sides != 0 && c.sides&g.slots.Sides != 0 {
		f[fKinSide] = kin
	}
	if c.subject == l.subject {
		f[fSubject], f[fSubjectShort] = 1, little
	}
	meets := c.meeting != "" && c.meeting == l.meeting || c.rounds != 0 && c.rounds == l.rounds
	if meets {
		f[fMeeting], f[fMeetingShort] = 1, little
	}
	named := g.rounds | g.weak
	if c.aspect != "" && c.aspect == l.aspect && c.rounds&named != 0 && c.rounds != l.rounds {
		f[fOther] = 1
	}
	if c.sides != 0 && c.sides&g.slots.Sides != 0 && l.sides&g.slots.Sides == 0 && (meets || c.subject == l.subject) {
		f[fOtherSide] = 1
	}
	if meets && c.aspect != "" && c.aspect != l.aspect {
		f[fAspectMeet] = little
	}
}

func (m *Matcher) noneFeatures(s *scratch, g *given, inTalk bool) (f [nNone]float64) {
	f[nBias] = 1
	best, next, at := float32(-9), float32(-9), -1
	for _, k := range s.top {
		if v := s.scores[k]; v > best {
			best, next, at = v, best, k
		} else if v > next {
			next = v
		}
	}
	f[nBest] = clamp(float64(best))
	f[nClaims] = max(0, f[nBest])
	f[nGap] = clamp(float64(best - next))
	f[nUnknown] = g.unknown
	f[nOdd] = min(3, float64(g.odd))
	if len(g.content) <= 1 {
		f[nShort] = 1
	}
	if len(g.content) > 8 {
		f[nLong] = 1
	}
	if len(g.names) > 0 {
		f[nNames] = 1
	}
	if g.rounds != 0 || len(g.slots.Dates) > 0 {
		f[nSlots] = 1
	}
	if at >= 0 {
		f[nCovered] = m.covered(g, at)
		f[nTold] = m.told(g, at)
	}
	for _, k := range s.top {
		f[nNear] = max(f[nNear], float64(s.near.Best(k)))
		f[nSense] = max(f[nSense], float64(s.sense[k]))
		f[nCentre] = max(f[nCentre], float64(s.near.Centre()[k]))
		f[nHeld] = max(f[nHeld], float64(s.near.Held()[k]))
	}
	if inTalk {
		f[nTalk] = 1
	}
	return f
}
