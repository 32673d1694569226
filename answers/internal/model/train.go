package model

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// Row is one text to learn from.
type Row struct {
	Text  string
	Class int
	Group int // a further class, of several classes together, or -1
}

// Options set how a model is trained. The zero value of a field takes the
// default named behind it.
type Options struct {
	Bits   int     // buckets are 1<<Bits; 16
	C      float64 // cost of a margin missed; 1
	Own    float64 // how many times more a margin missed by a class's own row costs; 1
	Epochs int     // passes over the rows at the most; 20
	Keep   int     // weights kept of each class, the largest; 3000

	// Near, if set, trains a class only against the rows that look most like
	// it, every row for the Near classes it resembles, and a sample of the rest.
	Near int

	Letters bool // tell languages apart by their letters, not subjects by words
}

func (o Options) orDefault() Options {
	if o.Bits == 0 {
		o.Bits = 16
	}
	if o.C == 0 {
		o.C = 1
	}
	if o.Own == 0 {
		o.Own = 1
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
	group  []int32
}

func (c *corpus) row(i int) ([]uint32, []float32) {
	a, b := c.start[i], c.start[i+1]
	return c.bucket[a:b], c.value[a:b]
}

// of tells whether row i belongs to class k.
func (c *corpus) of(i, k int) bool { return int(c.class[i]) == k || int(c.group[i]) == k }

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
		c.group = append(c.group, int32(r.Group))
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
	against := c.against(classes, o)
	parallel(classes, func() func(int) {
		s := newSolver(c, o)
		return func(k int) { weights[k] = s.solve(k, against(k)) }
	})
	return pack(weights, idf, o.Bits)
}

// parallel calls a worker for each of 0..n-1, on every core its own.
func parallel(n int, worker func() func(int)) {
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			do := worker()
			for i := range work {
				do(i)
			}
		}()
	}
	for i := range n {
		work <- i
	}
	close(work)
	wg.Wait()
}

// sampled is one of how many rows a class is trained against although they do
// not resemble it.
const sampled = 40

// against returns the rows a class is trained on.
func (c *corpus) against(classes int, o Options) func(class int) []int32 {
	if o.Near == 0 {
		all := make([]int32, c.rows())
		for i := range all {
			all[i] = int32(i)
		}
		return func(int) []int32 { return slices.Clone(all) }
	}
	near := c.nearest(classes, o)
	rows := make([][]int32, classes)
	for i, ks := range near {
		rows[c.class[i]] = append(rows[c.class[i]], int32(i))
		if g := c.group[i]; g >= 0 {
			rows[g] = append(rows[g], int32(i))
		}
		for _, k := range ks {
			if !c.of(i, int(k)) {
				rows[k] = append(rows[k], int32(i))
			}
		}
	}
	return func(class int) []int32 {
		out := rows[class]
		for i := class % sampled; i < c.rows(); i += sampled {
			if !c.of(i, class) && !slices.Contains(near[i], uint16(class)) {
				out = append(out, int32(i))
			}
		}
		return out
	}
}

// nearest returns for each row the classes whose mean it resembles most.
func (c *corpus) nearest(classes int, o Options) [][]uint16 {
	mean := c.means(classes, o.Bits)
	near := make([][]uint16, c.rows())
	parallel(c.rows(), func() func(int) {
		var t Text
		var scores []float32
		return func(i int) {
			t.Buckets, t.Values = c.row(i)
			scores = mean.Score(scores, &t)
			near[i] = top(scores, o.Near)
		}
	})
	return near
}

// means is a model whose weights are the means of the rows of each class.
func (c *corpus) means(classes, bits int) *Model {
	sums := make([]map[uint32]float32, classes)
	for i := range c.rows() {
		b, v := c.row(i)
		for _, k := range [...]int32{c.class[i], c.group[i]} {
			if k < 0 {
				continue
			}
			if sums[k] == nil {
				sums[k] = make(map[uint32]float32)
			}
			for j, f := range b {
				sums[k][f] += v[j]
			}
		}
	}
	cw := make([]classWeights, classes)
	for k, sum := range sums {
		for f := range sum {
			cw[k].bucket = append(cw[k].bucket, f)
		}
		slices.Sort(cw[k].bucket)
		var squares float64
		for _, f := range cw[k].bucket {
			squares += float64(sum[f] * sum[f])
		}
		for _, f := range cw[k].bucket {
			cw[k].weight = append(cw[k].weight, sum[f]/float32(math.Sqrt(squares)))
		}
	}
	return pack(cw, make([]float32, 1<<bits), bits)
}

// top returns the indexes of the n largest scores, of equal ones the first.
func top(scores []float32, n int) []uint16 {
	out := make([]uint16, 0, n+1)
	for k, v := range scores {
		if len(out) == n && v <= scores[out[n-1]] {
			continue
		}
		i := len(out)
		out = append(out, uint16(k))
		for i > 0 && scores[out[i-1]] < v {
			out[i] = out[i-1]
			i--
		}
		out[i] = uint16(k)
		if len(out) > n {
			out = out[:n]
		}
	}
	return out
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

func (s *solver) solve(class int, rows []int32) classWeights {
	clear(s.w)
	clear(s.alpha)
	var bias float64
	rng := rand.New(rand.NewPCG(uint64(class), 7))
	s.order = rows
	diag := 0.5 / s.o.C
	bound := 1e30 // rows whose gradient lies beyond it rest
	for range s.o.Epochs {
		rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		var most float64
		kept := s.order[:0]
		for _, i := range s.order {
			b, v := s.c.row(int(i))
			y, diag := -1.0, diag
			if s.c.of(int(i), class) {
				y, diag = 1, diag/s.o.Own
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
