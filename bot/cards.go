package bot

import "context"

// CardGroup are cards that are alike: those of a network that are in a language,
// show the same, and are all pinned or not.
type CardGroup struct {
	Network string
	Lang    string // empty: none was chosen or spoken
	Shown   string // a hash of what they show; empty: not known to show anything
	Pinned  bool
	Cards   int
}

// Cards is storage that can tell of all cards.
type Cards interface {
	CardGroups(ctx context.Context) ([]CardGroup, error)
}

// CardState is how cards are doing.
type CardState string

// The states of cards.
const (
	CardTrue     CardState = "true"     // pinned, and shows what the facts say
	CardUnpinned CardState = "unpinned" // shows it, and is not pinned
	CardUntrue   CardState = "untrue"   // shows something else, or was not sent yet
)

// CardCount is how many cards of a network are in a state.
type CardCount struct {
	Network string
	State   CardState
	Cards   int
}

// CardStates tells how all cards are doing.
func (b *Bot) CardStates(ctx context.Context) ([]CardCount, error) {
	all, ok := b.memory.(Cards)
	if !ok {
		return nil, nil
	}
	v, err := b.look(ctx)
	if err != nil {
		return nil, err
	}
	groups, err := all.CardGroups(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]CardCount, len(groups))
	for i, g := range groups {
		out[i] = CardCount{g.Network, v.state(g), g.Cards}
	}
	return out, nil
}

func (v *view) state(g CardGroup) CardState {
	code := g.Lang
	if code == "" {
		code = "en"
	}
	switch {
	case g.Shown != v.card(code).shown:
		return CardUntrue
	case !g.Pinned:
		return CardUnpinned
	}
	return CardTrue
}
