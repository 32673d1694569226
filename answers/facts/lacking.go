package facts

import "fmt"

// EnoughQuestions is how many training questions a fact needs in each language to
// be found by wordings that nobody has written down.
const EnoughQuestions = 6

// Lacking tells which facts and summaries have fewer training questions than
// that, and in which languages.
func Lacking(b *Base, qs []Question) (ps Problems) {
	count := make(map[string]*[len(Languages)]int)
	for _, q := range qs {
		id := b.Resolve(q.ID)
		if count[id] == nil {
			count[id] = new([len(Languages)]int)
		}
		for i, l := range Languages {
			if l == q.Lang {
				count[id][i]++
			}
		}
	}
	need := func(id string, p Pos) {
		have := count[id]
		if have == nil {
			have = new([len(Languages)]int)
		}
		for i, l := range Languages {
			if have[i] < EnoughQuestions {
				ps = append(ps, Problem{p, fmt.Sprintf("%s has %s in %s, fewer than %d", id, plural(have[i], "training question"), l, EnoughQuestions)})
			}
		}
	}
	for f := range b.All {
		if f.Tells == "" {
			need(f.ID, f.Pos)
		}
	}
	for _, t := range b.Topics {
		need(t.ID, t.Pos)
	}
	ps.sort()
	return ps
}
