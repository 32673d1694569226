// Package near finds the training questions that share the most telling words
// with a question. It knows word stems and classes, not what they mean.
package near

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// stemLength is how much of a skeleton word tells its meaning; the rest is
// inflection.
const stemLength = 5

// Stem returns the part of a skeleton word that inflection leaves alone.
func Stem(skel string) string {
	if len(skel) > stemLength && (skel[0] < '0' || skel[0] > '9') {
		return skel[:stemLength]
	}
	return skel
}

func hash(stem string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(stem); i++ {
		h = (h ^ uint32(stem[i])) * 16777619
	}
	return h
}

// Question is one training question and the class it asks for.
type Question struct {
	Skeletons []string // those that carry meaning
	All       []string // all; none: it is not to be known word for word
	Class     int
}

// Index holds the questions. It is immutable and safe for concurrent use.
type Index struct {
	stems  []uint32 // hashes, sorted
	weight []float32
	asked  []asked
	lists  []uint16 // stems of the questions, one after another

	start []uint32 // postings of stem i: posts[start[i]:start[i+1]]
	posts []uint32

	rarest float32 // weight of a stem that no question has

	known []known // sorted

	first   []uint32 // the classes that ask with stem i: centres[first[i]:first[i+1]]
	centres []centre
}

// asked is a question: its stems, its class and the length of its stems as a
// vector. The search needs the latter two together.
type asked struct {
	to    uint32 // its stems end here, and begin where those before end
	class uint16
	check uint8 // of all its words
	norm  float32
}

// stemsOf are the stems of question q.
func (x *Index) stemsOf(q int) []uint16 {
	from := uint32(0)
	if q > 0 {
		from = x.asked[q-1].to
	}
	return x.lists[from:x.asked[q].to]
}

// maxRun is how many questions of one class stand together in a file.
const maxRun = 255

// maxStems is how many stems can be told apart, and maxList how many of a question.
const (
	maxStems = 1 << 16
	maxList  = 40
)

// New indexes questions.
func New(qs []Question) *Index {
	count := make(map[uint32]int)
	for _, q := range qs {
		seen := make(map[uint32]bool)
		for _, s := range q.Skeletons {
			if h := hash(Stem(s)); !seen[h] {
				seen[h] = true
				count[h]++
			}
		}
	}
	x := &Index{}
	for h := range count {
		x.stems = append(x.stems, h)
	}
	slices.Sort(x.stems)
	x.stems = x.stems[:min(len(x.stems), maxStems)]
	for _, h := range x.stems {
		w := math.Log(float64(1+len(qs)) / float64(count[h]))
		x.weight = append(x.weight, float32(math.Round(w*64)/64))
	}
	for _, q := range qs {
		from := len(x.lists)
		for _, s := range q.Skeletons {
			if i, ok := x.find(s); ok && len(x.lists)-from < maxList && !slices.Contains(x.lists[from:], uint16(i)) {
				x.lists = append(x.lists, uint16(i))
			}
		}
		x.asked = append(x.asked, asked{to: uint32(len(x.lists)), class: uint16(q.Class), check: check(q.All)})
	}
	x.post()
	return x
}

// post makes the postings and lengths from the lists.
func (x *Index) post() {
	x.rarest = float32(math.Log(float64(1 + len(x.asked))))
	x.start = make([]uint32, len(x.stems)+1)
	for _, s := range x.lists {
		x.start[s+1]++
	}
	for i := range x.stems {
		x.start[i+1] += x.start[i]
	}
	x.posts = make([]uint32, x.start[len(x.stems)])
	next := slices.Clone(x.start)
	for q := range x.asked {
		var sum float32
		for _, s := range x.stemsOf(q) {
			x.posts[next[s]] = uint32(q)
			next[s]++
			sum += x.weight[s] * x.weight[s]
		}
		x.asked[q].norm = float32(math.Sqrt(float64(sum)))
	}
	x.centre()
	x.know()
}

func (x *Index) find(skel string) (int, bool) {
	return slices.BinarySearch(x.stems, hash(Stem(skel)))
}

// Stems is the number of stems there are.
func (x *Index) Stems() int { return len(x.stems) }

// Word is a word as the index knows it.
type Word struct {
	Stem   int     // number of its stem
	Seen   bool    // some training question has a word of that stem
	Weight float32 // how much it tells, by how rare it is in training
}

// Look looks a skeleton word up.
func (x *Index) Look(skel string) Word {
	if i, ok := x.find(skel); ok {
		return Word{i, true, x.weight[i]}
	}
	return Word{Weight: x.rarest}
}

// Scratch is the memory of one search, kept for the next.
type Scratch struct {
	sums    []float32
	touched []uint32
	words   []Word
	best    []float32 // of each class
	second  []float32
	centre  []float32
	held    []float32
}

// Best returns how alike a class's most alike training question is in the last
// search, 0 to 1.
func (s *Scratch) Best(class int) float32 { return s.best[class] }

// All returns Best of every class.
func (s *Scratch) All() []float32 { return s.best }

// Second returns the same of its second most alike.
func (s *Scratch) Second(class int) float32 { return s.second[class] }

// Centre returns how alike the question and those of each class, taken together,
// are, 0 to 1.
func (s *Scratch) Centre() []float32 { return s.centre }

// Held returns, for each class, the share of the question's weight that lies in
// words which any of its questions has.
func (s *Scratch) Held() []float32 { return s.held }

// A stem of less weight than common stands in so many questions that to share it
// says little and takes long to find out; still, the rarest few are always
// looked up, since a simple question has no others.
const (
	common = 3.7
	always = 4
)

