// Package spell mends slips of the finger: a word that no training question has
// becomes the one that it was most likely meant to be. It works on skeleton
// words, so that one list serves all languages, scripts and keyboards.
package spell

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
)

// minLength is the shortest word that is mended: in a shorter one a slip leaves
// too little to go by.
const minLength = 5

// Speller knows the words there are. It is immutable and safe for concurrent use.
type Speller struct {
	words []string // sorted
	known map[string]bool
	by    map[key][]entry // words of one first letter and length, the most frequent first
}

type key struct {
	first  byte
	length int
}

// entry is a word and the letters it is made of. One slip changes at most two
// bits of letters, which is quicker to see than the slip.
type entry struct {
	word    string
	letters uint32
}

func letters(w string) (set uint32) {
	for i := range len(w) {
		set |= 1 << (w[i] % 32)
	}
	return set
}

// New makes a speller of words and how often each occurs. Words that occur once
// may be slips themselves: they are known, but nothing is mended into them.
func New(count map[string]int) *Speller {
	s := &Speller{}
	for w := range count {
		if len(w) >= minLength-1 && len(w) < 32 {
			s.words = append(s.words, w)
		}
	}
	slices.SortFunc(s.words, func(a, b string) int {
		if d := count[b] - count[a]; d != 0 {
			return d
		}
		if a < b {
			return -1
		}
		return 1
	})
	frequent := 0
	for frequent < len(s.words) && count[s.words[frequent]] > 1 {
		frequent++
	}
	s.words = s.words[:frequent]
	s.index()
	return s
}

func (s *Speller) index() {
	s.known, s.by = make(map[string]bool, len(s.words)), make(map[key][]entry)
	for _, w := range s.words {
		s.known[w] = true
		k := key{w[0], len(w)}
		s.by[k] = append(s.by[k], entry{w, letters(w)})
	}
}

// Mend returns the word that w was most likely meant to be: w itself if it is
// known or nothing is near, else the most frequent one that a single slip away
// makes of it: a letter too many, too few, another, or two changed round.
func (s *Speller) Mend(w string) string {
	if len(w) < minLength || s.known[w] || w[0] >= '0' && w[0] <= '9' {
		return w
	}
	set := letters(w)
	for _, length := range [...]int{len(w), len(w) + 1, len(w) - 1} {
		for _, c := range s.by[key{w[0], length}] {
			if bits.OnesCount32(set^c.letters) <= 2 && oneSlip(w, c.word) {
				return c.word
			}
		}
	}
	return w
}

// oneSlip tells whether a becomes b by one slip.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) {
		return true
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// ErrFormat is returned by Read for bytes that are no list of words.
var ErrFormat = errors.New("not a list of words")

// WriteTo writes the words in a form that depends on them alone.
func (s *Speller) WriteTo(w io.Writer) (int64, error) {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(s.words)))
	for _, word := range s.words {
		b = append(b, byte(len(word)))
		b = append(b, word...)
	}
	n, err := w.Write(b)
	return int64(n), err
}

// Read reads what WriteTo wrote from the start of data and returns the rest.
func Read(data []byte) (*Speller, []byte, error) {
	if len(data) < 4 {
		return nil, nil, ErrFormat
	}
	n := int(binary.LittleEndian.Uint32(data))
	data = data[4:]
	if n > len(data) {
		return nil, nil, fmt.Errorf("%w: %d words in %d bytes", ErrFormat, n, len(data))
	}
	s := &Speller{}
	for range n {
		if len(data) < 1 || data[0] == 0 || len(data) < 1+int(data[0]) {
			return nil, nil, fmt.Errorf("%w: cut short", ErrFormat)
		}
		s.words = append(s.words, string(data[1:1+data[0]]))
		data = data[1+data[0]:]
	}
	s.index()
	return s, data, nil
}
