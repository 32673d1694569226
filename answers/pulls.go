package answers

import (
	"runtime"
	"sync"
	"time"

	"parley/answers/facts"
	"parley/answers/internal/match"
)

// Pull is a training question that the model, though it has learnt it, counts
// more to something else than to what it asks for.
type Pull struct {
	Question facts.Question
	To       string  // id of what it pulls towards
	By       float64 // by how much that margin is higher
}

// clearly is by how much another margin must be higher: under it both are meant
// by many wordings, and the second reading decides.
const clearly = 0.2

// Pulls are the training questions whose best class by margin is clearly not
// their own, in their order. Something is wrong with the question, or with the
// border between the two.
func (b *Book) Pulls(qs []facts.Question) (out []Pull) {
	found := make([]Pull, len(qs))
	var wg sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for c := range cores {
		wg.Go(func() {
			for i := c; i < len(qs); i += cores {
				found[i] = b.pull(qs[i])
			}
		})
	}
	wg.Wait()
	for _, p := range found {
		if p.To != "" {
			out = append(out, p)
		}
	}
	return out
}

func (b *Book) pull(q facts.Question) Pull {
	own := b.base.Resolve(q.ID)
	r := b.matcher.Match(q.Text, match.Context{}, time.Time{})
	var best match.Candidate
	margin, has := 0.0, false
	for i, c := range r.Candidates {
		if i == 0 || c.Margin > best.Margin {
			best = c
		}
		if c.ID == own {
			margin, has = c.Margin, true
		}
	}
	if best.ID == "" || best.ID == own {
		return Pull{}
	}
	if !has {
		margin = -1 // not among the candidates: below them all
	}
	if best.Margin-margin < clearly {
		return Pull{}
	}
	return Pull{q, best.ID, best.Margin - margin}
}
