package engine

import (
	"math"
	"math/rand/v2"
	"slices"
)

// weights of the second reading: what each piece of evidence counts.
type weights struct {
	candidate [nCandidate]float64 // for a class, beside the others
	none      [nNone]float64      // for "it has no class"
}

// choice is one text with its candidates, ready to be weighed. right is the
// candidate that is meant, or -1 if none is.
type choice struct {
	candidates [][nCandidate]float64
	none       [nNone]float64
	right      int
}

// scores gives each candidate its score. The result uses the memory of dst if
// there is enough.
func (w *weights) scores(dst []float64, c *choice) []float64 {
	dst = dst[:0]
	for i := range c.candidates {
		dst = append(dst, dot(w.candidate[:], c.candidates[i][:]))
	}
	return dst
}

// outside is the log-odds that the text has none of the classes.
func (w *weights) outside(c *choice) float64 { return dot(w.none[:], c.none[:]) }

func dot(a, b []float64) float64 {
	var s float64
	for i, x := range a {
		s += float64(x * b[i])
	}
	return s
}

// probabilities turns scores into probabilities.
func probabilities(p []float64) {
	most := slices.Max(p)
	var sum float64
	for i := range p {
		p[i] = math.Exp(p[i] - most)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}

// fit learns the weights by gradient ascent on the likelihood of the choices,
// with a pull towards zero: which of the candidates is meant, and, apart from it,
// whether any is.
func fit(cs []choice) weights {
	l := learner{pull: 1 / float64(len(cs))}
	rng := rand.New(rand.NewPCG(1, 2))
	order := make([]int, len(cs))
	for i := range order {
		order[i] = i
	}
	for range 15 {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			if cs[i].right >= 0 {
				l.which(&cs[i])
			}
			l.whether(&cs[i])
		}
	}
	return l.weights
}

// learner is the state of fit: the weights, and the squared gradients so far
// (AdaGrad).
type learner struct {
	weights
	sum  weights
	p    []float64
	pull float64
}

const rate = 0.15

func (l *learner) which(c *choice) {
	l.p = l.scores(l.p, c)
	probabilities(l.p)
	var g [nCandidate]float64
	for k, p := range l.p {
		d := -p
		if k == c.right {
			d++
		}
		for f, x := range c.candidates[k] {
			g[f] += float64(d * x)
		}
	}
	l.step(l.candidate[:], l.sum.candidate[:], g[:])
}

func (l *learner) whether(c *choice) {
	d := -1 / (1 + math.Exp(-l.outside(c)))
	if c.right < 0 {
		d++
	}
	g := c.none
	for f := range g {
		g[f] *= d
	}
	l.step(l.none[:], l.sum.none[:], g[:])
}

func (l *learner) step(ws, sums, gs []float64) {
	for f, g := range gs {
		g -= float64(l.pull * ws[f])
		sums[f] += float64(g * g)
		ws[f] += float64(rate*g) / (math.Sqrt(sums[f]) + 1e-6)
	}
}
