// Package engine is Parley's way of matching for any set of classes: a linear
// model, the most alike training questions, the nearness of meaning and small
// nets, weighed in a second reading that also knows "none of these". It takes
// rows of text and class, and knows no facts, rounds or names.
package engine

import (
	"runtime"
	"slices"
	"sync"

	"parley/answers/internal/model"
	"parley/answers/internal/near"
	"parley/answers/internal/sense"
)

// Row is one text to learn from.
type Row struct {
	Text  string
	Class int
}

// Outside is the class of a text that belongs to none.
const Outside = -1

// Options set how an engine is trained.
type Options struct {
	Bits   int     // of the linear model
	C      float64 // of the linear model
	Nets   int     // how many small nets; 0: none, as in the program
	Hidden int     // units of each
	Epochs int
	Apart  []Row // held apart from training: they tell what a text of no class looks like
}

// folds is in how many parts the rows are cut to learn the second reading.
const folds = 3

// apart is how often a row that is held apart counts: it is read by the engine that
// answers, and not by one that lacks a third of the rows and a tenth of the classes.
const apart = 10

// hide is one of how many classes is kept from a fold, so that the second
// reading learns what a text looks like that nothing answers.
const hide = 10

// Engine reads texts. It is immutable and safe for concurrent use.
type Engine struct {
	classes int
	linear  *model.Model
	near    *near.Index
	sense   *sense.Space
	nets    []*net
	weights weights
}

// Train learns from rows of the classes 0..classes-1 and Outside. The result
// depends on its arguments alone.
func Train(rows []Row, classes int, o Options) *Engine {
	var cs []choice
	for f := range folds {
		cs = append(cs, fold(rows, classes, f, o)...)
	}
	e := study(rows, classes, o)
	held := e.choices(o.Apart, func(int) bool { return false })
	for range apart {
		cs = append(cs, held...)
	}
	e.weights = fit(cs)
	return e
}

// fold reads the rows of one part by an engine that has learnt from the others.
func fold(rows []Row, classes, f int, o Options) (cs []choice) {
	hidden := func(k int) bool { return k >= 0 && (k*7+3)%hide == f }
	nth := make([]int, classes+1)
	var in, held []Row
	for _, r := range rows {
		nth[r.Class+1]++
		switch {
		case nth[r.Class+1]%folds == f:
			held = append(held, r)
		case !hidden(r.Class):
			in = append(in, r)
		}
	}
	return study(in, classes, o).choices(held, hidden)
}

// choices reads rows whose classes are known. A class that is hidden is none.
func (e *Engine) choices(rows []Row, hidden func(class int) bool) (cs []choice) {
	var s Scratch
	for _, r := range rows {
		c := e.gather(&s, r.Text)
		c.right = -1
		if r.Class >= 0 && !hidden(r.Class) {
			c.right = slices.Index(s.top, r.Class)
			if c.right < 0 {
				continue // missed by the first reading: nothing to learn for the second
			}
		}
		kept := *c
		kept.candidates = slices.Clone(c.candidates)
		cs = append(cs, kept)
	}
	return cs
}

// study learns the first readings.
func study(rows []Row, classes int, o Options) *Engine {
	e := &Engine{classes: classes}
	var in []model.Row
	var qs []near.Question
	var t model.Text
	for _, r := range rows {
		if r.Class < 0 {
			continue
		}
		in = append(in, model.Row{Text: r.Text, Class: r.Class, Group: -1})
		t.Read(r.Text, 16)
		qs = append(qs, near.Question{Skeletons: slices.Clone(t.Skeletons()), Class: r.Class})
	}
	e.linear = model.Train(in, classes, model.Options{Bits: o.Bits, C: o.C, Keep: 50000})
	e.near = near.New(qs)
	e.sense = sense.Learn(e.near.Table(classes), e.near.Stems())
	vs, class := make([]vector, len(in)), make([]int, len(in))
	for i, r := range in {
		e.linear.Read(&t, r.Text)
		vs[i], class[i] = vector{slices.Clone(t.Buckets), slices.Clone(t.Values)}, r.Class
	}
	e.nets = make([]*net, o.Nets)
	// Every other net spreads its probability: those know better what is outside,
	// the others what is inside.
	inParallel(o.Nets, func(n int) {
		e.nets[n] = learn(vs, class, 1<<o.Bits, netOptions{hidden: o.Hidden, classes: classes, epochs: o.Epochs, rate: 0.1, forget: 0.2, drop: 0.3, smooth: 0.1 * float64(n%2), seed: uint64(n)})
	})
	return e
}