// Search compares words with all questions.
func (x *Index) Search(s *Scratch, words []Word, classes int) {
	if len(s.sums) != len(x.asked) {
		s.sums = make([]float32, len(x.asked))
	}
	s.touched = s.touched[:0]
	s.best, s.second = grow(s.best, classes), grow(s.second, classes)
	s.centre, s.held = grow(s.centre, classes), grow(s.held, classes)
	norm, mass := s.distinct(words)
	for _, w := range s.words {
		for _, c := range x.centres[x.first[w.Stem]:x.first[w.Stem+1]] {
			s.centre[c.class] += float32(w.Weight * c.weight)
			s.held[c.class] += w.Weight
		}
	}
	whole, part := 1/(norm+1e-9), 1/(mass+1e-9)
	for k := range s.centre {
		s.centre[k] *= whole
		s.held[k] *= part
	}
	for i, w := range s.words {
		if w.Weight < common && i >= always {
			break
		}
		x.share(s, w)
	}
	for _, q := range s.touched {
		a := &x.asked[q]
		v := s.sums[q] / (norm*a.norm + 1e-9)
		s.sums[q] = 0
		if k := a.class; v > s.second[k] { // mostly it is not
			s.second[k] = min(v, s.best[k])
			s.best[k] = max(v, s.best[k])
		}
	}
}

// distinct puts the words that questions have into s.words, each stem once, the
// rarest first. It returns the length of all words as a vector and their weight.
func (s *Scratch) distinct(words []Word) (norm, mass float32) {
	s.words = s.words[:0]
	var sum float32
	for _, w := range words {
		mass += w.Weight
		same := func(o Word) bool { return o.Stem == w.Stem }
		if w.Seen && (len(s.words) == maxList || slices.ContainsFunc(s.words, same)) {
			continue
		}
		sum += float32(w.Weight * w.Weight)
		if w.Seen {
			s.words = append(s.words, w)
		}
	}
	slices.SortStableFunc(s.words, func(a, b Word) int { return cmp.Compare(b.Weight, a.Weight) })
	return float32(math.Sqrt(float64(sum))), mass
}

// share adds up what each question that has a word shares with the question.
func (x *Index) share(s *Scratch, word Word) {
	w := float32(word.Weight * word.Weight)
	for _, q := range x.posts[x.start[word.Stem]:x.start[word.Stem+1]] {
		if s.sums[q] == 0 {
			s.touched = append(s.touched, q)
		}
		s.sums[q] += w
	}
}

func grow(s []float32, n int) []float32 {
	if len(s) != n {
		return make([]float32, n)
	}
	clear(s)
	return s
}

// ErrFormat is returned by Read for bytes that are no index.
var ErrFormat = errors.New("not an index of questions")

// WriteTo writes the index in a form that depends on its contents alone.
func (x *Index) WriteTo(w io.Writer) (int64, error) {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(x.stems)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(x.asked)))
	for i, h := range x.stems {
		b = binary.LittleEndian.AppendUint32(b, h)
		b = binary.LittleEndian.AppendUint16(b, uint16(x.weight[i]*64))
	}
	left := 0 // questions of the same class that follow
	for q, a := range x.asked {
		l := x.stemsOf(q)
		if left == 0 {
			for left = 1; left < maxRun && q+left < len(x.asked) && x.asked[q+left].class == a.class; {
				left++
			}
			b = binary.LittleEndian.AppendUint16(b, a.class)
			b = append(b, byte(left))
		}
		left--
		b = append(b, a.check, byte(len(l)))
		for _, s := range l {
			b = binary.LittleEndian.AppendUint16(b, s)
		}
	}
	n, err := w.Write(b)
	return int64(n), err
}

// Read reads what WriteTo wrote from the start of data and returns the rest.
func Read(data []byte, classes int) (*Index, []byte, error) {
	cut := fmt.Errorf("%w: cut short", ErrFormat)
	if len(data) < 8 {
		return nil, nil, cut
	}
	stems, asks := int(binary.LittleEndian.Uint32(data)), int(binary.LittleEndian.Uint32(data[4:]))
	data = data[8:]
	if stems > maxStems || len(data) < 6*stems || asks > len(data) {
		return nil, nil, cut
	}
	x := &Index{
		stems: make([]uint32, stems), weight: make([]float32, stems), asked: make([]asked, asks),
	}
	for i := range stems {
		x.stems[i] = binary.LittleEndian.Uint32(data[6*i:])
		x.weight[i] = float32(binary.LittleEndian.Uint16(data[6*i+4:])) / 64
	}
	data = data[6*stems:]
	all := make([]uint16, 0, len(data)/2)
	var class uint16
	left := 0
	for q := range asks {
		if left == 0 {
			if len(data) < 3 || data[2] == 0 {
				return nil, nil, cut
			}
			class, left = binary.LittleEndian.Uint16(data), int(data[2])
			data = data[3:]
		}
		left--
		if len(data) < 2 || len(data) < 2+2*int(data[1]) {
			return nil, nil, cut
		}
		check, n := data[0], int(data[1])
		if int(class) >= classes {
			return nil, nil, fmt.Errorf("%w: class %d of %d", ErrFormat, class, classes)
		}
		for j := range n {
			stem := binary.LittleEndian.Uint16(data[2+2*j:])
			if int(stem) >= stems {
				return nil, nil, fmt.Errorf("%w: stem %d of %d", ErrFormat, stem, stems)
			}
			all = append(all, stem)
		}
		x.asked[q] = asked{to: uint32(len(all)), class: class, check: check}
		data = data[2+2*n:]
	}
	x.lists = slices.Clone(all)
	x.post()
	return x, data, nil
}
