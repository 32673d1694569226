package facts

import (
	"cmp"
	"slices"
)

// Problem is something wrong with a base, and where.
type Problem struct {
	Pos     Pos
	Message string
}

func (p Problem) String() string {
	if p.Pos.File == "" {
		return p.Message
	}
	return p.Pos.String() + ": " + p.Message
}

// Problems are everything wrong with a base. As an error it tells the first
// and how many there are.
type Problems []Problem

func (ps Problems) Error() string {
	switch len(ps) {
	case 0:
		return "no problems"
	case 1:
		return ps[0].String()
	}
	return ps[0].String() + " (and " + plural(len(ps)-1, "more problem") + ")"
}

// sort puts the problems into the order of files and lines.
func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), a.Pos.Line-b.Pos.Line,
			a.Pos.Col-b.Pos.Col, cmp.Compare(a.Message, b.Message))
	})
}
