package answers

import (
	"slices"
	"strings"

	"parley/answers/facts"
	"parley/answers/internal/match"
	"parley/answers/lang"
)

// How sure the matcher must be, tuned on questions held apart (docs/performance.md).
const (
	sureEnough      = 0.65 // to tell one fact
	namedEnough     = 0.50 // the same, if the question is of its kind and names its round, date or name
	pairEnough      = 0.70 // to tell two facts that together are likely
	besideEnough    = 0.05 // to tell a second one beside a sure one
	askEnough       = 0.22 // to ask which of several is meant
	leadEnough      = 0.20 // to tell one of these as the likely one
	leadBy          = 1.2  // times as likely as the next
	aloneEnough     = 0.30 // to tell one as likely though no other is near
	askEach         = 0.05 // for each of these
	courteousEnough = 0.50 // to return a greeting or thanks
	subjectEnough   = 0.40 // to take a few words in a talk for another subject
	langSure        = 0.25 // to trust the language of the question over the hint
)

// Answer answers a question. The same question always gets the same answer.
func (b *Book) Answer(q Question) Answer {
	talk := q.Talk.Current(q.Now)
	if c, ok := b.picked(q.Text, talk); ok {
		q.Lang = b.answerIn(q, talk, match.Result{})
		return b.Open(c, q)
	}
	r := b.match(q, talk)
	code := b.answerIn(q, talk, r)
	a := b.decide(r, code, talk)
	a.Talk.At = q.Now
	a.AsOf = b.base.AsOf
	return a
}

// courtesies are what people say in the middle of a talk without asking on.
var courtesies = []string{"talk-greet", "talk-thanks", "talk-bye", "talk-help"}

func courteous(r match.Result) bool {
	return r.Candidates[0].P >= courteousEnough && slices.Contains(courtesies, r.Candidates[0].ID)
}

// fewWords are so many that nothing tells a question about the last fact from one
// about another subject.
const fewWords = 3

// match reads a question. A few words that are clear by themselves may be a courtesy,
// or begin another subject if the talk makes nothing clear of them.
func (b *Book) match(q Question, t Talk) match.Result {
	c := b.context(t)
	r := b.matcher.Match(q.Text, c, q.Now)
	if c.Fact == "" || len(strings.Fields(q.Text)) > fewWords || len(r.Candidates) == 0 {
		return r
	}
	another := r.Subject && r.Candidates[0].P < sureEnough
	if !another && !slices.ContainsFunc(r.Candidates, claimsCourtesy) {
		return r
	}
	alone := b.matcher.Match(q.Text, match.Context{}, q.Now)
	first := alone.Candidates[0]
	if courteous(alone) || another && first.P >= subjectEnough && (first.Kind == match.Fact || first.Kind == match.Topic) {
		return alone
	}
	return r
}

func claimsCourtesy(c match.Candidate) bool {
	return c.Margin > 0 && slices.Contains(courtesies, c.ID)
}

// context is what the matcher may know of the talk.
func (b *Book) context(t Talk) match.Context {
	if f := b.base.Find(t.Fact); f != nil {
		return match.Context{Fact: f.ID, Lang: t.Lang}
	}
	if b.base.Topic(t.Fact) != nil {
		return match.Context{Fact: t.Fact, Lang: t.Lang}
	}
	return match.Context{}
}

// answerIn chooses the language of the answer.
func (b *Book) answerIn(q Question, t Talk, r match.Result) string {
	switch {
	case lang.Has(q.Lang):
		return q.Lang
	case r.Lang != "" && r.LangSure >= langSure:
		return r.Lang
	case lang.Has(q.Hint):
		return q.Hint
	case lang.Has(t.Lang):
		return t.Lang
	case r.Lang != "":
		return r.Lang
	}
	return lang.Codes[0]
}

// picked tells which of the choices offered last a bare number picks.
func (b *Book) picked(text string, t Talk) (string, bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	if len(text) != 1 || text[0] < '1' || int(text[0]-'1') >= len(t.Choices) {
		return "", false
	}
	return t.Choices[text[0]-'1'], true
}

