package match

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Weights of the second reading: what each piece of evidence counts.
type Weights struct {
	Candidate [nCandidate]float64 // for a candidate
	None      [nNone]float64      // for "none of them"
}

// choice is one question with its candidates, ready to be weighed. right is
// the candidate that is meant, or -1 if none is.
type choice struct {
	candidates [][nCandidate]float64
	none       [nNone]float64
	right      int
	short      bool // says little itself, in a talk
}

// probabilities gives each candidate, and last "none", its probability. The
// result uses the memory of p if there is enough.
func (w *Weights) probabilities(p []float64, c *choice) []float64 {
	p = slices.Grow(p[:0], len(c.candidates)+1)[:len(c.candidates)+1]
	most := math.Inf(-1)
	for i := range c.candidates {
		p[i] = dot(w.Candidate[:], c.candidates[i][:])
		most = max(most, p[i])
	}
	last := len(p) - 1
	p[last] = dot(w.None[:], c.none[:])
	most = max(most, p[last])
	var sum float64
	for i := range p {
		p[i] = math.Exp(p[i] - most)
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

// fit learns the weights by gradient ascent on the likelihood of the choices,
// with a pull towards zero. The weights are rounded, so that machines whose
// exponentials differ in the last bit agree.
func fit(cs []choice) Weights {
	var w Weights
	var sumC [nCandidate]float64 // squared gradients so far (AdaGrad)
	var sumN [nNone]float64
	rng := rand.New(rand.NewPCG(1, 2))
	order := make([]int, len(cs))
	for i := range order {
		order[i] = i
	}
	const rate, pull = 0.15, 1e-5
	var p []float64
	for range 12 {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			c := &cs[i]
			p = w.probabilities(p, c)
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
				step(&w.Candidate[f], &sumC[f], g-float64(pull*w.Candidate[f]), rate)
			}
			for f, x := range c.none {
				step(&w.None[f], &sumN[f], float64(d*x)-float64(pull*w.None[f]), rate)
			}
		}
	}
	for f := range w.Candidate {
		w.Candidate[f] = round(w.Candidate[f])
	}
	for f := range w.None {
		w.None[f] = round(w.None[f])
	}
	return w
}

func step(w, sum *float64, g, rate float64) {
	*sum += float64(g * g)
	*w += float64(rate*g) / (math.Sqrt(*sum) + 1e-6)
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }
