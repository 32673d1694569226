package bot

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"parley/answers"
)

// recent keeps the answers to what was asked lately: in a busy hour many people
// ask the same, and the same question always gets the same answer. Questions are
// kept as hashes under a key of this process, no words of theirs.
type recent struct {
	seed maphash.Seed

	mu   sync.Mutex
	book *answers.Book
	kept *simplelru.LRU[uint64, answers.Answer]
}

// maxRecent is how many answers are kept at the most.
const maxRecent = 512

func newRecent() *recent {
	kept, err := simplelru.NewLRU[uint64, answers.Answer](maxRecent, nil)
	if err != nil { // of a size below one
		panic(err)
	}
	return &recent{seed: maphash.MakeSeed(), kept: kept}
}

// answer answers from a book, or as it did before.
func (r *recent) answer(book *answers.Book, q answers.Question) answers.Answer {
	key := r.key(q)
	a, ok := r.find(book, key)
	if !ok {
		a = book.Answer(q)
		r.keep(book, key, a)
	}
	a.Talk.At = q.Now
	return a
}

// key hashes all that an answer depends on: of the moment, that is the day.
func (r *recent) key(q answers.Question) uint64 {
	t := q.Talk.Current(q.Now)
	year, month, day := q.Now.Date()
	return maphash.Comparable(r.seed, struct {
		text, lang, hint, talkLang, fact, choices string
		clarified                                 bool
		year, month, day                          int
	}{q.Text, q.Lang, q.Hint, t.Lang, t.Fact, strings.Join(t.Choices, "\n"), t.Clarified, year, int(month), day})
}

func (r *recent) find(book *answers.Book, key uint64) (answers.Answer, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.book != book {
		r.book = book
		r.kept.Purge()
	}
	return r.kept.Get(key)
}

func (r *recent) keep(book *answers.Book, key uint64, a answers.Answer) {
	a.Body, a.Facts, a.Sources, a.Choices = slices.Clip(a.Body), slices.Clip(a.Facts), slices.Clip(a.Sources), slices.Clip(a.Choices)
	a.Talk.Choices = slices.Clip(a.Talk.Choices)
	a.Talk.At = time.Time{}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.book == book { // else the facts have changed meanwhile
		r.kept.Add(key, a)
	}
}
