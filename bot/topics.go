package bot

import (
	"hash/maphash"
	"sync"
	"time"

	"parley/answers"
)

// topics remembers for some minutes what is being talked about: of each person
// in each chat and thread apart, and what a group was told lately. It holds ids
// and hashes, no words.
type topics struct {
	seed  maphash.Seed
	mu    sync.Mutex
	talks map[person]answers.Talk
	said  map[saying]said
	shows map[message]shown // an edit may have changed what was said
	langs map[Chat]string   // where nothing is kept
}

type person struct {
	chat Chat
	id   string
}

type saying struct {
	chat Chat
	body uint64 // a hash
}

type said struct {
	id, question string
	at           time.Time
}

type message struct {
	chat Chat
	id   string
}

type shown struct {
	body uint64
	at   time.Time
}

// Most of what is remembered; beyond it what is old is dropped, then anything.
const (
	maxTalks   = 50_000
	maxSaid    = 20_000
	repeatRest = 10 * time.Minute
)

func newTopics() *topics {
	return &topics{
		seed: maphash.MakeSeed(), talks: make(map[person]answers.Talk), said: make(map[saying]said),
		shows: make(map[message]shown), langs: make(map[Chat]string),
	}
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

// told notes that a message of the bot, sent or edited, tells a group something.
func (t *topics) told(c Chat, r Reply, question, id string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := message{c, id}
	delete(t.shows, m)
	if r.Fact == "" {
		return
	}
	if len(t.said) >= maxSaid {
		trim(t.said, func(s said) bool { return now.Sub(s.at) > repeatRest })
	}
	if len(t.shows) >= maxSaid {
		trim(t.shows, func(s shown) bool { return now.Sub(s.at) > repeatRest })
	}
	body := t.hash(r)
	t.said[saying{c, body}] = said{id, question, now}
	t.shows[m] = shown{body, now}
}

// lately returns what told a group the same, if it is not long ago and still
// stands there.
func (t *topics) lately(c Chat, r Reply, now time.Time) (said, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	body := t.hash(r)
	s, ok := t.said[saying{c, body}]
	return s, ok && now.Sub(s.at) < repeatRest && t.shows[message{c, s.id}].body == body
}

func (t *topics) hash(r Reply) uint64 { return maphash.String(t.seed, r.Body.String()) }

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
	for m := range t.shows {
		if m.chat.Network == c.Network && m.chat.ID == c.ID {
			delete(t.shows, m)
		}
	}
	delete(t.langs, Chat{c.Network, c.ID, ""})
}
