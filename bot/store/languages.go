package store

import "sync"

// languages remembers what chats have chosen, as every message asks. It serves
// only while this process alone has the database.
type languages struct {
	mu      sync.Mutex
	all     map[[2]string]string
	changes int // so that what was read before a change is not kept after it
}

const maxLanguages = 10_000

func (l *languages) get(network, chat string) (lang string, changes int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lang, ok = l.all[[2]string{network, chat}]
	return lang, l.changes, ok
}

func (l *languages) put(network, chat, lang string, changes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changes != changes {
		return
	}
	if l.all == nil || len(l.all) >= maxLanguages {
		l.all = make(map[[2]string]string)
	}
	l.all[[2]string{network, chat}] = lang
}

// changed forgets what was known, once something else is written.
func (l *languages) changed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes++
	clear(l.all)
}
