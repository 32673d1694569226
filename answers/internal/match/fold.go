package match

import (
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"parley/answers/facts"
)

// fold reads the questions of one part with a model that has learnt from the
// others. Some classes are kept from it altogether, so that the second reading
// learns what a question looks like that nothing answers.
func (t *trainer) fold(f int) []choice {
	hidden := func(k int) bool {
		id := t.learnt.Classes[k]
		switch kindOf(t.base, id) {
		case Decline:
			return seed(id)%folds == uint64(f)
		case Talk:
			return false
		}
		return seed(id)%20 == uint64(f)
	}
	l := *t.learnt
	keep := func(r row) bool { return r.fold != f && !hidden(r.class) }
	t.study(&l, keep, foldEpochs)
	m := New(t.base, &l, t.words)
	asked := t.asked(f)
	cs := make([]choice, len(asked))
	inParallel(len(asked), func() func(int) {
		s := m.scratch.Get().(*scratch)
		return func(i int) {
			a := asked[i]
			_, c := m.read(s, a.text, a.ctx, noDay)
			if a.class >= 0 && !hidden(a.class) {
				c.right = slices.Index(s.top, a.class)
			}
			cs[i] = *c
			cs[i].candidates = slices.Clone(c.candidates)
		}
	})
	for i, a := range asked {
		for range a.again {
			cs = append(cs, cs[i])
		}
	}
	return cs
}

// asked is a question as it is put to the model of a fold; its class is -1 if
// nothing answers it.
type asked struct {
	text  string
	ctx   Context
	class int
	again int // how many times more it counts
}

// asked are the questions of one part: most as they are, some in a talk about
// something else, and the short talks.
func (t *trainer) asked(f int) (out []asked) {
	rng := rand.New(rand.NewPCG(uint64(f), 11))
	for _, r := range t.all {
		if r.fold != f || r.copy && rng.IntN(3) > 0 {
			continue
		}
		var ctx Context
		if rng.IntN(16) == 0 {
			ctx = t.context(t.learnt.Classes[rng.IntN(len(t.learnt.Classes))], r.lang)
		}
		out = append(out, asked{text: r.text, ctx: ctx, class: r.class})
	}
	for i, talk := range t.talks {
		k, ok := t.number[t.base.Resolve(talk.ID)]
		if talk.ID == facts.NoAnswer {
			k, ok = -1, true
		}
		if ok && i%folds == f {
			out = append(out, asked{talk.Turns[len(talk.Turns)-1], t.context(talk.Prev, talk.Lang), k, followUps - 1})
		}
	}
	return out
}

// inParallel calls a worker for each of 0..n-1, on every core its own.
func inParallel(n int, worker func() func(int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			do := worker()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

func (t *trainer) context(id, lang string) Context {
	id = t.base.Resolve(id)
	if t.base.Find(id) == nil {
		return Context{}
	}
	return Context{Fact: id, Lang: lang}
}

func seed(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
