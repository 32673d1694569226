package match

import (
	"math/rand/v2"
	"slices"
	"strings"

	"parley/answers/internal/model"
	"parley/answers/internal/noise"
	"parley/answers/lang"
)

// languages learns to tell the languages apart: four as they are written, and
// from the fifth class on the same four in Latin letters without diacritics.
// People also put words of one language into the sentences of another; then it
// is the small words that tell.
func (t *trainer) languages() *model.Model {
	var out []model.Row
	put := func(text string, class int) { out = append(out, model.Row{Text: text, Class: class, Group: -1}) }
	content := t.contentWords()
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
		if i%4 == 0 {
			if other := content[r.class][(k+1+rng.IntN(len(lang.Codes)-1))%len(lang.Codes)]; len(other) > 0 {
				put(t.mixed(rng, r.text, other), k)
			}
		}
	}
	return model.Train(out, 2*len(lang.Codes), model.Options{Bits: 15, Letters: true, Keep: 10500, Epochs: 6})
}

// contentWords are the words that carry meaning in the questions of each class,
// by language.
func (t *trainer) contentWords() [][][]string {
	out := make([][][]string, len(t.learnt.Classes))
	for _, r := range t.all {
		if r.copy {
			continue
		}
		if out[r.class] == nil {
			out[r.class] = make([][]string, len(lang.Codes))
		}
		k := slices.Index(lang.Codes, r.lang)
		for _, w := range strings.Fields(r.text) {
			if t.carries(w) {
				out[r.class][k] = append(out[r.class][k], strings.Trim(w, ".,?!:;()\"«»“”"))
			}
		}
	}
	return out
}

// carries tells whether a written word carries meaning.
func (t *trainer) carries(word string) bool {
	_, skels := wordsOf(word)
	return len(skels) > 0 && len(skels[0]) > 3 && !t.slots.Stop(skels[0])
}

// mixed puts words of another language in the place of some that carry meaning.
func (t *trainer) mixed(rng *rand.Rand, text string, other []string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if t.carries(w) && rng.IntN(5) < 2 {
			words[i] = other[rng.IntN(len(other))]
		}
	}
	return strings.Join(words, " ")
}