// inParallel calls do for each of 0..n-1, as many at a time as there are cores.
func inParallel(n int, do func(int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			do(i)
			<-slots
		})
	}
	wg.Wait()
}

// Scratch is the memory of one reading, kept for the next.
type Scratch struct {
	text    model.Text
	scores  []float32
	near    near.Scratch
	words   []near.Word
	sense   []float32
	deep    []float32 // mean log-probability by the nets
	p, h    []float32
	top     []int
	choice  choice
	weighed []float64
}

// Reading is what a text asks for.
type Reading struct {
	Class  int     // the likeliest, as if every text had one
	Inside float64 // log-odds that it has one of the classes
}

// Read reads a text.
func (e *Engine) Read(s *Scratch, text string) Reading {
	c := e.gather(s, text)
	s.weighed = e.weights.scores(s.weighed, c)
	best := slices.Index(s.weighed, slices.Max(s.weighed))
	return Reading{Class: s.top[best], Inside: -e.weights.outside(c)}
}

// How many candidates each first reading names.
const (
	most = 10
	some = 5
)

// gather reads the evidence for the best classes.
func (e *Engine) gather(s *Scratch, text string) *choice {
	e.linear.Read(&s.text, text)
	s.scores = e.linear.Score(s.scores, &s.text)
	s.words = s.words[:0]
	var m sense.Meaning
	var mass, unknown float64
	for _, k := range s.text.Skeletons() {
		w := e.near.Look(k)
		s.words = append(s.words, w)
		mass += float64(w.Weight)
		if w.Seen {
			e.sense.Add(&m, w.Stem, w.Weight)
		} else {
			unknown += float64(w.Weight)
		}
	}
	m.Unit()
	e.near.Search(&s.near, s.words, e.classes)
	e.deepen(s)
	s.top = s.top[:0]
	s.best(s.scores, most)
	s.best(s.near.All(), some)
	s.best(s.near.Centre(), some)
	s.best(s.near.Held(), some)
	if len(e.nets) > 0 {
		s.best(s.deep, some)
	}
	s.sense = slices.Grow(s.sense[:0], e.classes)[:e.classes]
	for _, k := range s.top {
		s.sense[k] = e.sense.Near(k, &m)
	}
	c := &s.choice
	c.candidates = c.candidates[:0]
	for _, k := range s.top {
		c.candidates = append(c.candidates, e.candidate(s, k, mass))
	}
	c.none = e.none(s, mass, unknown)
	return c
}

// deepen asks the nets.
func (e *Engine) deepen(s *Scratch) {
	if len(s.deep) != e.classes {
		s.deep = make([]float32, e.classes)
	}
	clear(s.deep)
	v := vector{s.text.Buckets, s.text.Values}
	for _, n := range e.nets {
		if len(s.h) != n.hidden || len(s.p) != n.classes {
			s.h, s.p = make([]float32, n.hidden), make([]float32, n.classes)
		}
		n.read(s.p, s.h, v)
		softmax(s.p)
		for k, p := range s.p {
			s.deep[k] += p / float32(len(e.nets))
		}
	}
}

// best adds the n classes of the highest scores.
func (s *Scratch) best(scores []float32, n int) {
	var top [most]int
	have := 0
	for k, v := range scores {
		if have == n && v <= scores[top[n-1]] {
			continue
		}
		i := min(have, n-1)
		have = min(have+1, n)
		for ; i > 0 && scores[top[i-1]] < v; i-- {
			top[i] = top[i-1]
		}
		top[i] = k
	}
	for _, k := range top[:have] {
		if !slices.Contains(s.top, k) {
			s.top = append(s.top, k)
		}
	}
}
