package bot

import (
	"context"
	"slices"
	"time"
)

// Preview is what a publication would send in a language: the card, and to who
// chose a subject the news, which are empty if there is nothing to tell.
func (b *Bot) Preview(ctx context.Context, p Publication, code, subject string) (card, news Reply, err error) {
	v, err := b.look(ctx)
	if err != nil {
		return card, news, err
	}
	next := Revision{Number: v.head.Revision + 1, Day: b.now().UTC().Format(time.DateOnly), Changes: p.Changes}
	then := &view{book: v.book, head: v.head, day: v.day, revisions: append(slices.Clone(v.revisions), next)}
	then.cards = make(map[string]shownCard)
	card = then.card(code).reply
	told, _ := then.since(v.head.Revision, next.Number, subject, nil)
	if len(told) > 0 {
		body, sources := v.book.Tell(code, told)
		news = Reply{Body: body, Sources: sources, Lang: code, Notice: true, Unasked: true}
	}
	return card, news, nil
}

// Audience is how many chats of a network would be told.
type Audience struct {
	Network, Kind string // TaskCard or TaskNews
	Lang, Subject string // of the subscription; the language as it was chosen
	Chats         int
}

// State is what became of the tasks of a kind.
type State struct {
	Kind                                  string
	Done, Waiting, Running, Tried, Failed int
}

// Failure is a task that was tried in vain, and why.
type Failure struct {
	Task  Task
	Tries int
	Next  time.Time
	Why   string
}

// Deliveries are what became of the tasks of a revision, or of all that are
// still remembered.
type Deliveries struct {
	States   []State
	Failures []Failure
}

// Left is how many tasks are not done yet, and All how many there are.
func (d Deliveries) Left() (left, all int) {
	for _, s := range d.States {
		left += s.Waiting + s.Running + s.Tried
		all += s.Waiting + s.Running + s.Tried + s.Done + s.Failed
	}
	return left, all
}
