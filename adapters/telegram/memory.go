package telegram

import (
	"slices"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// lru remembers the last so many things that were used.
type lru[K comparable, V any] = simplelru.LRU[K, V]

func newLRU[K comparable, V any](size int) *lru[K, V] {
	l, err := simplelru.NewLRU[K, V](size, nil)
	if err != nil { // of a size below one
		panic(err)
	}
	return l
}

// dropChat drops what is known of a chat's messages.
func dropChat[V any](l *lru[msgKey, V], chat string) {
	for _, k := range l.Keys() {
		if k.chat == chat {
			l.Remove(k)
		}
	}
}

// msgKey names a message on Telegram.
type msgKey struct{ chat, id string }

// remembered is what the adapter knows of the last hours. Ids only; a restart
// forgets it, and what is lost is convenience.
type remembered struct {
	mu      sync.Mutex
	answers *lru[msgKey, string]   // question -> the first message of its answer
	rest    *lru[msgKey, []string] // that -> the messages a long answer goes on in
	waits   *lru[msgKey, string]   // question -> the update whose answer is stored
	moves   *lru[string, string]   // old chat -> new chat
	told    *lru[string, bool]     // moves handed to the bot
	albums  *lru[string, bool]
	pairs   []pair            // answers that the store does not know yet
	newest  *lru[string, int] // chat -> the newest message known in it
}

func newRemembered() *remembered {
	return &remembered{
		answers: newLRU[msgKey, string](5000), rest: newLRU[msgKey, []string](2000),
		waits: newLRU[msgKey, string](2000), moves: newLRU[string, string](1000), told: newLRU[string, bool](1000), albums: newLRU[string, bool](1000),
		newest: newLRU[string, int](20000),
	}
}

func (r *remembered) answerTo(chat, question string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answers.Get(msgKey{chat, question})
}

func (r *remembered) answered(chat, question, answer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers.Add(msgKey{chat, question}, answer)
	if len(r.pairs) < maxPairs {
		r.pairs = append(r.pairs, pair{chat, question, answer})
	}
}

// wait notes under which update the answer to a question is stored.
func (r *remembered) wait(chat, question, update string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits.Add(msgKey{chat, question}, update)
}

func (r *remembered) waitsFor(chat, question string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waits.Get(msgKey{chat, question})
}

// unstored are the answers since it was last asked for.
func (r *remembered) unstored() []pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	ps := r.pairs
	r.pairs = nil
	return ps
}

// forget drops what is known of a chat's messages.
func (r *remembered) forget(chat string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pairs = slices.DeleteFunc(r.pairs, func(p pair) bool { return p.chat == chat })
	dropChat(r.answers, chat)
	dropChat(r.rest, chat)
	dropChat(r.waits, chat)
	r.newest.Remove(chat)
}

func (r *remembered) restOf(chat, first string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids, _ := r.rest.Get(msgKey{chat, first})
	return ids
}

func (r *remembered) setRest(chat, first string, ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, had := r.rest.Get(msgKey{chat, first}); had || len(ids) > 0 {
		r.rest.Add(msgKey{chat, first}, ids)
	}
}

// move notes a chat's new id and tells whether it is news.
func (r *remembered) move(from, to string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.moves.Get(from)
	r.moves.Add(from, to)
	return !ok || known != to
}

// now is the id that a chat has by now.
func (r *remembered) now(chat string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if to, ok := r.moves.Get(chat); ok {
		return to
	}
	return chat
}

func (r *remembered) firstMove(chat string) bool  { return r.first(r.told, chat) }
func (r *remembered) firstOfAlbum(id string) bool { return r.first(r.albums, id) }

func (r *remembered) first(l *lru[string, bool], k string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := l.Get(k)
	l.Add(k, true)
	return !known
}
