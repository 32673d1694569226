package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"parley/bot"
	"parley/bot/store"
)

// Telegram gives a hundred updates at most and the next only when the first of
// them are confirmed. The answers of a chat that is over its limits would hold up
// everybody else, for minutes in a group. So such an answer is stored, its update
// confirmed, and it is sent when the chat's turn comes, by this process or the next.

// outbox counts the answers that are stored for each chat. A chat that has any
// has one goroutine that sends them.
type outbox struct {
	mu    sync.Mutex
	chats map[string]int
	all   int
}

const (
	patient    = 3 * time.Second // an answer that has to wait longer is stored
	fewWaiting = 8               // and one that waits at all, if more than these wait with it
	mostKept   = 1000            // in a chat; what comes beyond holds up the others
	allKept    = 10_000
	lostAfter  = 20 // looks, for what is counted and not there
)

// letter is an answer as it is stored: the messages it consists of, as sendMessage
// takes them.
type letter struct {
	Quote string   `json:"quote,omitempty"`
	Parts []params `json:"parts"`
}

func newOutbox() *outbox { return &outbox{chats: map[string]int{}} }

// add counts one more, if the chat has any or must wait, and tells whether it is
// the first.
func (o *outbox) add(chat string, mustWait bool) (first, added bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.chats[chat]
	if n == 0 && !mustWait || n >= mostKept || o.all >= allKept {
		return false, false
	}
	o.chats[chat]++
	o.all++
	return n == 0, true
}

// remove counts one less, and tells whether there are more.
func (o *outbox) remove(chat string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all--
	if o.chats[chat]--; o.chats[chat] > 0 {
		return true
	}
	delete(o.chats, chat)
	return false
}

// clear counts none any more: the chat was forgotten. revive counts one that was
// stored after that, and tells whether it was so.
func (o *outbox) clear(chat string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all -= o.chats[chat]
	delete(o.chats, chat)
	return true
}

func (o *outbox) revive(chat string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.chats[chat] > 0 {
		return false
	}
	o.chats[chat]++
	o.all++
	return true
}

// postpone stores an answer that cannot go soon, and tells whether it did.
func (a *Adapter) postpone(ctx context.Context, t *ticket, to bot.Chat, r bot.Reply, f form) bool {
	if t == nil || r.Unasked || r.Echoes || r.Final {
		return false
	}
	delay := a.gov.delay(a.memory.now(to.ID))
	first, added := a.outbox.add(to.ID, delay > patient || delay > 0 && a.tickets.of(to.ID) > fewWaiting)
	if !added {
		return false
	}
	id := a.inboxID(t.id)
	err := a.cfg.Store.PutWaiting(ctx, store.Waiting{Network: Network, ID: id, Chat: to.ID, Place: int64(t.id), Body: letterOf(to, r, f)}, time.Now())
	if err != nil {
		a.log.ErrorContext(ctx, "answer not stored", "err", err)
		if more := a.outbox.remove(to.ID); more && first {
			a.sendStored(to.ID)
		}
		return false
	}
	a.memory.wait(to.ID, r.Quote, id)
	a.stats.postponed.Add(1)
	if first || a.outbox.revive(to.ID) {
		a.sendStored(to.ID)
	}
	return true
}

// rewrite puts the answer to an edited question in the place of the one that
// is stored, and tells whether that had still to be sent.
func (a *Adapter) rewrite(ctx context.Context, to bot.Chat, r bot.Reply, f form) bool {
	id, ok := a.memory.waitsFor(to.ID, r.Quote)
	if !ok || r.Echoes {
		return false
	}
	done, err := a.cfg.Store.ChangeWaiting(ctx, Network, id, letterOf(to, r, f))
	if err != nil {
		a.log.ErrorContext(ctx, "stored answer not changed", "err", err)
	}
	return done
}

func letterOf(to bot.Chat, r bot.Reply, f form) string {
	l := letter{Quote: r.Quote}
	for i := range f.parts {
		l.Parts = append(l.Parts, messageParams(to, r, f, i))
	}
	return jsonOf(l)
}

// lookForLeft is how often it is looked for what other processes have left.
const lookForLeft = 10 * time.Second

// resume sends what an earlier process stored, and if others may store something
// and end, what those leave.
func (a *Adapter) resume(ctx context.Context) {
	a.resumeOnce(ctx)
	if !a.cfg.Store.Shared() {
		return
	}
	a.spawn(func() {
		for pause(a.stop, lookForLeft) == nil {
			a.resumeOnce(ctx)
		}
	})
}

