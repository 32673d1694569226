// Package sense places words and classes in one space of meanings, learnt from
// which words ask for the same things (latent semantic analysis). Words of
// different languages meet there: what one language has taught, the others
// know. It knows stems and classes, not grammar.
package sense

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// dims is the number of meanings told apart.
const dims = 64

// Space is the learnt space. It is immutable and safe for concurrent use.
type Space struct {
	stems   []int8 // dims of each stem
	classes []int8 // dims of each class, of length one
	n, k    int

	near []float32 // classes, ready to be multiplied
}

// Learn makes a space of a matrix: weight[c][s] says how much stem s asks for
// class c. stems is the number of stems.
func Learn(weight []map[int]float64, stems int) *Space {
	k := len(weight)
	v := subspace(gram(weight), k)
	sp := &Space{n: stems, k: k}
	words := make([][dims]float64, stems)
	for c, row := range weight {
		for _, s := range sorted(row) {
			w := row[s]
			for d := range dims {
				words[s][d] += float64(w * v[d][c])
			}
		}
	}
	sp.stems = make([]int8, stems*dims)
	for s := range words {
		quantise(sp.stems[s*dims:(s+1)*dims], words[s][:])
	}
	sp.classes = make([]int8, k*dims)
	for c, row := range weight {
		var sum [dims]float64
		for _, s := range sorted(row) {
			w := row[s]
			l := length(words[s][:])
			if l == 0 {
				continue
			}
			for d := range dims {
				sum[d] += float64(w*words[s][d]) / l
			}
		}
		quantise(sp.classes[c*dims:(c+1)*dims], sum[:])
	}
	return sp.ready()
}

// gram returns the products of all pairs of rows.
func gram(weight []map[int]float64) [][]float64 {
	by := make(map[int][]int)
	for c, row := range weight {
		for _, s := range sorted(row) {
			by[s] = append(by[s], c)
		}
	}
	g := make([][]float64, len(weight))
	for c := range g {
		g[c] = make([]float64, len(weight))
		for _, s := range sorted(weight[c]) {
			for _, o := range by[s] {
				g[c][o] += float64(weight[c][s] * weight[o][s])
			}
		}
	}
	return g
}

func sorted(row map[int]float64) []int { return slices.Sorted(maps.Keys(row)) }

// subspace finds the strongest directions of a symmetric matrix by orthogonal
// iteration, from a start that is always the same.
func subspace(g [][]float64, k int) [][]float64 {
	rng := rand.New(rand.NewPCG(4, 2))
	v := make([][]float64, dims)
	for d := range v {
		v[d] = make([]float64, k)
		for c := range v[d] {
			v[d][c] = rng.Float64() - 0.5
		}
	}
	for range 30 {
		orthogonal(v)
		for d := range v {
			out := make([]float64, k)
			for c, row := range g {
				var sum float64
				for o, x := range row {
					sum += float64(x * v[d][o])
				}
				out[c] = sum
			}
			v[d] = out
		}
	}
	orthogonal(v)
	return v
}

// orthogonal makes the vectors orthogonal to each other and of length one.
func orthogonal(v [][]float64) {
	for d := range v {
		for e := range d {
			var dot float64
			for c, x := range v[d] {
				dot += float64(x * v[e][c])
			}
			for c := range v[d] {
				v[d][c] -= float64(dot * v[e][c])
			}
		}
		l := length(v[d])
		if l == 0 {
			continue
		}
		for c := range v[d] {
			v[d][c] /= l
		}
	}
}

func length(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x * x)
	}
	return math.Sqrt(sum)
}

func quantise(to []int8, v []float64) {
	l := length(v)
	if l == 0 {
		return
	}
	for i, x := range v {
		to[i] = int8(math.Round(max(-127, min(127, x/l*200))))
	}
}

// ready prepares the classes for Near.
func (sp *Space) ready() *Space {
	sp.near = make([]float32, len(sp.classes))
	for i, x := range sp.classes {
		sp.near[i] = float32(x) / 200
	}
	return sp
}

// Meaning is a place in the space.
type Meaning [dims]float32

// Add moves a meaning towards that of a stem.
func (sp *Space) Add(m *Meaning, stem int, weight float32) {
	row := sp.stems[stem*dims : (stem+1)*dims]
	for d, x := range row {
		m[d] += float32(weight * float32(x))
	}
}

// Unit scales a meaning to length one.
func (m *Meaning) Unit() {
	var sum float32
	for _, x := range m {
		sum += float32(x * x)
	}
	if sum == 0 {
		return
	}
	l := float32(math.Sqrt(float64(sum)))
	for d := range m {
		m[d] /= l
	}
}

// Near is how near a class is to a meaning of length one, from -1 to 1.
func (sp *Space) Near(class int, m *Meaning) float32 {
	row := sp.near[class*dims : class*dims+dims : class*dims+dims]
	var a, b, c, d float32 // four sums at a time: each waits for itself alone
	for i := 0; i < dims; i += 4 {
		a += float32(m[i] * row[i])
		b += float32(m[i+1] * row[i+1])
		c += float32(m[i+2] * row[i+2])
		d += float32(m[i+3] * row[i+3])
	}
	return a + b + c + d
}

// Kin is how near two classes are, from -1 to 1.
func (sp *Space) Kin(a, b int) float32 {
	x, y := sp.classes[a*dims:(a+1)*dims], sp.classes[b*dims:(b+1)*dims]
	var sum int32
	for d := range x {
		sum += int32(x[d]) * int32(y[d])
	}
	return float32(sum) / (200 * 200)
}

// ErrFormat is returned by Read for bytes that are no space.
var ErrFormat = errors.New("not a space of meanings")

// WriteTo writes the space in a form that depends on its contents alone.
func (sp *Space) WriteTo(w io.Writer) (int64, error) {
	b := binary.LittleEndian.AppendUint32(nil, uint32(sp.n))
	b = binary.LittleEndian.AppendUint32(b, uint32(sp.k))
	for _, x := range sp.stems {
		b = append(b, byte(x))
	}
	for _, x := range sp.classes {
		b = append(b, byte(x))
	}
	n, err := w.Write(b)
	return int64(n), err
}

// Read reads what WriteTo wrote from the start of data and returns the rest.
func Read(data []byte, stems, classes int) (*Space, []byte, error) {
	if len(data) < 8 {
		return nil, nil, ErrFormat
	}
	sp := &Space{n: int(binary.LittleEndian.Uint32(data)), k: int(binary.LittleEndian.Uint32(data[4:]))}
	data = data[8:]
	if sp.n != stems || sp.k != classes || len(data) < (stems+classes)*dims {
		return nil, nil, fmt.Errorf("%w: %d stems, %d classes", ErrFormat, sp.n, sp.k)
	}
	sp.stems, data = signed(data[:stems*dims]), data[stems*dims:]
	sp.classes, data = signed(data[:classes*dims]), data[classes*dims:]
	return sp.ready(), data, nil
}

func signed(b []byte) []int8 {
	out := make([]int8, len(b))
	for i, x := range b {
		out[i] = int8(x)
	}
	return out
}
