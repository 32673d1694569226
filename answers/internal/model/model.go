package model

import (
	"math"
	"slices"
)

// Model scores texts. It is immutable and safe for concurrent use.
type Model struct {
	bits    int
	classes int
	buckets []bucket // and one for the end
	posts   []posting
	scale   []float32 // of each class: what one step of its weights is worth
	bias    []float32
}

// posting is the weight of a bucket's features for a class, side by side in
// memory: the class and eight bits of weight.
type posting uint32

func newPosting(class int, weight int8) posting { return posting(class)<<8 | posting(uint8(weight)) }

func (p posting) class() int      { return int(p >> 8) }
func (p posting) weight() float32 { return float32(int8(p)) }

// of are the postings of a bucket, in the order of their classes.
func (m *Model) of(bucket uint32) []posting {
	return m.posts[m.buckets[bucket].from:m.buckets[bucket+1].from]
}

// Classes returns the number of classes.
func (m *Model) Classes() int { return m.classes }

// pack turns the weights of the classes into postings of the buckets, eight
// bits a weight.
func pack(cs []classWeights, buckets []bucket, bits int) *Model {
	m := &Model{bits: bits, classes: len(cs), buckets: buckets}
	next := make([]uint32, len(buckets))
	for _, c := range cs {
		var most float32
		for _, w := range c.weight {
			most = max(most, float32(math.Abs(float64(w))))
		}
		if most == 0 {
			most = 1 // a class without rows
		}
		m.scale = append(m.scale, most/127)
		m.bias = append(m.bias, c.bias)
		for _, b := range c.bucket {
			next[b+1]++
		}
	}
	for b := range 1 << bits {
		next[b+1] += next[b]
		buckets[b+1].from = next[b+1]
	}
	m.posts = make([]posting, next[1<<bits])
	for k, c := range cs {
		for i, b := range c.bucket {
			m.posts[next[b]] = newPosting(k, int8(math.Round(float64(c.weight[i]/m.scale[k]))))
			next[b]++
		}
	}
	return m
}

// Read prepares t for s: Words, Buckets, Values.
func (m *Model) Read(t *Text, s string) {
	t.Read(s, m.bits)
	t.weigh(m.buckets)
}

// Score appends the margin of every class for the text read into t to dst,
// which may be reused: above zero a class claims the text, below minus one it
// is sure that the text is none of its own.
func (m *Model) Score(dst []float32, t *Text) []float32 {
	dst = dst[:0]
	for range m.classes {
		dst = append(dst, 0)
	}
	for i, b := range t.Buckets {
		v := t.Values[i]
		for _, p := range m.of(b) {
			dst[p.class()] += float32(v * p.weight()) // rounded here, so that all machines agree
		}
	}
	for k := range dst {
		dst[k] = float32(dst[k]*m.scale[k]) + m.bias[k]
	}
	return dst
}

// Joined appends the margins of two texts read as one to dst, which may be
// reused: x and y are the margins of each by itself, the lengths those of the texts.
func (m *Model) Joined(dst, x, y []float32, xLength, yLength float32) []float32 {
	dst = dst[:0]
	length := float32(math.Sqrt(float64(float32(xLength*xLength) + float32(yLength*yLength))))
	if length == 0 {
		return append(dst, y...)
	}
	a, b := xLength/length, yLength/length
	for k, bias := range m.bias {
		dst = append(dst, float32(a*(x[k]-bias))+float32(b*(y[k]-bias))+bias)
	}
	return dst
}

// ReadLetters prepares t as Read does, for a model trained with Options.Letters.
// words are the folded words of s.
func (m *Model) ReadLetters(t *Text, s string, words []string) {
	t.readLetters(s, words, m.bits)
	t.weigh(m.buckets)
}

// Bucket is where the model keeps a skeleton word.
func (m *Model) Bucket(skel string) uint32 {
	return hashString(seedSkel, skel) & uint32(1<<m.bits-1)
}

// Speaks tells whether the word of a bucket speaks for a class.
func (m *Model) Speaks(bucket uint32, class int) bool {
	posts := m.of(bucket)
	i, ok := slices.BinarySearchFunc(posts, class, func(p posting, class int) int { return p.class() - class })
	return ok && posts[i].weight() > 0
}
