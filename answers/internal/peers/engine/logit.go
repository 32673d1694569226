package engine

import (
	"math"
	"math/rand/v2"
	"slices"
)

// weights of the second reading: what each piece of evidence counts.
type weights struct {
	candidate [nCandidate]float64
	none      [nNone]float64
}

// choice is one text with its candidates, ready to be weighed. right is the
// candidate that is meant, or -1 if none is.
type choice struct {
	candidates [][nCandidate]float64
	none       [nNone]float64
	right      int
}

// scores gives each candidate, and last "none", its score. The result uses the
// memory of dst if there is enough.
func (w *weights) scores(dst []float64, c *choice) []float64 {
	dst = slices.Grow(dst[:0], len(c.candidates)+1)
	for i := range c.candidates {
		dst = append(dst, dot(w.candidate[:], c.candidates[i][:]))
	}
	return append(dst, dot(w.none[:], c.none[:]))
}

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
// with a pull towards zero.
func fit(cs []choice) weights {
	var w weights
	var sumC [nCandidate]float64 // squared gradients so far (AdaGrad)
	var sumN [nNone]float64
	rng := rand.New(rand.NewPCG(1, 2))
	order := make([]int, len(cs))
	for i := range order {
		order[i] = i
	}
	const rate, pull = 0.15, 1e-5
	var p []float64
	for range 15 {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			c := &cs[i]
			p = w.scores(p, c)
			probabilities(p)
			var gc [nCandidate]float64
			for k := range c.candidates {
				d := -p[k]
				if k == c.right {
					d++
				}
				for f, x := range c.candidates[k] {
					gc[f] += float64(d * x)
				}
			}
			d := -p[len(p)-1]
			if c.right < 0 {
				d++
			}
			for f, g := range gc {
				step(&w.candidate[f], &sumC[f], g-float64(pull*w.candidate[f]), rate)
			}
			for f, x := range c.none {
				step(&w.none[f], &sumN[f], float64(d*x)-float64(pull*w.none[f]), rate)
			}
		}
	}
	return w
}

func step(w, sum *float64, g, rate float64) {
	*sum += float64(g * g)
	*w += float64(rate*g) / (math.Sqrt(*sum) + 1e-6)
}
