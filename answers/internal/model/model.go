package model

import (
	"math"
	"slices"
)

// Model scores texts. It is immutable and safe for concurrent use.
type Model struct {
	bits    int
	classes int
	idf     []float32 // of each bucket
	start   []uint32  // postings of bucket b: start[b]..start[b+1]
	class   []uint16
	weight  []int8
	scale   []float32 // of each class: what one step of its weights is worth
	bias    []float32
}

// Classes returns the number of classes.
func (m *Model) Classes() int { return m.classes }

// pack turns the weights of the classes into postings of the buckets, eight
// bits a weight.
func pack(cs []classWeights, idf []float32, bits int) *Model {
	m := &Model{bits: bits, classes: len(cs), idf: idf, start: make([]uint32, 1<<bits+1)}
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
			m.start[b+1]++
		}
	}
	for b := range 1 << bits {
		m.start[b+1] += m.start[b]
	}
	n := m.start[1<<bits]
	m.class, m.weight = make([]uint16, n), make([]int8, n)
	next := append([]uint32(nil), m.start...)
	for k, c := range cs {
		for i, b := range c.bucket {
			p := next[b]
			next[b]++
			m.class[p] = uint16(k)
			m.weight[p] = int8(math.Round(float64(c.weight[i] / m.scale[k])))
		}
	}
	return m
}

// Read prepares t for s: Words, Buckets, Values.
func (m *Model) Read(t *Text, s string) {
	t.Read(s, m.bits)
	t.weigh(m.idf)
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
		from, to := m.start[b], m.start[b+1]
		class, weight := m.class[from:to], m.weight[from:to]
		for j, k := range class {
			dst[k] += float32(v * float32(weight[j])) // rounded here, so that all machines agree
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
	t.weigh(m.idf)
}

// Bucket is where the model keeps a skeleton word.
func (m *Model) Bucket(skel string) uint32 {
	return hashString(seedSkel, skel) & uint32(1<<m.bits-1)
}

// Speaks tells whether the word of a bucket speaks for a class.
func (m *Model) Speaks(bucket uint32, class int) bool {
	from, to := m.start[bucket], m.start[bucket+1]
	i, ok := slices.BinarySearch(m.class[from:to], uint16(class))
	return ok && m.weight[from:to][i] > 0
}
