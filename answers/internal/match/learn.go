package match

import (
	"math/rand/v2"
	"slices"
	"sync"

	"parley/answers/facts"
	"parley/answers/internal/model"
	"parley/answers/internal/near"
	"parley/answers/internal/noise"
	"parley/answers/internal/sense"
	"parley/answers/internal/slots"
	"parley/answers/internal/spell"
	"parley/answers/lang"
)

// followUps is how often each training talk counts: they are few.
const followUps = 6

// folds is in how many parts the questions are cut to learn the second reading:
// each part is read by a model that has not seen it.
const folds = 3

// Intents are the classes that stand for no fact.
func Intents(b *facts.Base, qs []facts.Question) (ids []string) {
	for _, q := range qs {
		if kindOf(b, q.ID) != Fact && !slices.Contains(ids, q.ID) {
			ids = append(ids, q.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Learn makes of the training questions what the matcher needs. The result
// depends on its arguments alone. say is told what is being done.
func Learn(b *facts.Base, qs []facts.Question, ts []facts.TrainingTalk, words []lang.Words, say func(string)) *Learnt {
	t := newTrainer(b, qs, ts, words)
	t.learnt.Spell = t.speller()
	say("language")
	t.learnt.Language = t.languages()
	var cs []choice
	for f := range folds {
		say("fold")
		cs = append(cs, t.fold(f)...)
	}
	say("second reading")
	var fits sync.WaitGroup
	fits.Go(func() { t.learnt.Weights, t.learnt.Short = second(cs) })
	say("model")
	t.study(t.learnt, func(row) bool { return true }, allEpochs)
	fits.Wait()
	return t.learnt
}

// second learns the second reading, apart for questions that say little
// themselves.
func second(cs []choice) (weights, short *Weights) {
	says := slices.DeleteFunc(slices.Clone(cs), func(c choice) bool { return c.short })
	return fit(says), fit(slices.DeleteFunc(cs, func(c choice) bool { return !c.short }))
}

// Passes over the questions when the model is learnt: those of the folds, which
// only serve to learn the second reading, need fewer.
const (
	allEpochs  = 20
	foldEpochs = 8
)

// study learns the candidates' three readings from the questions that keep
// allows.
func (t *trainer) study(l *Learnt, keep func(row) bool, epochs int) {
	var wg sync.WaitGroup
	wg.Go(func() {
		l.Near = t.near(keep)
		l.Sense = sense.Learn(l.Near.Table(len(l.Classes)), l.Near.Stems())
	})
	o := t.options()
	o.Epochs = epochs
	l.Model = model.Train(t.rows(keep), len(l.Classes), o)
	wg.Wait()
}

type trainer struct {
	base   *facts.Base
	words  []lang.Words
	talks  []facts.TrainingTalk
	learnt *Learnt
	number map[string]int
	all    []row
	slots  *slots.Reader
}

// groupPrefix marks a class that stands for several: all that answer the same
// kind of question about different things, as how long each round was.
const groupPrefix = "~"

// aspectOf is the kind of question a class answers, or "".
func aspectOf(b *facts.Base, id string) string {
	if b.Topic(id) != nil {
		if a, rounds := topicAspect(id); rounds != 0 {
			return a
		}
		return ""
	}
	if f := b.Find(id); f != nil {
		return f.Aspect
	}
	return ""
}

// groups are the aspects that at least two classes have.
func groups(b *facts.Base, ids []string) (out []string) {
	count := make(map[string]int)
	for _, id := range ids {
		if a := aspectOf(b, id); a != "" {
			count[a]++
		}
	}
	for a, n := range count {
		if n > 1 {
			out = append(out, groupPrefix+a)
		}
	}
	slices.Sort(out)
	return out
}

// group is the class of those like class k, or -1.
func (t *trainer) group(k int) int {
	if g, ok := t.number[groupPrefix+aspectOf(t.base, t.learnt.Classes[k])]; ok {
		return g
	}
	return -1
}

// row is one question or noisy copy of it.
type row struct {
	text  string
	lang  string
	class int
	fold  int  // -1: a text of the base itself, in every fold
	copy  bool // a noisy copy
}

func newTrainer(b *facts.Base, qs []facts.Question, ts []facts.TrainingTalk, words []lang.Words) *trainer {
	t := &trainer{base: b, words: words, talks: ts, learnt: &Learnt{}, slots: slots.NewReader(words), number: make(map[string]int)}
	ids := Intents(b, qs)
	for f := range b.All {
		if f.Tells == "" {
			ids = append(ids, f.ID)
		}
	}
	for _, tp := range b.Topics {
		ids = append(ids, tp.ID)
	}
	slices.Sort(ids)
	t.learnt.Classes = slices.Concat(ids, groups(b, ids))
	for i, id := range t.learnt.Classes {
		t.number[id] = i
	}
	for _, q := range qs {
		if k, ok := t.number[b.Resolve(q.ID)]; ok {
			t.add(q, k)
		}
	}
	t.texts()
	return t
}

// add takes a question and its noisy copies.
func (t *trainer) add(q facts.Question, class int) {
	r := row{text: q.Text, lang: q.Lang, class: class, fold: q.Nth * folds / max(1, q.Of)}
	t.all = append(t.all, r)
	rng := rand.New(rand.NewPCG(seed(q.Text), 3))
	r.copy = true
	put := func(s string) {
		if s != q.Text {
			r.text = s
			t.all = append(t.all, r)
		}
	}
	put(noise.Typos(rng, q.Text))
	switch q.Lang {
	case "uk":
		put(noise.Latin(rng, q.Text, q.Lang))
		if rng.IntN(3) == 0 {
			put(noise.RussianLetters(q.Text))
		}
	case "ru":
		put(noise.Latin(rng, q.Text, q.Lang))
	case "tr":
		if rng.IntN(2) == 0 {
			put(noise.ASCII(q.Text))
		}
	}
}

// texts adds what the base itself says: the texts of a fact ask for it too.
func (t *trainer) texts() {
	for k, id := range t.learnt.Classes {
		if f := t.base.Find(id); f != nil {
			for i, l := range facts.Languages {
				t.all = append(t.all, row{text: f.Short[i], lang: l, class: k, fold: -1}, row{text: f.Text[i], lang: l, class: k, fold: -1})
			}
		} else if tp := t.base.Topic(id); tp != nil {
			for i, l := range facts.Languages {
				t.all = append(t.all, row{text: tp.Title[i], lang: l, class: k, fold: -1})
			}
		}
	}
}

func (t *trainer) speller() *spell.Speller {
	count := make(map[string]int)
	for _, r := range t.all {
		if r.copy {
			continue
		}
		_, skels := wordsOf(r.text)
		for _, k := range skels {
			count[k]++
		}
	}
	return spell.New(count)
}

// near indexes the questions that keep allows, without their noisy copies.
func (t *trainer) near(keep func(row) bool) *near.Index {
	var qs []near.Question
	for _, r := range t.all {
		if r.copy || r.fold < 0 || !keep(r) {
			continue
		}
		_, all := wordsOf(r.text)
		skels := slices.DeleteFunc(slices.Clone(all), t.slots.Stop)
		qs = append(qs, near.Question{Skeletons: skels, All: all, Class: r.class})
	}
	return near.New(qs)
}

// options are tuned on questions held apart: a low cost of missed margins and a
// high one for a class's own rows keep classes of few questions from drowning.
func (t *trainer) options() model.Options {
	return model.Options{C: 0.1, Own: 30, Keep: 1000, Near: 30}
}

func (t *trainer) rows(keep func(row) bool) (out []model.Row) {
	for _, r := range t.all {
		if keep(r) {
			out = append(out, model.Row{Text: r.text, Class: r.class, Group: t.group(r.class)})
		}
	}
	return out
}
