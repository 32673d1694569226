package near

import (
	"math"
	"slices"
)

// centre is how much the questions of a class, taken together, have of a stem.
type centre struct {
	class  uint16
	weight float32
}

// centre makes the centres from the lists.
func (x *Index) centre() {
	of := x.rows()
	x.first = make([]uint32, len(x.stems)+1)
	for _, row := range of {
		for _, e := range row {
			x.first[e.stem+1]++
		}
	}
	for i := range x.stems {
		x.first[i+1] += x.first[i]
	}
	x.centres = make([]centre, x.first[len(x.stems)])
	next := slices.Clone(x.first)
	for k, row := range of {
		for _, e := range row {
			x.centres[next[e.stem]] = centre{uint16(k), float32(e.weight)}
			next[e.stem]++
		}
	}
}

// entry is how much a stem asks for a class.
type entry struct {
	stem   uint16
	weight float64
}

// rows returns how much each stem asks for each class: its weight times the root
// of how often, each class of length one, by stem.
func (x *Index) rows() [][]entry {
	var of [][]uint32 // the questions of each class
	for q, a := range x.asked {
		for int(a.class) >= len(of) {
			of = append(of, nil)
		}
		of[a.class] = append(of[a.class], uint32(q))
	}
	count := make([]int, len(x.stems))
	var have []uint16
	out := make([][]entry, len(of))
	for k, qs := range of {
		have = have[:0]
		for _, q := range qs {
			for _, s := range x.stemsOf(int(q)) {
				if count[s] == 0 {
					have = append(have, s)
				}
				count[s]++
			}
		}
		slices.Sort(have)
		var sum float64
		out[k] = make([]entry, 0, len(have))
		for _, s := range have {
			w := math.Sqrt(float64(count[s])) * float64(x.weight[s])
			count[s] = 0
			sum += float64(w * w)
			out[k] = append(out[k], entry{s, w})
		}
		for i := range out[k] {
			out[k][i].weight /= math.Sqrt(sum)
		}
	}
	return out
}

// Table returns how much each stem asks for each class: its weight times the
// root of how often, each class of length one.
func (x *Index) Table(classes int) []map[int]float64 {
	t := make([]map[int]float64, classes)
	for c := range t {
		t[c] = make(map[int]float64)
	}
	for c, row := range x.rows() {
		for _, e := range row {
			t[c][int(e.stem)] = e.weight
		}
	}
	return t
}