func (a *Adapter) resumeOnce(ctx context.Context) {
	chats, err := a.cfg.Store.WaitingChats(ctx, Network)
	if err != nil {
		a.log.ErrorContext(ctx, "stored answers cannot be read", "err", err)
		return
	}
	a.outbox.mu.Lock()
	defer a.outbox.mu.Unlock()
	for chat, n := range chats {
		if a.outbox.chats[chat] == 0 {
			a.outbox.chats[chat] = n
			a.outbox.all += n
			a.sendStored(chat)
		}
	}
}

// sendStored begins to send what is stored for a chat. What is left when Run ends
// is for the next process.
func (a *Adapter) sendStored(chat string) {
	a.spawn(func() {
		for looks := 0; a.stop.Err() == nil; looks++ {
			sent, err := a.sendNext(chat)
			switch {
			case errors.Is(err, errEnding):
				return
			case err != nil && a.stop.Err() == nil:
				a.log.Error("stored answers are not sent", "err", err)
			case sent:
				if looks = 0; !a.outbox.remove(chat) {
					return
				}
				continue
			}
			// counted and not written yet, forgotten with its chat, or sent by another process
			if pause(a.stop, 50*time.Millisecond) != nil || looks > lostAfter && a.outbox.clear(chat) {
				return
			}
		}
	})
}

var errEnding = errors.New("the process ends")

// sendNext sends the oldest answer that is stored for a chat, unless another
// process does, and tells whether it did.
func (a *Adapter) sendNext(chat string) (bool, error) {
	unlock, ok, err := a.cfg.Store.Lock(a.hard, bot.Chat{Network: Network, ID: "waiting." + chat})
	if err != nil || !ok {
		return false, err
	}
	defer unlock()
	w, err := a.cfg.Store.NextWaiting(a.hard, Network, chat)
	if err != nil || w == nil {
		return false, err
	}
	if !a.deliver(w) {
		return false, errEnding
	}
	return true, a.cfg.Store.DropWaiting(a.hard, Network, w.ID)
}

// deliver sends a stored answer. It returns false if the end of the process
// prevents it.
func (a *Adapter) deliver(w *store.Waiting) bool {
	ctx := context.Background()
	var l letter
	if err := json.Unmarshal([]byte(w.Body), &l); err != nil {
		a.log.ErrorContext(ctx, "stored answer cannot be read", "err", err)
		return true
	}
	ctx = bot.WithOrigin(ctx, bot.Origin{Chat: bot.Chat{Network: Network, ID: w.Chat}, ID: l.Quote})
	if w.Sending {
		a.stats.uncertain.Add(1)
		a.log.InfoContext(ctx, "an answer may be sent twice: the last run ended while it was sent", "update", w.ID)
	}
	var ids []string
	note := sync.OnceFunc(func() {
		if err := a.cfg.Store.SendWaiting(a.hard, Network, w.ID); err != nil {
			a.log.ErrorContext(ctx, "stored answer not noted", "err", err)
		}
	})
	for i, p := range l.Parts {
		j := a.job(ctx, "sendMessage", bot.Chat{Network: Network, ID: w.Chat}, p)
		j.note, j.goOn = note, i > 0
		raw, err := a.carryOut(ctx, j)
		if err != nil && a.stop.Err() != nil && isStop(err) && !errors.Is(err, bot.ErrUncertain) {
			return false
		}
		if errors.Is(err, bot.ErrGone) {
			a.forgetGone(ctx, w.Chat)
		}
		if err != nil {
			a.log.WarnContext(ctx, "answer not sent", "err", err)
			return true
		}
		if id, err := messageID(raw); err == nil {
			ids = append(ids, strconv.Itoa(id))
			a.stats.sent.Add(1)
		}
	}
	a.noteAnswer(w.Chat, l.Quote, ids)
	return true
}

// forgetGone deletes what is kept of a chat to which a stored answer could not be
// sent any more, as the bot does of others: it knows nothing of these sends.
func (a *Adapter) forgetGone(ctx context.Context, id string) {
	c := bot.Chat{Network: Network, ID: a.memory.now(id)}
	a.Forget(c)
	for _, id := range []string{id, c.ID} {
		if err := a.cfg.Store.Forget(a.hard, Network, id); err != nil && a.hard.Err() == nil {
			a.log.ErrorContext(ctx, "chat not forgotten", "err", err)
		}
	}
}
