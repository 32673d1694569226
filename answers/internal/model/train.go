package model

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// Row is one text to learn from.
type Row struct {
	Text  string
	Class int
}

// Options set how a model is trained. The zero value of a field takes the
// default named behind it.
type Options struct {
	Bits   int     // buckets are 1<<Bits; 16
	C      float64 // cost of a margin missed; 1
	Epochs int     // passes over the rows at the most; 12
	Keep   int     // weights kept of each class, the largest; 3000

	Letters bool // tell languages apart by their letters, not subjects by words
}

func (o Options) orDefault() Options {
	if o.Bits == 0 {
		o.Bits = 16
	}
	if o.C == 0 {
		o.C = 1
	}
	if o.Epochs == 0 {
		o.Epochs = 20
	}
	if o.Keep == 0 {
		o.Keep = 3000
	}
	return o
}

// corpus is the rows as sparse vectors, one after another.
type corpus struct {
	start  []int32
	bucket []uint32
	value  []float32
	class  []int32
}

func (c *corpus) row(i int) ([]uint32, []float32) {
	a, b := c.start[i], c.start[i+1]
	return c.bucket[a:b], c.value[a:b]
}

func (c *corpus) rows() int { return len(c.class) }

func read(rows []Row, o Options) (*corpus, []float32) {
	var t Text
	df := make([]uint32, 1<<o.Bits)
	c := &corpus{start: []int32{0}}
	for _, r := range rows {
		if o.Letters {
			t.readLetters(r.Text, o.Bits)
		} else {
			t.Read(r.Text, o.Bits)
		}
		for _, b := range t.Buckets {
			df[b]++
		}
		c.bucket = append(c.bucket, t.Buckets...)
		c.start = append(c.start, int32(len(c.bucket)))
		c.class = append(c.class, int32(r.Class))
	}
	idf := idfOf(df, len(rows))
	for i := range rows {
		t.Buckets = c.bucket[c.start[i]:c.start[i+1]]
		t.weigh(idf)
		c.value = append(c.value, t.Values...)
	}
	return c, idf
}

// Train learns one linear support vector machine for each class against all
// others, by dual coordinate descent on the squared hinge loss (Hsieh et al.
// 2008). The result depends on the rows, their order and the options alone,
// not on the machine or the number of its cores.
func Train(rows []Row, classes int, o Options) *Model {
	o = o.orDefault()
	c, idf := read(rows, o)
	weights := make([]classWeights, classes)
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := newSolver(c, o)
			for k := range work {
				weights[k] = s.solve(k)
			}
		}()
	}
	for k := range classes {
		work <- k
	}
	close(work)
	wg.Wait()
	return pack(weights, idf, o.Bits)
}

// classWeights are the largest weights of one class.
type classWeights struct {
	bucket []uint32
	weight []float32
	bias   float32
}

type solver struct {
	c     *corpus
	o     Options
	norm  []float64 // squared length of each row, bias included
	w     []float64
	alpha []float64
	order []int32
}

func newSolver(c *corpus, o Options) *solver {
	s := &solver{c: c, o: o, w: make([]float64, 1<<o.Bits), alpha: make([]float64, c.rows())}
	s.norm = make([]float64, c.rows())
	for i := range s.norm {
		_, v := c.row(i)
		n := 1.0
		for _, x := range v {
			n += float64(float64(x) * float64(x))
		}
		s.norm[i] = n
	}
	return s
}

func (s *solver) solve(class int) classWeights {
	clear(s.w)
	clear(s.alpha)
	var bias float64
	rng := rand.New(rand.NewPCG(uint64(class), 7))
	s.order = s.order[:0]
	for i := range s.c.rows() {
		s.order = append(s.order, int32(i))
	}
	diag := 0.5 / s.o.C
	bound := 1e30 // rows whose gradient lies beyond it rest
	for range s.o.Epochs {
		rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		var most float64
		kept := s.order[:0]
		for _, i := range s.order {
			b, v := s.c.row(int(i))
			y := -1.0
			if int(s.c.class[i]) == class {
				y = 1
			}
			dot := bias
			for j, k := range b {
				dot += float64(s.w[k] * float64(v[j]))
			}
			g := float64(y*dot) - 1 + float64(diag*s.alpha[i])
			if s.alpha[i] == 0 && g > bound {
				continue
			}
			kept = append(kept, i)
			pg := g
			if s.alpha[i] == 0 && pg > 0 {
				pg = 0
			}
			most = max(most, abs(pg))
			if abs(pg) < 1e-9 {
				continue
			}
			old := s.alpha[i]
			s.alpha[i] = max(old-float64(g/(s.norm[i]+diag)), 0)
			d := float64((s.alpha[i] - old) * y)
			bias += d
			for j, k := range b {
				s.w[k] += float64(d * float64(v[j]))
			}
		}
		s.order = kept
		bound = max(most, 0.05)
		if most < 0.05 {
			break
		}
	}
	return s.largest(float32(bias))
}

func (s *solver) largest(bias float32) classWeights {
	var b []uint32
	for k, w := range s.w {
		if w != 0 {
			b = append(b, uint32(k))
		}
	}
	slices.SortFunc(b, func(x, y uint32) int {
		if d := abs(s.w[y]) - abs(s.w[x]); d > 0 {
			return 1
		} else if d < 0 {
			return -1
		}
		return int(x) - int(y)
	})
	if len(b) > s.o.Keep {
		b = b[:s.o.Keep]
	}
	slices.Sort(b)
	cw := classWeights{bucket: b, bias: bias}
	for _, k := range b {
		cw.weight = append(cw.weight, float32(s.w[k]))
	}
	return cw
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
