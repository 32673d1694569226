package engine

import (
	"math/rand/v2"
	"os"
	"testing"

	"parley/answers/facts"
	"parley/answers/internal/model"
)

// questions are Parley's own, of the first so many classes.
func questions(tb testing.TB, classes, each int) (rows []Row) {
	tb.Helper()
	qs, _, ps := facts.LoadQuestions(os.DirFS("../../../facts"))
	if len(ps) > 0 {
		tb.Fatal(ps)
	}
	number, count := make(map[string]int), make(map[string]int)
	for _, q := range qs {
		k, ok := number[q.ID]
		if !ok {
			if len(number) == classes {
				continue
			}
			k = len(number)
			number[q.ID] = k
		}
		if count[q.ID]++; count[q.ID] <= each {
			rows = append(rows, Row{q.Text, k})
		}
	}
	return rows
}

// tenth shuffles the rows and cuts off a tenth.
func tenth(rows []Row) (train, test []Row) {
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows[len(rows)/10:], rows[:len(rows)/10]
}

func TestReadingsTogetherAreNoWorseThanTheLinearClasses(t *testing.T) {
	train, test := tenth(questions(t, 30, 40))
	e := Train(train, 30, Options{Bits: 14, C: 2, Nets: 1, Hidden: 32, Epochs: 10})
	var s Scratch
	right, linear := 0, 0
	for _, r := range test {
		if e.Read(&s, r.Text).Class == r.Class {
			right++
		}
		if s.top[0] == r.Class {
			linear++
		}
	}
	if right < linear-1 || right < len(test)*6/10 {
		t.Errorf("%d of %d right, the linear classes alone %d", right, len(test), linear)
	}
}

func TestWhatNothingAnswersIsLessSure(t *testing.T) {
	train, _ := tenth(questions(t, 30, 40))
	e := Train(train, 30, Options{Bits: 14, C: 2})
	var s Scratch
	inside := e.Read(&s, train[0].Text).Inside
	for _, text := range []string{"how do I bake bread with rye flour", "best hotels near the beach", "convert ten miles to kilometres"} {
		if far := e.Read(&s, text).Inside; far >= inside {
			t.Errorf("%q: %.2f, a training question %.2f", text, far, inside)
		}
	}
}

func TestRowsHeldApartTellWhatIsOutside(t *testing.T) {
	train, test := tenth(questions(t, 30, 40))
	strange := []string{"how do I bake bread with rye flour", "best hotels near the beach", "how tall is the tower in Pisa", "when do the trains leave", "play some music please"}
	o := Options{Bits: 14, C: 2}
	without := Train(train, 30, o)
	o.Apart = test
	for _, text := range strange[1:] {
		o.Apart = append(o.Apart, Row{text, Outside})
	}
	with := Train(train, 30, o)
	var s Scratch
	lead := func(e *Engine) float64 { return e.Read(&s, test[0].Text).Inside - e.Read(&s, strange[0]).Inside }
	if a, b := lead(without), lead(with); b <= a {
		t.Errorf("a question leads a stranger by %.2f, without rows held apart by %.2f", b, a)
	}
}

func TestTheSameRowsGiveTheSameReadings(t *testing.T) {
	train, test := tenth(questions(t, 12, 20))
	o := Options{Bits: 12, C: 2, Nets: 2, Hidden: 16, Epochs: 3}
	a, b := Train(train, 12, o), Train(train, 12, o)
	var s Scratch
	for _, r := range test {
		if x, y := a.Read(&s, r.Text), b.Read(&s, r.Text); x != y {
			t.Errorf("%q: %+v and %+v", r.Text, x, y)
		}
	}
}

func TestReadingAllocatesNothingBeyondItsWords(t *testing.T) {
	rows := questions(t, 12, 20)
	e := Train(rows, 12, Options{Bits: 12, C: 2, Nets: 1, Hidden: 16, Epochs: 2})
	var s Scratch
	var words model.Text
	text := rows[0].Text
	e.Read(&s, text)
	e.linear.Read(&words, text)
	alone := testing.AllocsPerRun(100, func() { e.linear.Read(&words, text) })
	if n := testing.AllocsPerRun(100, func() { e.Read(&s, text) }); n > alone {
		t.Errorf("%v allocations, splitting into words makes %v", n, alone)
	}
}

// BenchmarkScore150 reads questions of 150 classes: by the linear classes, by
// all readings as the program does, and with small nets beside.
func BenchmarkScore150(b *testing.B) {
	rows := questions(b, 150, 100)
	for _, c := range []struct {
		name string
		nets int
	}{{"readings", 0}, {"nets", 4}} {
		e := Train(rows, 150, Options{Bits: 16, C: 1, Nets: c.nets, Hidden: 128, Epochs: 1})
		if c.nets == 0 {
			b.Run("scores", func(b *testing.B) {
				var t model.Text
				e.linear.Read(&t, rows[0].Text)
				scores := e.linear.Score(nil, &t)
				b.ReportAllocs()
				for b.Loop() {
					scores = e.linear.Score(scores, &t)
				}
			})
			b.Run("linear", func(b *testing.B) {
				var t model.Text
				var scores []float32
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					e.linear.Read(&t, rows[i%len(rows)].Text)
					scores = e.linear.Score(scores, &t)
				}
			})
		}
		b.Run(c.name, func(b *testing.B) {
			var s Scratch
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				e.Read(&s, rows[i%len(rows)].Text)
			}
		})
	}
}