// decide makes an answer of a reading.
func (b *Book) decide(r match.Result, code string, t Talk) Answer {
	if len(r.Candidates) == 0 || r.Content == 0 && r.Candidates[0].P < sureEnough && !courteous(r) {
		return b.unknown(r, code, t)
	}
	first := r.Candidates[0]
	if first.Kind == match.Decline || first.Kind == match.Talk {
		if first.Kind == match.Talk && first.P >= sureEnough || courteous(r) {
			return b.aboutBot(first, code, t)
		}
		return b.unknown(r, code, t)
	}
	if a, ok := b.records(r, code); ok {
		return a
	}
	rest := b.tellable(r.Candidates[1:])
	enough := sureEnough
	if first.Named {
		enough = namedEnough
	}
	sure := first.P >= enough
	if len(rest) > 0 && beside(first, rest[0], sure) && b.together(first.ID, rest[0].ID, code) {
		return b.tell(first.ID, rest[0].ID, first.P+rest[0].P, code, t)
	}
	if sure {
		return b.tell(first.ID, "", first.P, code, t)
	}
	near, sum := b.close(first, rest)
	if t.Clarified && first.P >= leadEnough { // never asked back twice: the likelier reading it is
		return b.tell(first.ID, "", first.P, code, t)
	}
	if len(near) == 1 && first.P >= aloneEnough {
		near = append(near, b.follow(first.ID)...)
		near = near[:min(len(near), 3)]
	}
	if len(near) > 1 && sum >= askEnough && r.None <= 0.55 && !t.Clarified {
		return b.ask(near, first.P >= leadEnough && (len(rest) == 0 || first.P >= leadBy*rest[0].P), sum, code)
	}
	return b.unknown(r, code, t)
}

// beside tells whether a second reading is likely enough to be told too: beside a
// fact that is sure, and with any that is not.
func beside(first, second match.Candidate, sure bool) bool {
	if sure {
		return first.Kind == match.Fact && second.P >= besideEnough
	}
	return first.P+second.P >= pairEnough && second.P >= askEach
}

// close are the readings that may be meant, up to four, and their probability
// together.
func (b *Book) close(first match.Candidate, rest []match.Candidate) (ids []string, sum float64) {
	ids, sum = []string{first.ID}, first.P
	for _, c := range rest {
		if c.P >= askEach && len(ids) < 4 {
			sum += c.P
			ids = append(ids, c.ID)
		}
	}
	return ids, sum
}

// tellable are the candidates that stand for facts or summaries and are likely
// enough to be told or offered at all.
func (b *Book) tellable(cs []match.Candidate) (out []match.Candidate) {
	for _, c := range cs {
		if c.P < minNearP { // and so all that follow
			break
		}
		if c.Kind == match.Fact || c.Kind == match.Topic {
			out = append(out, c)
		}
	}
	return out
}

// together tells whether two facts, or a summary and a fact, fit into one answer.
func (b *Book) together(x, y, code string) bool {
	if b.base.Find(y) == nil {
		return false
	}
	a := Answer{Lang: code}
	b.both(&a, x, y)
	return len([]rune(a.Body.String())) <= maxBoth
}

// both adds a fact or summary and a fact that may be meant too. In a summary of
// which it is part it is told whole.
func (b *Book) both(a *Answer, x, y string) {
	if t := b.base.Topic(x); t != nil {
		b.summary(a, t, y)
	} else {
		b.fact(a, b.base.Find(x))
	}
	if !slices.Contains(a.Facts, y) {
		a.Body = append(a.Body, para(b.packs.In(a.Lang).Say("also", nil)))
		b.fact(a, b.base.Find(y))
	}
}

// declines maps the subjects to decline to what is said.
var declines = map[string]string{
	"no-who-wins": "decline.forecast", "no-forecast": "decline.forecast",
	"no-opinion": "decline.opinion", "no-sides": "decline.opinion",
	"no-casualties": "decline.war", "no-weapons": "decline.war", "no-front": "decline.war",
	"no-private": "decline.private", "no-biography": "decline.private",
	"no-my-relative": "decline.personal", "no-conscription": "decline.personal",
	"no-other-politicians": "decline.other", "no-aid-money": "decline.other", "no-domestic": "decline.other",
	"no-other-talks": "decline.other", "no-other-wars": "decline.other", "no-history": "decline.other", "no-nuclear": "decline.forecast",
	"no-roleplay": "decline.instructions", "no-injection": "decline.instructions", "no-jokes": "decline.instructions", "no-translate": "decline.instructions",
	"no-future-talks": "as_of",
	"no-insult":       "decline.abuse", "no-nonsense": "decline.nonsense",
}

// claimBy is by how much less than the best a decline may claim a question and
// still say what it is about.
const claimBy = 0.2

// declined is the subject to decline that a question is about: the likeliest
// reading, or one that claims the question about as much as any other by itself,
// which a talk about something else can hide.
func declined(cs []match.Candidate) (best match.Candidate, ok bool) {
	if len(cs) == 0 {
		return best, false
	}
	if cs[0].Kind == match.Decline {
		return cs[0], true
	}
	most := cs[0].Margin
	for _, c := range cs {
		most = max(most, c.Margin)
		if c.Kind == match.Decline && (!ok || c.Margin > best.Margin) {
			best, ok = c, true
		}
	}
	return best, ok && best.Margin >= most-claimBy
}

