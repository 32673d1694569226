package text

import (
	"reflect"
	"testing"
	"unicode/utf8"
)

func TestWordsAreFolded(t *testing.T) {
	for in, want := range map[string][]string{
		"How long was IT?":                {"how", "long", "was", "it"},
		"İstanbul'da ne oldu":             {"istanbul", "ne", "oldu"},
		"what's Zelenskyy’s plan":         {"what", "zelenskyy", "plan"},
		"п'ять зв’язків":                  {"пять", "звязків"},
		"1,000 and 6 057 and 1.200":       {"1000", "and", "6057", "and", "1200"},
		"2nd, 16мая, 20:37":               {"2", "nd", "16", "мая", "20", "37"},
		"Ёлка, Йод, Їжак, Ґанок":          {"елка", "йод", "їжак", "ганок"},
		"ÇIRAĞAN çırağan":                 {"ciragan", "ciragan"},
		"naïve\u0301 \u202e\u200bx \x00y": {"naive", "x", "y"},
		"":                                nil,
	} {
		if got := Words(nil, in); !reflect.DeepEqual(append([]string(nil), got...), want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestSpellingsMeetInTheSkeleton(t *testing.T) {
	for _, group := range [][]string{
		{"Зеленский", "Zelenskiy", "Zelenskyi", "Зеленський"},
		{"Мединский", "Medinsky", "Medinskiy", "Мединський"},
		{"görüşme", "gorusme"},
		{"Чираган", "Çırağan", "Chirahan"},
		{"шестнадцать", "shestnadtsat"},
		{"раунд", "raund"},
		{"россия", "rossiya", "rossija"},
	} {
		want := Skeleton(Words(nil, group[0])[0])
		for _, s := range group[1:] {
			if got := Skeleton(Words(nil, s)[0]); got != want {
				t.Errorf("%s is %q, %s is %q", group[0], want, s, got)
			}
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("1,000 п'ять İ\xff")
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range Words(nil, s) {
			if w == "" || !utf8.ValidString(w) || len(w) > maxWordBytes+utf8.UTFMax {
				t.Errorf("word %q of %q", w, s)
			}
			Skeleton(w)
		}
	})
}

func BenchmarkWords(b *testing.B) {
	var dst []string
	for b.Loop() {
		dst = Words(dst, "Скільки тривав другий раунд переговорів у Стамбулі 2 червня 2025 року?")
	}
}
