// Package model learns which class a short text belongs to and scores new
// texts. It knows hashed features and weights, not what the classes mean.
package model

import (
	"math"

	"parley/answers/internal/text"
)

// The three channels a text is read through. Each sees what another misses:
// words keep endings apart, skeleton words unite scripts and keyboards,
// skeleton characters survive inflection and typing errors.
const (
	seedWord  = 0x9e3779b9
	seedPair  = 0x85ebca6b
	seedSkel  = 0xc2b2ae35
	seedSPair = 0x27d4eb2f
	seedChars = 0x165667b1

	minGram, maxGram = 2, 5
)

// Text is one text made ready for scoring: the buckets its features fall into
// and their weights, of length one together. Reuse it between texts; it is not
// safe for concurrent use.
type Text struct {
	Buckets []uint32
	Values  []float32
	Length  float32 // of the values before they were scaled

	// Mend, if set, mends each skeleton word before it is used.
	Mend func(string) string

	words []string
	skels []string
	seen  []uint64 // a bit for each bucket that the text has
	buf   []byte
	runes []rune
}

// Words returns the folded words of the text last read.
func (t *Text) Words() []string { return t.words }

// Skeletons returns the skeleton of each word of Words.
func (t *Text) Skeletons() []string { return t.skels }

// Read splits s and hashes its features into 1<<bits buckets.
func (t *Text) Read(s string, bits int) {
	t.words = text.Words(t.words, s)
	t.skels = t.skels[:0]
	for _, w := range t.words {
		k := text.Skeleton(w)
		if t.Mend != nil {
			k = t.Mend(k)
		}
		t.skels = append(t.skels, k)
	}
	t.hash(bits)
}

func (t *Text) hash(bits int) {
	t.begin(bits)
	mask := uint32(1<<bits - 1)
	for i, w := range t.words {
		t.add(hashString(seedWord, w) & mask)
		t.add(hashString(seedSkel, t.skels[i]) & mask)
		if i > 0 {
			t.add(hashPair(seedPair, t.words[i-1], w) & mask)
			t.add(hashPair(seedSPair, t.skels[i-1], t.skels[i]) & mask)
		}
		t.chars(t.skels[i], mask)
	}
}

func (t *Text) chars(skel string, mask uint32) {
	t.buf = append(t.buf[:0], '_')
	t.buf = append(t.buf, skel...)
	t.buf = append(t.buf, '_')
	for i := range t.buf {
		h := uint32(seedChars)
		for n := 1; n <= maxGram && i+n <= len(t.buf); n++ {
			h = (h ^ uint32(t.buf[i+n-1])) * 16777619
			if n >= minGram {
				t.add(mix(h+uint32(n)) & mask)
			}
		}
	}
}

func (t *Text) begin(bits int) {
	if n := max(1, 1<<bits/64); len(t.seen) != n {
		t.seen = make([]uint64, n)
	}
	clear(t.seen)
	t.Buckets = t.Buckets[:0]
}

func (t *Text) add(bucket uint32) {
	word, bit := &t.seen[bucket/64], uint64(1)<<(bucket%64)
	if *word&bit != 0 {
		return
	}
	*word |= bit
	t.Buckets = append(t.Buckets, bucket)
}

// weigh gives every bucket its weight and scales the whole to length one. It
// returns the scale.
func (t *Text) weigh(buckets []bucket) float32 {
	t.Values = t.Values[:0]
	var sum float64
	for _, b := range t.Buckets {
		v := buckets[b].idf
		t.Values = append(t.Values, v)
		sum += float64(float64(v) * float64(v))
	}
	t.Length = float32(math.Sqrt(sum))
	if sum == 0 {
		return 1
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range t.Values {
		t.Values[i] *= scale
	}
	return scale
}

func hashString(seed uint32, s string) uint32 {
	h := seed
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return mix(h)
}

func hashPair(seed uint32, a, b string) uint32 {
	h := seed
	for i := 0; i < len(a); i++ {
		h = (h ^ uint32(a[i])) * 16777619
	}
	h = (h ^ ' ') * 16777619
	for i := 0; i < len(b); i++ {
		h = (h ^ uint32(b[i])) * 16777619
	}
	return mix(h)
}

// mix spreads the bits of an FNV hash, whose low bits alone are uneven.
func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}

// bucket is what a model knows of the features that fall into it. Both are
// needed for each feature of a text, and most of these are far from one another
// in memory.
type bucket struct {
	idf  float32 // the square root of the inverse document frequency
	from uint32  // its postings end where those of the next begin
}

// idfOf returns the buckets with the square root of their inverse document frequency,
// rounded so that machines whose logarithms differ in the last bit agree, and
// one more for the end of the postings.
func idfOf(df []uint32, rows int) []bucket {
	idf := make([]bucket, len(df)+1)
	for b, n := range df {
		v := math.Sqrt(math.Log(float64(1+rows) / float64(1+n)))
		if n == 0 {
			v = math.Sqrt(math.Log(float64(1 + rows)))
		}
		idf[b].idf = float32(math.Round(v*256) / 256)
	}
	return idf
}

// seedLetter marks the features by which languages are told apart.
const seedLetter = 0x2545f491

// readLetters hashes the letters of s and its words, in runs of one to four, words as they are
// written: the language of a text shows there, its subject elsewhere.
func (t *Text) readLetters(s string, words []string, bits int) {
	t.words = append(t.words[:0], words...)
	t.begin(bits)
	mask := uint32(1<<bits - 1)
	for i, w := range t.words {
		if i == 40 { // enough to know
			break
		}
		t.runes = append(t.runes[:0], '_')
		for _, r := range w {
			t.runes = append(t.runes, r)
		}
		t.runes = append(t.runes, '_')
		t.add(hashString(seedLetter, w) & mask)
		for i := range t.runes {
			h := uint32(seedLetter)
			for n := 1; n <= 4 && i+n <= len(t.runes); n++ {
				h = (h ^ uint32(t.runes[i+n-1])) * 16777619
				t.add(mix(h+uint32(n)) & mask)
			}
		}
	}
	for _, r := range s { // letters that folding hides
		switch r {
		case 'ı', 'İ', 'ş', 'Ş', 'ğ', 'Ğ', 'ö', 'Ö', 'ü', 'Ü', 'ç', 'Ç', 'ґ', 'Ґ', 'ё', 'Ё':
			t.add(mix(seedLetter^uint32(r)) & mask)
		}
	}
}
