package engine

import (
	"math"
	"math/rand/v2"
)

// net is a small neural network over the features of a text: one hidden layer
// and a softmax over the classes. It sees what words mean together, which the
// linear classes cannot.
type net struct {
	hidden, classes int
	feature         []int32   // of each bucket, or -1: what no training row has
	in              []float32 // hidden weights of each feature
	bias            []float32 // of the hidden units
	out             []float32 // hidden weights of each class
	outBias         []float32
}

// netOptions set how a net is trained.
type netOptions struct {
	hidden  int
	epochs  int
	rate    float64
	forget  float64 // share of a text's features left out each time
	drop    float64 // share of the hidden units left out each time
	smooth  float64 // share of the probability spread over all classes
	seed    uint64
	classes int
}

// vector is the features of a text and their values.
type vector struct {
	bucket []uint32
	value  []float32
}

// netTrainer is the memory of a training: gradient descent row by row, at a rate
// of its own for each feature and class (AdaGrad).
type netTrainer struct {
	*net
	o         netOptions
	rng       *rand.Rand
	sumIn     []float32 // squared gradients so far of each feature (AdaGrad, one rate a row)
	sumOut    []float32 // of each class
	h, dh     []float32
	keep      []bool
	p         []float32
	used      []int32
	usedValue []float32
	sumBias   float32
}

// learn trains a net. The same rows and options give the same net.
func learn(rows []vector, class []int, buckets int, o netOptions) *net {
	n := &net{hidden: o.hidden, classes: o.classes, feature: make([]int32, buckets)}
	count := make([]int32, buckets)
	for _, r := range rows {
		for _, b := range r.bucket {
			count[b]++
		}
	}
	features := 0
	for b := range n.feature {
		n.feature[b] = -1
		if count[b] > 1 {
			n.feature[b] = int32(features)
			features++
		}
	}
	t := &netTrainer{net: n, o: o, rng: rand.New(rand.NewPCG(o.seed, 17))}
	n.in = t.random(features*o.hidden, 1)
	n.out = t.random(o.classes*o.hidden, 1/math.Sqrt(float64(o.hidden)))
	n.bias, n.outBias = make([]float32, o.hidden), make([]float32, o.classes)
	t.sumIn, t.sumOut = make([]float32, features), make([]float32, o.classes)
	t.h, t.dh, t.keep, t.p = make([]float32, o.hidden), make([]float32, o.hidden), make([]bool, o.hidden), make([]float32, o.classes)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	steps := o.epochs * len(rows)
	done := 0
	for range o.epochs {
		t.rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			t.step(rows[i], class[i], float32(o.rate*(1-float64(done)/float64(steps))))
			done++
		}
	}
	return n
}

func (t *netTrainer) random(n int, scale float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32((t.rng.Float64()*2 - 1) * scale)
	}
	return out
}

// step learns from one row.
func (t *netTrainer) step(v vector, class int, rate float32) {
	h, dh, H := t.h, t.dh, t.hidden
	t.used, t.usedValue = t.used[:0], t.usedValue[:0]
	up := float32(1 / (1 - t.o.forget))
	copy(h, t.bias)
	for i, b := range v.bucket {
		f := t.feature[b]
		if f < 0 || t.rng.Float64() < t.o.forget {
			continue
		}
		x := v.value[i] * up
		t.used, t.usedValue = append(t.used, f), append(t.usedValue, x)
		axpy(h, t.in[int(f)*H:int(f)*H+H], x)
	}
	keepUp := float32(1 / (1 - t.o.drop))
	for j, x := range h {
		t.keep[j] = x > 0 && t.rng.Float64() >= t.o.drop
		if t.keep[j] {
			h[j] = x * keepUp
		} else {
			h[j] = 0
		}
	}
	t.probabilities(t.p, h)
	clear(dh)
	even := float32(t.o.smooth / float64(t.classes))
	for k, p := range t.p {
		want := even
		if k == class {
			want += float32(1 - t.o.smooth)
		}
		g := p - want
		if g < 1e-4 && g > -1e-4 {
			continue
		}
		w := t.out[k*H : k*H+H]
		axpy(dh, w, g)
		t.sumOut[k] += g * g
		s := -rate * g / (sqrt(t.sumOut[k]) + 1e-6)
		axpy(w, h, s)
		t.outBias[k] += s
	}
	var sum float32
	for j := range dh {
		if !t.keep[j] {
			dh[j] = 0
			continue
		}
		dh[j] *= keepUp
		sum += dh[j] * dh[j]
	}
	sum /= float32(H)
	t.sumBias += sum
	axpy(t.bias, dh, -rate/(sqrt(t.sumBias)+1e-6))
	for i, f := range t.used {
		x := t.usedValue[i]
		t.sumIn[f] += sum * x * x
		axpy(t.in[int(f)*H:int(f)*H+H], dh, -rate*x/(sqrt(t.sumIn[f])+1e-6))
	}
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// axpy adds x times w to y.
func axpy(y, w []float32, x float32) {
	w = w[:len(y)]
	i := 0
	for ; i+4 <= len(y); i += 4 {
		a, b := y[i:i+4:i+4], w[i:i+4:i+4]
		a[0] += float32(x * b[0])
		a[1] += float32(x * b[1])
		a[2] += float32(x * b[2])
		a[3] += float32(x * b[3])
	}
	for ; i < len(y); i++ {
		y[i] += float32(x * w[i])
	}
}

func dot32(y, w []float32) float32 {
	w = w[:len(y)]
	var a, b, c, d float32
	i := 0
	for ; i+4 <= len(y); i += 4 {
		p, q := y[i:i+4:i+4], w[i:i+4:i+4]
		a += float32(p[0] * q[0])
		b += float32(p[1] * q[1])
		c += float32(p[2] * q[2])
		d += float32(p[3] * q[3])
	}
	for ; i < len(y); i++ {
		a += float32(y[i] * w[i])
	}
	return a + b + c + d
}

// probabilities fills p for hidden units h.
func (n *net) probabilities(p, h []float32) {
	n.logits(p, h)
	softmax(p)
}

func (n *net) logits(p, h []float32) {
	H := n.hidden
	for k := range p {
		p[k] = n.outBias[k] + dot32(h, n.out[k*H:k*H+H])
	}
}

func softmax(p []float32) {
	most := p[0]
	for _, x := range p {
		most = max(most, x)
	}
	var sum float32
	for k, x := range p {
		p[k] = float32(math.Exp(float64(x - most)))
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}

// read fills h, the hidden units, and p, the logits of the classes.
func (n *net) read(p, h []float32, v vector) {
	copy(h, n.bias)
	H := n.hidden
	for i, b := range v.bucket {
		if f := n.feature[b]; f >= 0 {
			axpy(h, n.in[int(f)*H:int(f)*H+H], v.value[i])
		}
	}
	for j, x := range h {
		h[j] = max(0, x)
	}
	n.logits(p, h)
}
