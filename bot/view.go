package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"parley/answers"
)

// How long what was announced is of use.
const (
	amendable = 90 * 24 * time.Hour // after that a post is not corrected any more, and forgotten
	remarked  = 28 * 24 * time.Hour // for that long the card marks what was put right
)

// view is what is to be told now: the facts, what has changed, and the card in
// each language. It is made once for each edition and day.
type view struct {
	book      *answers.Book
	head      Head
	day       string
	revisions []Revision

	mu    sync.Mutex
	cards map[string]shownCard
}

type shownCard struct {
	reply Reply
	shown string
}

// views makes views, and keeps the last one.
type views struct {
	mu   sync.Mutex
	last *view
	hash struct {
		book *answers.Book
		hash string
	}
}

// behind is how long a process waits that does not have the newest edition.
const behind = 2 * time.Second

// current returns what is to be told now. It returns Busy while this process has
// another edition of the facts than the one that was announced.
func (b *Bot) current(ctx context.Context) (*view, error) {
	v, err := b.look(ctx)
	if err != nil {
		return nil, err
	}
	if v.head.Hash != b.views.hashOf(v.book) {
		return nil, Busy{After: behind}
	}
	return v, nil
}

// look returns what this process would tell now, announced or not.
func (b *Bot) look(ctx context.Context) (*view, error) {
	h, err := b.memory.Head(ctx)
	if err != nil {
		return nil, err
	}
	now := b.now()
	book, day := b.Book(), now.UTC().Format(time.DateOnly)
	b.views.mu.Lock()
	defer b.views.mu.Unlock()
	if l := b.views.last; l != nil && l.book == book && l.head == h && l.day == day {
		return l, nil
	}
	rs, err := b.memory.Revisions(ctx, now.Add(-amendable))
	if err != nil {
		return nil, err
	}
	b.views.last = &view{book: book, head: h, day: day, revisions: rs, cards: make(map[string]shownCard)}
	return b.views.last, nil
}

// hashOf is the hash of a book's edition.
func (vs *views) hashOf(book *answers.Book) string {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if vs.hash.book != book {
		vs.hash.book, vs.hash.hash = book, book.Edition().Hash()
	}
	return vs.hash.hash
}

// card is the schedule in a language.
func (v *view) card(code string) shownCard {
	v.mu.Lock()
	defer v.mu.Unlock()
	c, ok := v.cards[code]
	if !ok {
		body := v.book.Card(code, v.day, v.amendments())
		c = shownCard{Reply{Body: body, Lang: code, Notice: true, Unasked: true}, ""}
		c.shown = hashReply(c.reply)
		v.cards[code] = c
	}
	return c
}

// amendments are what was put right in the last weeks, as the card marks it.
func (v *view) amendments() (out []answers.Amendment) {
	day, err := time.Parse(time.DateOnly, v.day)
	if err != nil {
		return nil
	}
	since := day.Add(-remarked).Format(time.DateOnly)
	for _, r := range v.revisions {
		for _, c := range r.Changes {
			if r.Day >= since && c.Amends() {
				out = append(out, answers.Amendment{Change: c, Day: r.Day})
			}
		}
	}
	return out
}

// hashReply is the same for replies that show the same.
func hashReply(r Reply) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", r.Lang, r.Body, r.Sources))
	return hex.EncodeToString(sum[:12])
}
