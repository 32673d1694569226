package telegram

import (
	"hash/maphash"
	"maps"
	"sync"

	"parley/bot"
)

// form is a reply the way Telegram takes it: its messages, and the buttons
// below the last of them.
type form struct {
	parts   []formatted
	params  []params // of each part: text and entities
	buttons string   // reply_markup; empty if there are none
}

// message are the parameters of the i-th message.
func (f form) message(i int) params {
	p := maps.Clone(f.params[i])
	if i == len(f.params)-1 && f.buttons != "" {
		p["reply_markup"] = f.buttons
	}
	return p
}

// form returns the form of a reply, from memory if the same was said lately.
func (a *Adapter) form(r bot.Reply) form {
	if r.Echoes { // a person's own words are not kept
		return a.formed(r)
	}
	key := a.forms.key(r, a.Username())
	f, ok := a.forms.find(key)
	if !ok {
		f = a.formed(r)
		a.forms.keep(key, f)
	}
	return f
}

func (a *Adapter) formed(r bot.Reply) form {
	f := form{parts: a.parts(r), buttons: a.buttons(r)}
	for _, part := range f.parts {
		f.params = append(f.params, textParams(part))
	}
	return f
}

// maxForms is how many forms are kept at the most.
const maxForms = 256

// forms keeps the forms of what was said lately, under hashes: in a busy hour
// many people ask the same.
type forms struct {
	seed maphash.Seed

	mu   sync.Mutex
	kept *lru[uint64, form]
}

func newForms() *forms { return &forms{seed: maphash.MakeSeed(), kept: newLRU[uint64, form](maxForms)} }

func (fs *forms) find(key uint64) (form, bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.kept.Get(key)
}

func (fs *forms) keep(key uint64, f form) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.kept.Add(key, f)
}

// key hashes all that a form depends on.
func (fs *forms) key(r bot.Reply, username string) uint64 {
	var h maphash.Hash
	h.SetSeed(fs.seed)
	put := func(ss ...string) {
		for _, s := range ss {
			maphash.WriteComparable(&h, s)
		}
	}
	put(username, r.Lang, r.Fact)
	maphash.WriteComparable(&h, [4]int{len(r.Body), len(r.Sources), len(r.Choices), btoi(r.Notice)})
	for _, bl := range r.Body {
		maphash.WriteComparable(&h, [2]int{len(bl.Spans), btoi(bl.Item)})
		for _, s := range bl.Spans {
			maphash.WriteComparable(&h, s)
		}
	}
	for _, s := range r.Sources {
		maphash.WriteComparable(&h, s)
	}
	for _, c := range r.Choices {
		maphash.WriteComparable(&h, c)
	}
	return h.Sum64()
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
