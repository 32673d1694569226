package answers

import (
	"io/fs"

	"parley/answers/facts"
	"parley/answers/internal/match"
	"parley/answers/lang"
)

// Train learns from the training questions of a base and returns the model that
// New takes. The same questions give the same bytes on every machine. say is
// told what is being done.
func Train(fsys fs.FS, say func(string)) ([]byte, error) {
	b, ps := facts.Load(fsys)
	qs, ts, more := facts.LoadQuestions(fsys)
	if ps = append(ps, more...); len(ps) == 0 {
		ps = facts.CheckQuestions(b, qs, ts, IsIntent)
	}
	if len(ps) > 0 {
		return nil, ps
	}
	words, err := lang.LoadWords()
	if err != nil {
		return nil, err
	}
	return match.Learn(b, qs, ts, words, say).Encode()
}

// IsIntent tells whether an id stands for no fact but for what the bot says of
// itself, or declines.
func IsIntent(id string) bool { return match.KindOf(id) != match.Fact }