// A fact counts as near a question from this margin and probability.
const (
	minNear  = -0.8
	minNearP = 0.02
)

// unknown says that the answer is not known, and what is known nearby.
func (b *Book) unknown(r match.Result, code string, t Talk) Answer {
	p := b.packs.In(code)
	a := Answer{Status: Unknown, Lang: code, Score: r.None, Talk: Talk{Lang: code, Fact: t.Fact}}
	key := "unknown"
	if c, ok := declined(r.Candidates); ok {
		key, a.Score = "decline.offtopic", c.P
		if d := declines[c.ID]; d != "" {
			key = d
		}
	}
	a.Body = append(a.Body, para(p.Say(key, lang.Args{"date": p.Date(b.base.AsOf)})))
	if key == "decline.offtopic" || key == "decline.abuse" || key == "decline.nonsense" {
		return a
	}
	var near []string
	for _, c := range b.tellable(r.Candidates) {
		if c.Margin >= minNear && len(near) < 3 {
			near = append(near, c.ID)
		}
	}
	if len(near) > 0 {
		if r.Candidates[0].P >= askEach && r.Candidates[0].Kind == match.Fact {
			a.Talk.Fact = r.Candidates[0].ID
		}
		a.Body = append(a.Body, para(p.Say("near", nil)))
		b.offer(&a, near, true)
	}
	return a
}

// ask asks back which of several readings is meant. The likeliest are told, as
// far as there is room: one that leads alone, else two facts. The others are
// offered.
func (b *Book) ask(ids []string, lead bool, score float64, code string) Answer {
	p := b.packs.In(code)
	a := Answer{Status: Ambiguous, Lang: code, Score: score, Talk: Talk{Lang: code, Fact: ids[0], Clarified: true}}
	told := b.likely(ids, lead, code)
	if told == 0 {
		a.Body = append(a.Body, para(p.Say("clarify", nil)))
		b.offer(&a, ids, true)
		return a
	}
	a.ID = ids[0]
	a.Body = append(a.Body, para(p.Say("perhaps", nil)))
	for i, id := range ids[:told] {
		if i > 0 {
			a.Body = append(a.Body, para(p.Say("or_this", nil)))
		}
		if t := b.base.Topic(id); t != nil {
			b.summary(&a, t, "")
		} else {
			b.fact(&a, b.base.Find(id))
		}
	}
	rest := slices.DeleteFunc(slices.Clone(ids[told:]), func(id string) bool { return slices.Contains(a.Facts, id) })
	if len(rest) > 0 {
		a.Body = append(a.Body, para(p.Say("or", nil)))
		b.offer(&a, rest, true)
	}
	return a
}

// likely is how many of the readings are told when asking back.
func (b *Book) likely(ids []string, lead bool, code string) int {
	switch {
	case lead:
		return 1
	case len(ids) > 1 && b.together(ids[0], ids[1], code):
		return 2
	}
	return 1
}

// offer adds choices, and lists them in the body if listed is set.
func (b *Book) offer(a *Answer, ids []string, listed bool) {
	for _, id := range ids {
		label := b.Label(id, a.Lang)
		a.Choices = append(a.Choices, Choice{ID: id, Label: label})
		a.Talk.Choices = append(a.Talk.Choices, id)
		if listed {
			a.Body = append(a.Body, item(label))
		}
	}
}

// Label is the short form of a fact or the title of a summary or of records.
func (b *Book) Label(id, code string) string {
	if f := b.base.Find(b.base.Resolve(id)); f != nil {
		return f.Short.In(code)
	}
	if t := b.base.Topic(id); t != nil {
		return t.Title.In(code)
	}
	if kind, span, ok := b.recordsOf(id); ok {
		return b.recordsTitle(kind, span, code)
	}
	return id
}

func (b *Book) aboutBot(c match.Candidate, code string, t Talk) Answer {
	p := b.packs.In(code)
	a := Answer{Status: Answered, Lang: code, Score: c.P, Talk: Talk{Lang: code, Fact: t.Fact}}
	a.Body = append(a.Body, para(p.Say(c.ID, lang.Args{"date": p.Date(b.base.AsOf)})))
	switch c.ID {
	case "talk-greet", "talk-help":
		b.offer(&a, []string{"next", "rounds", "demands-russia", "demands-ukraine"}, false)
	case "talk-more":
		b.offer(&a, b.follow(t.Fact), false)
	}
	return a
}

// follow returns up to four things to ask after a fact.
func (b *Book) follow(id string) []string {
	ids := b.related[b.base.Resolve(id)]
	return ids[:min(len(ids), 4)]
}

