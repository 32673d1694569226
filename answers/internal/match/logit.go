package match

import (
	"math"
	"math/rand/v2"
	"slices"
)

// hidden is how many units look at the evidence of a candidate together, as a
// round named beside a word that only other rounds know.
const hidden = 8

// Weights of the second reading: what each piece of evidence counts, by itself
// and together with others.
type Weights struct {
	Candidate [nCandidate]float64 // for a candidate
	None      [nNone]float64      // for "none of them"
	In        [nCandidate][hidden]float64
	Bias, Out [hidden]float64
}

// choice is one question with its candidates, ready to be weighed. right is
// the candidate that is meant, or -1 if none is.
type choice struct {
	candidates [][nCandidate]float64
	none       [nNone]float64
	right      int
	short      bool // says little itself, in a talk
}

// score weighs the evidence of a candidate. act is what the hidden units make
// of it.
func (w *Weights) score(x *[nCandidate]float64, act *[hidden]float64) float64 {
	var sum float64
	*act = w.Bias
	for f, v := range x {
		if v == 0 {
			continue
		}
		sum += float64(w.Candidate[f] * v)
		for h, in := range w.In[f] {
			act[h] += float64(in * v)
		}
	}
	for h, a := range act {
		if a > 0 {
			sum += float64(w.Out[h] * a)
		}
	}
	return sum
}

// probabilities gives each candidate, and last "none", its probability. The
// result uses the memory of p if there is enough. acts, if not nil, takes what
// the hidden units make of each candidate.
func (w *Weights) probabilities(p []float64, acts [][hidden]float64, c *choice) []float64 {
	p = slices.Grow(p[:0], len(c.candidates)+1)[:len(c.candidates)+1]
	most := math.Inf(-1)
	var act [hidden]float64
	for i := range c.candidates {
		p[i] = w.score(&c.candidates[i], &act)
		most = max(most, p[i])
		if acts != nil {
			acts[i] = act
		}
	}
	last := len(p) - 1
	p[last] = dot(w.None[:], c.none[:])
	most = max(most, p[last])
	var sum float64
	for i := range p {
		p[i] = exp(p[i] - most)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func dot(a, b []float64) float64 {
	var s float64
	for i, x := range a {
		s += float64(x * b[i])
	}
	return s
}

// exp is e to the power of x, x being at most zero: the same bits on every
// machine, which math.Exp does not promise.
func exp(x float64) float64 {
	if x < -700 {
		return 0
	}
	n := math.Round(x * math.Log2E)
	r := x - float64(n*math.Ln2) // at most 0.35 from zero
	sum, term := 1.0, 1.0
	for i := 1.0; i < 14; i++ {
		term = float64(term*r) / i
		sum += term
	}
	return math.Ldexp(sum, int(n))
}

// fit learns the weights by gradient ascent on the likelihood of the choices,
// with a pull towards zero: first what each piece of evidence counts by itself,
// then what the hidden units add.
func fit(cs []choice) *Weights {
	l := &learner{rng: rand.New(rand.NewPCG(1, 2)), order: make([]int, len(cs))}
	for i := range l.order {
		l.order[i] = i
	}
	l.pass(cs, 12, false, func(int) float64 { return 0.15 })
	for h := range hidden {
		for f := range l.w.In {
			l.w.In[f][h] = (l.rng.Float64() - 0.5) / 2
		}
		l.w.Out[h] = (l.rng.Float64() - 0.5) / 2
	}
	l.sum = Weights{}
	l.pass(cs, 8, true, func(epoch int) float64 { return 0.1 / (1 + float64(epoch)/2) })
	l.w.each(func(w *float64) { *w = math.Round(*w*1000) / 1000 })
	return &l.w
}

// learner is the state of fit.
type learner struct {
	w     Weights
	sum   Weights // squared gradients so far (AdaGrad)
	rng   *rand.Rand
	order []int
	p     []float64
	acts  [][hidden]float64
}

// pull is how strongly weights are drawn towards zero.
const pull = 1e-5

// pass goes through the choices some times, each time in another order.
func (l *learner) pass(cs []choice, epochs int, together bool, rate func(epoch int) float64) {
	for e := range epochs {
		l.rng.Shuffle(len(l.order), func(i, j int) { l.order[i], l.order[j] = l.order[j], l.order[i] })
		for _, i := range l.order {
			l.learn(&cs[i], together, rate(e))
		}
	}
}

// learn moves the weights towards what one choice teaches.
func (l *learner) learn(c *choice, together bool, rate float64) {
	for len(l.acts) < len(c.candidates) {
		l.acts = append(l.acts, [hidden]float64{})
	}
	l.p = l.w.probabilities(l.p, l.acts, c)
	var g Weights
	for k := range c.candidates {
		d := -l.p[k]
		if k == c.right {
			d++
		}
		if d > -1e-4 && d < 1e-4 {
			continue
		}
		l.gradient(&g, &c.candidates[k], &l.acts[k], d, together)
	}
	d := -l.p[len(l.p)-1]
	if c.right < 0 {
		d++
	}
	for f, x := range c.none {
		g.None[f] = float64(d * x)
	}
	for f := range g.Candidate {
		step(&l.w.Candidate[f], &l.sum.Candidate[f], g.Candidate[f], rate)
	}
	for f := range g.None {
		step(&l.w.None[f], &l.sum.None[f], g.None[f], rate)
	}
	if !together {
		return
	}
	for f := range g.In {
		for h := range hidden {
			if g.In[f][h] != 0 {
				step(&l.w.In[f][h], &l.sum.In[f][h], g.In[f][h], rate)
			}
		}
	}
	for h := range hidden {
		step(&l.w.Bias[h], &l.sum.Bias[h], g.Bias[h], rate)
		step(&l.w.Out[h], &l.sum.Out[h], g.Out[h], rate)
	}
}

// gradient adds to g what a candidate teaches whose probability is wrong by d.
func (l *learner) gradient(g *Weights, x *[nCandidate]float64, act *[hidden]float64, d float64, together bool) {
	var back [hidden]float64
	if together {
		for h, a := range act {
			if a > 0 {
				g.Out[h] += float64(d * a)
				back[h] = float64(d * l.w.Out[h])
				g.Bias[h] += back[h]
			}
		}
	}
	for f, v := range x {
		if v == 0 {
			continue
		}
		g.Candidate[f] += float64(d * v)
		if together {
			for h, b := range back {
				g.In[f][h] += float64(b * v)
			}
		}
	}
}

func step(w, sum *float64, g, rate float64) {
	g -= float64(pull * *w)
	*sum += float64(g * g)
	*w += float64(rate*g) / (math.Sqrt(*sum) + 1e-6)
}

// each calls do with every weight.
func (w *Weights) each(do func(*float64)) {
	for f := range w.Candidate {
		do(&w.Candidate[f])
		for h := range hidden {
			do(&w.In[f][h])
		}
	}
	for f := range w.None {
		do(&w.None[f])
	}
	for h := range hidden {
		do(&w.Bias[h])
		do(&w.Out[h])
	}
}
