package model

import (
	"bytes"
	"reflect"
	"testing"
)

var rows = []Row{
	{"when was the second round", 0, -1}, {"second round date", 0, -1}, {"коли був другий раунд", 0, -1}, {"ikinci tur ne zaman", 0, -1},
	{"how many prisoners were exchanged", 1, -1}, {"prisoner swap numbers", 1, -1}, {"скільки полонених обміняли", 1, -1}, {"kaç esir takas edildi", 1, -1},
	{"who leads the delegation", 2, -1}, {"head of delegation", 2, -1}, {"хто очолює делегацію", 2, -1}, {"heyet başkanı kim", 2, -1},
}

func best(m *Model, q string) int {
	var t Text
	m.Read(&t, q)
	s := m.Score(nil, &t)
	b := 0
	for k := range s {
		if s[k] > s[b] {
			b = k
		}
	}
	return b
}

func TestItFindsTheClassOfOtherWordings(t *testing.T) {
	m := Train(rows, 3, Options{})
	for q, want := range map[string]int{"date of round two, the second": 0, "skilky polonenykh obminialy": 1, "heyetin baskani kimdi": 2} {
		if got := best(m, q); got != want {
			t.Errorf("%s: class %d, want %d", q, got, want)
		}
	}
}

func TestTheSameRowsGiveTheSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	for _, o := range []Options{{}, {Near: 2}} {
		a.Reset()
		b.Reset()
		if _, err := Train(rows, 3, o).WriteTo(&a); err != nil {
			t.Fatal(err)
		}
		if _, err := Train(rows, 3, o).WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%+v: two trainings differ", o)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	m := Train(rows, 3, Options{Bits: 12})
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	got, rest, err := ReadModel(append(b.Bytes(), 1, 2))
	if err != nil || len(rest) != 2 || !reflect.DeepEqual(got.posts, m.posts) || best(got, "second round") != 0 {
		t.Errorf("%v, %d left", err, len(rest))
	}
	for n := range 40 {
		if _, _, err := ReadModel(b.Bytes()[:n*b.Len()/40]); err == nil {
			t.Errorf("%d of %d bytes are a model", n*b.Len()/40, b.Len())
		}
	}
}

func TestScoringAllocatesNothing(t *testing.T) {
	m := Train(rows, 3, Options{})
	var tx Text
	m.Read(&tx, "how many prisoners came home after the second round")
	dst := m.Score(nil, &tx)
	if n := testing.AllocsPerRun(100, func() { dst = m.Score(dst, &tx) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkScore(b *testing.B) {
	m := Train(rows, 3, Options{})
	var tx Text
	m.Read(&tx, "how many prisoners came home after the second round")
	dst := m.Score(nil, &tx)
	b.ReportAllocs()
	for b.Loop() {
		dst = m.Score(dst, &tx)
	}
}