// nowTopics are answered with the day to which the facts reach.
var nowTopics = []string{"next", "last", "fourth-round", "war-over", "leaders-met", "no-fourth-istanbul-round", "no-trilateral-after-geneva", "coverage-ends-2026-06-16"}

// tell tells a fact or summary, and beside it a fact that may be meant too.
func (b *Book) tell(id, also string, score float64, code string, t Talk) Answer {
	p := b.packs.In(code)
	a := Answer{Status: Answered, Lang: code, ID: id, Score: score, Talk: Talk{Lang: code, Fact: id}}
	if topic := b.base.Topic(id); also != "" {
		b.both(&a, id, also)
	} else if topic != nil {
		b.summary(&a, topic, "")
	} else if f := b.base.Find(id); f != nil {
		b.fact(&a, f)
	}
	if slices.Contains(nowTopics, id) {
		a.Body = append(a.Body, para(p.Say("as_of", lang.Args{"date": p.Date(b.base.AsOf)})))
	}
	a.AsOf = b.base.AsOf
	b.offer(&a, b.next(&a, id), false)
	return a
}

// next are the follow-ups of what is told that are not told already.
func (b *Book) next(a *Answer, id string) (out []string) {
	from := append([]string{id}, a.Facts...)
	for _, f := range from {
		for _, n := range b.related[f] {
			if len(out) < 4 && !slices.Contains(a.Facts, n) && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// fact adds a fact with its status in words and its sources.
func (b *Book) fact(a *Answer, f *facts.Fact) {
	a.Body = append(a.Body, para(f.Text.In(a.Lang)))
	a.Facts = append(a.Facts, f.ID)
	if f.Status != facts.Confirmed && f.Status != "" {
		a.Body = append(a.Body, italic(b.packs.In(a.Lang).Say("status."+string(f.Status), lang.Args{"by": f.By.In(a.Lang)})))
	}
	a.cite(f, maxSources)
}

// Most of everything in one answer.
const (
	maxSummary = 900  // characters
	maxBoth    = 1000 // characters of two readings
	maxSources = 3
)

// cite adds up to n sources of a fact that are not cited yet, while there is room.
func (a *Answer) cite(f *facts.Fact, n int) {
	for _, s := range f.Sources {
		if n == 0 || len(a.Sources) == maxSources {
			return
		}
		if !slices.ContainsFunc(a.Sources, func(o facts.Source) bool { return o.URL == s.URL }) {
			a.Sources = append(a.Sources, s)
			n--
		}
	}
}

// summary adds the facts of a topic: the first and the one named whole, the rest
// in short, as many as there is room for.
func (b *Book) summary(a *Answer, t *facts.Topic, whole string) {
	a.Body = append(a.Body, bold(t.Title.In(a.Lang)))
	room := maxSummary - len([]rune(t.Title.In(a.Lang)))
	if whole != "" {
		room += maxBoth - maxSummary
	}
	for i, id := range t.Facts {
		f := b.base.Find(id)
		text, short := f.Text.In(a.Lang), f.Short.In(a.Lang)
		switch {
		case (i < t.Whole || id == whole) && len([]rune(text)) <= room:
			a.Body = append(a.Body, para(text))
			room -= len([]rune(text))
		case len([]rune(short)) <= room:
			a.Body = append(a.Body, item(short))
			room -= len([]rune(short))
		default:
			return
		}
		a.Facts = append(a.Facts, f.ID)
		a.cite(f, 1)
	}
}

// Open tells the fact or summary with this id, as when a choice is picked. An
// id that the base does not have gets an Unknown answer.
func (b *Book) Open(id string, q Question) Answer {
	t := q.Talk.Current(q.Now)
	code := b.answerIn(q, t, match.Result{})
	if kind, span, ok := b.recordsOf(id); ok {
		a := b.tellRecords(kind, span, 1, code)
		a.Talk.At, a.AsOf = q.Now, b.base.AsOf
		return a
	}
	if id = b.base.Resolve(id); !b.Knows(id) {
		a := b.unknown(match.Result{}, code, t)
		a.Talk.At, a.AsOf = q.Now, b.base.AsOf
		return a
	}
	a := b.tell(id, "", 1, code, t)
	a.Talk.At = q.Now
	return a
}

// Offers are up to n facts and summaries that a question may ask for, the
// likeliest first; for a text that asks for nothing, none.
func (b *Book) Offers(q Question, n int) (out []Choice) {
	r := b.matcher.Match(q.Text, match.Context{}, q.Now)
	code := b.answerIn(q, Talk{}, r)
	for _, c := range r.Candidates {
		if (c.Kind == match.Fact || c.Kind == match.Topic) && len(out) < n && c.Margin >= minNear {
			out = append(out, Choice{ID: c.ID, Label: b.Label(c.ID, code)})
		}
	}
	return out
}
