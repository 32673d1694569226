package telegram

import (
	"container/list"
	"slices"
	"sync"
)

// lru remembers the last so many things that were used.
type lru[K comparable, V any] struct {
	size  int
	items map[K]*list.Element
	order *list.List // the one used last in front
}

type lruItem[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](size int) *lru[K, V] {
	return &lru[K, V]{size, map[K]*list.Element{}, list.New()}
}

func (l *lru[K, V]) get(k K) (V, bool) {
	e, ok := l.items[k]
	if !ok {
		var none V
		return none, false
	}
	l.order.MoveToFront(e)
	return e.Value.(lruItem[K, V]).value, true
}

func (l *lru[K, V]) put(k K, v V) {
	if e, ok := l.items[k]; ok {
		e.Value = lruItem[K, V]{k, v}
		l.order.MoveToFront(e)
		return
	}
	l.items[k] = l.order.PushFront(lruItem[K, V]{k, v})
	if l.order.Len() > l.size {
		last := l.order.Back()
		delete(l.items, last.Value.(lruItem[K, V]).key)
		l.order.Remove(last)
	}
}

func (l *lru[K, V]) drop(which func(K) bool) {
	for k, e := range l.items {
		if which(k) {
			delete(l.items, k)
			l.order.Remove(e)
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
	return r.answers.get(msgKey{chat, question})
}

func (r *remembered) answered(chat, question, answer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers.put(msgKey{chat, question}, answer)
	if len(r.pairs) < maxPairs {
		r.pairs = append(r.pairs, pair{chat, question, answer})
	}
}

// wait notes under which update the answer to a question is stored.
func (r *remembered) wait(chat, question, update string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits.put(msgKey{chat, question}, update)
}

func (r *remembered) waitsFor(chat, question string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waits.get(msgKey{chat, question})
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
	r.answers.drop(func(k msgKey) bool { return k.chat == chat })
	r.rest.drop(func(k msgKey) bool { return k.chat == chat })
	r.waits.drop(func(k msgKey) bool { return k.chat == chat })
}

func (r *remembered) restOf(chat, first string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids, _ := r.rest.get(msgKey{chat, first})
	return ids
}

func (r *remembered) setRest(chat, first string, ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, had := r.rest.get(msgKey{chat, first}); had || len(ids) > 0 {
		r.rest.put(msgKey{chat, first}, ids)
	}
}

// move notes a chat's new id and tells whether it is news.
func (r *remembered) move(from, to string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.moves.get(from)
	r.moves.put(from, to)
	return !ok || known != to
}

// now is the id that a chat has by now.
func (r *remembered) now(chat string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if to, ok := r.moves.get(chat); ok {
		return to
	}
	return chat
}

func (r *remembered) firstMove(chat string) bool  { return r.first(r.told, chat) }
func (r *remembered) firstOfAlbum(id string) bool { return r.first(r.albums, id) }

func (r *remembered) first(l *lru[string, bool], k string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := l.get(k)
	l.put(k, true)
	return !known
}
