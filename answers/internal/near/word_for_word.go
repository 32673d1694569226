package near

import (
	"cmp"
	"slices"
)

// known is a question: its hash, and in the lower half its class.
type known uint64

func (k known) hash() uint32 { return uint32(k >> 32) }

// check is a hash of all words of a question, also of those without meaning.
func check(skels []string) (h uint8) {
	var sum uint32
	for _, k := range skels {
		sum = sum*31 + hash(k)
	}
	return uint8(sum>>24) ^ uint8(sum>>12)
}

// sequence hashes stems in their order.
func sequence(stems []uint16, check uint8) uint32 {
	h := hash("") ^ uint32(check)
	for _, s := range stems {
		h = (h ^ uint32(s&0xff)) * 16777619
		h = (h ^ uint32(s>>8)) * 16777619
	}
	return h
}

// know notes the questions by their hashes. One that two classes have says nothing.
func (x *Index) know() {
	all := make([]known, len(x.asked))
	for q, a := range x.asked {
		all[q] = known(sequence(x.stemsOf(q), a.check))<<32 | known(a.class)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for i, k := range all {
		same := func(j int) bool { return j >= 0 && j < len(all) && all[j].hash() == k.hash() }
		if !same(i-1) && !same(i+1) {
			x.known = append(x.known, k)
		}
	}
}

// WordForWord returns the class that has a question word for word, if just one has:
// words are those of it that carry meaning, skels all. Letter case, punctuation and
// the endings of words count no more than they do in the index.
func (x *Index) WordForWord(words []Word, skels []string) (class int, ok bool) {
	var stems [maxList]uint16
	n := 0
	for _, w := range words {
		if !w.Seen || n == maxList {
			return 0, false
		}
		if !slices.Contains(stems[:n], uint16(w.Stem)) {
			stems[n] = uint16(w.Stem)
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	h := sequence(stems[:n], check(skels))
	at, ok := slices.BinarySearchFunc(x.known, h, func(k known, h uint32) int { return cmp.Compare(k.hash(), h) })
	if !ok {
		return 0, false
	}
	return int(uint16(x.known[at])), true
}
