package model

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"parley/answers/internal/text"
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

// corpus is the rows as sparse vectors, one after another. Their features are
// the buckets, renumbered so that the frequent ones lie close together: that
// is where a solver spends its time.
type corpus struct {
	start   []int32
	feature []uint32
	scale   []float32 // of each row: what brings its values to length one
	class   []int32
	group   []int32
	bucket  []uint32  // of each feature
	idf     []float32 // of each feature
}

// row returns the features of a row and its scale. The value of a feature is its
// idf times the scale; it is cheaper to multiply than to read from memory.
func (c *corpus) row(i int) ([]uint32, float32) {
	return c.feature[c.start[i]:c.start[i+1]], c.scale[i]
}

// values appends the values of a row to dst.
func (c *corpus) values(dst []float32, i int) []float32 {
	features, scale := c.row(i)
	for _, f := range features {
		dst = append(dst, c.idf[f]*scale)
	}
	return dst
}

// of tells whether row i belongs to class k.
func (c *corpus) of(i, k int) bool { return int(c.class[i]) == k || int(c.group[i]) == k }

func (c *corpus) rows() int { return len(c.class) }

func read(rows []Row, o Options) (*corpus, []bucket) {
	var t Text
	df := make([]uint32, 1<<o.Bits)
	c := &corpus{start: []int32{0}}
	for _, r := range rows {
		if o.Letters {
			t.readLetters(r.Text, text.Words(nil, r.Text), o.Bits)
		} else {
			t.Read(r.Text, o.Bits)
		}
		for _, b := range t.Buckets {
			df[b]++
		}
		c.feature = append(c.feature, t.Buckets...)
		c.start = append(c.start, int32(len(c.feature)))
		c.class = append(c.class, int32(r.Class))
		c.group = append(c.group, int32(r.Group))
	}
	idf := idfOf(df, len(rows))
	for i := range rows {
		t.Buckets = c.feature[c.start[i]:c.start[i+1]]
		c.scale = append(c.scale, t.weigh(idf))
	}
	c.renumber(df)
	for _, b := range c.bucket {
		c.idf = append(c.idf, idf[b].idf)
	}
	return c, idf
}

// renumber turns buckets into features, the most frequent first.
func (c *corpus) renumber(df []uint32) {
	c.bucket = make([]uint32, len(df))
	for b := range c.bucket {
		c.bucket[b] = uint32(b)
	}
	slices.SortStableFunc(c.bucket, func(x, y uint32) int { return int(df[y]) - int(df[x]) })
	feature := make([]uint32, len(df))
	for f, b := range c.bucket {
		feature[b] = uint32(f)
	}
	for i, b := range c.feature {
		c.feature[i] = feature[b]
	}
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
			t.Buckets, _ = c.row(i)
			t.Values = c.values(t.Values[:0], i)
			scores = mean.Score(scores, &t)
			near[i] = top(scores, o.Near)
		}
	})
	return near
}

// means is a model whose weights are the means of the rows of each class.
func (c *corpus) means(classes, bits int) *Model {
	sums := make([]map[uint32]float32, classes)
	var v []float32
	for i := range c.rows() {
		b, _ := c.row(i)
		v = c.values(v[:0], i)
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
	return pack(cw, make([]bucket, 1<<bits+1), bits)
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
	w     []float64 // of each feature
	alpha []float64
	order []int32
	at    []float64 // w of each bucket
	sizes []float64
	idf   []float64 // of each feature
}

func newSolver(c *corpus, o Options) *solver {
	s := &solver{c: c, o: o, w: make([]float64, 1<<o.Bits), at: make([]float64, 1<<o.Bits), alpha: make([]float64, c.rows())}
	for _, x := range c.idf {
		s.idf = append(s.idf, float64(x))
	}
	s.norm = make([]float64, c.rows())
	var v []float32
	for i := range s.norm {
		v = c.values(v[:0], i)
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
	diag, idf := 0.5/s.o.C, s.idf
	bound := 1e30 // rows whose gradient lies beyond it rest
	for range s.o.Epochs {
		rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		var most float64
		kept := s.order[:0]
		for _, i := range s.order {
			features, scale := s.c.row(int(i))
			y, diag := -1.0, diag
			if s.c.of(int(i), class) {
				y, diag = 1, diag/s.o.Own
			}
			dot := bias + s.dot(features)*float64(scale)
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
			d *= float64(scale)
			for _, f := range features {
				s.w[f] += float64(d * idf[f])
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

// dot multiplies the weights with a row, its scale left out. Four sums at a
// time: each waits for itself alone.
func (s *solver) dot(features []uint32) float64 {
	w, idf := s.w, s.idf
	var a, b, c, d float64
	for ; len(features) >= 4; features = features[4:] {
		f, g, h, i := features[0], features[1], features[2], features[3]
		a += float64(w[f] * idf[f])
		b += float64(w[g] * idf[g])
		c += float64(w[h] * idf[h])
		d += float64(w[i] * idf[i])
	}
	for _, f := range features {
		a += float64(w[f] * idf[f])
	}
	return a + b + c + d
}

// largest returns the largest weights, of equal ones those of the lower buckets.
func (s *solver) largest(bias float32) classWeights {
	s.sizes = s.sizes[:0]
	for _, w := range s.w {
		if w != 0 {
			s.sizes = append(s.sizes, abs(w))
		}
	}
	least, room := 0.0, len(s.sizes) // of the weights that are just large enough, how many there is room for
	if len(s.sizes) > s.o.Keep {
		slices.Sort(s.sizes)
		least = s.sizes[len(s.sizes)-s.o.Keep]
		above, _ := slices.BinarySearchFunc(s.sizes, least, func(x, least float64) int {
			if x > least {
				return 1
			}
			return -1
		})
		room = s.o.Keep - (len(s.sizes) - above)
	}
	for f, w := range s.w {
		s.at[s.c.bucket[f]] = w
	}
	cw := classWeights{bias: bias}
	for b, w := range s.at {
		switch size := abs(w); {
		case w == 0 || size < least:
			continue
		case size == least:
			if room--; room < 0 {
				continue
			}
		}
		cw.bucket = append(cw.bucket, uint32(b))
		cw.weight = append(cw.weight, float32(w))
	}
	return cw
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
