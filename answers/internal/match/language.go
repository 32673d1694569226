package match

import (
	"maps"
	"math/rand/v2"
	"slices"

	"parley/answers/internal/model"
	"parley/answers/internal/noise"
	"parley/answers/internal/text"
	"parley/answers/lang"
)

// languages learns to tell the languages apart: four as they are written, and
// from the fifth class on the same four in Latin letters without diacritics.
func (t *trainer) languages() *model.Model {
	var out []model.Row
	put := func(text string, class int) { out = append(out, model.Row{Text: text, Class: class, Group: -1}) }
	for i, r := range t.all {
		k := slices.Index(lang.Codes, r.lang)
		if r.copy && i%3 != 0 {
			continue
		}
		put(r.text, k)
		if r.copy {
			continue
		}
		rng := rand.New(rand.NewPCG(seed(r.text), 5))
		switch r.lang {
		case "uk", "ru":
			put(noise.Latin(rng, r.text, r.lang), len(lang.Codes)+k)
		case "tr":
			put(noise.ASCII(r.text), len(lang.Codes)+k)
		}
	}
	return model.Train(out, 2*len(lang.Codes), model.Options{Bits: 15, Letters: true, Keep: 10500, Epochs: 6})
}

// smallWord is what a word without a meaning of its own, which only one language
// has, counts for that language: people put words of another one into their
// sentences, but seldom these.
const smallWord = 0.5

// smallWords are the words without a meaning of their own that only one language
// has, with its place among lang.Codes. A word that another language has when it
// is typed in Latin letters is not one of them.
func smallWords(words []lang.Words) map[string]int {
	of, has := make(map[string]int), make(map[string]int)
	for k, w := range words {
		mine := make(map[string]bool)
		for _, stop := range w.Stop {
			for _, f := range text.Words(nil, stop) {
				if len(f) > 1 {
					of[f] = k
				}
				mine[f], mine[text.Skeleton(f)] = true, true
			}
		}
		for f := range mine {
			has[f]++
		}
	}
	maps.DeleteFunc(of, func(w string, _ int) bool { return has[w] > 1 })
	return of
}

// language names the language a question is written in.
func (m *Matcher) language(s *scratch, q string, r *Result) {
	m.learnt.Language.ReadLetters(&s.letters, q, s.text.Words())
	s.languages = m.learnt.Language.Score(s.languages, &s.letters)
	for _, w := range s.letters.Words() {
		if k, ok := m.small[w]; ok && k < len(s.languages) {
			s.languages[k] += smallWord
		}
	}
	first, second := -1, -1
	for i, v := range s.languages {
		switch {
		case first < 0 || v > s.languages[first]:
			first, second = i, first
		case second < 0 || v > s.languages[second]:
			second = i
		}
	}
	if first < 0 || len(s.letters.Buckets) == 0 {
		return
	}
	r.Lang = lang.Codes[first%len(lang.Codes)]
	rest := float32(-10)
	for i, v := range s.languages {
		if i%len(lang.Codes) != first%len(lang.Codes) {
			rest = max(rest, v)
		}
	}
	r.LangSure = float64(s.languages[first] - rest)
}
