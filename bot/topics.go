package bot

import (
	"sync"
	"time"

	"parley/answers"
)

// topics remembers for some minutes what is being talked about: of each person
// in each chat and thread apart, and which facts a group was told lately. It
// holds ids, no words.
type topics struct {
	mu    sync.Mutex
	talks map[person]answers.Talk
	said  map[saying]said
	langs map[Chat]string // where nothing is kept
}

type person struct {
	chat Chat
	id   string
}

type saying struct {
	chat       Chat
	fact, lang string
}

type said struct {
	id string
	at time.Time
}

// Most of what is remembered; beyond it what is old is dropped, then anything.
const (
	maxTalks   = 50_000
	maxSaid    = 20_000
	repeatRest = 10 * time.Minute
)

func newTopics() *topics {
	return &topics{talks: make(map[person]answers.Talk), said: make(map[saying]said), langs: make(map[Chat]string)}
}

func (t *topics) talk(c Chat, from string) answers.Talk {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.talks[person{c, from}]
}

func (t *topics) remember(c Chat, from string, talk answers.Talk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.talks) >= maxTalks {
		trim(t.talks, func(k answers.Talk) bool { return talk.At.Sub(k.At) > answers.TalkLife })
	}
	t.talks[person{c, from}] = talk
}

// told notes that a group was told a fact by a message of the bot.
func (t *topics) told(c Chat, fact, lang, id string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.said) >= maxSaid {
		trim(t.said, func(s said) bool { return now.Sub(s.at) > repeatRest })
	}
	t.said[saying{c, fact, lang}] = said{id, now}
}

// lately returns the message that told a fact to a group, if it is not long ago.
func (t *topics) lately(c Chat, fact, lang string, now time.Time) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.said[saying{c, fact, lang}]
	return s.id, ok && now.Sub(s.at) < repeatRest
}

// trim drops what is old; if that frees nothing, a tenth of the rest.
func trim[K comparable, V any](m map[K]V, old func(V) bool) {
	before := len(m)
	for k, v := range m {
		if old(v) {
			delete(m, k)
		}
	}
	if len(m) < before {
		return
	}
	n := before / 10
	for k := range m {
		if n--; n < 0 {
			return
		}
		delete(m, k)
	}
}

func (t *topics) language(c Chat) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.langs[Chat{c.Network, c.ID, ""}]
}

func (t *topics) setLanguage(c Chat, lang string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.langs[Chat{c.Network, c.ID, ""}] = lang
}

func (t *topics) forgetPerson(c Chat, from string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p := range t.talks {
		if p.chat.Network == c.Network && p.chat.ID == c.ID && p.id == from {
			delete(t.talks, p)
		}
	}
}

func (t *topics) forget(c Chat) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p := range t.talks {
		if p.chat.Network == c.Network && p.chat.ID == c.ID {
			delete(t.talks, p)
		}
	}
	for s := range t.said {
		if s.chat.Network == c.Network && s.chat.ID == c.ID {
			delete(t.said, s)
		}
	}
	delete(t.langs, Chat{c.Network, c.ID, ""})
}
