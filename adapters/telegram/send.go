package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/bot"
)

// errEmpty is returned for a reply without any text.
var errEmpty = errors.New("telegram: the reply has no text")

type laterKey struct{}

// Later returns a context whose sends let replies go first.
func Later(ctx context.Context) context.Context { return context.WithValue(ctx, laterKey{}, true) }

// SendLater sends what nobody waits for, after all replies that wait.
func (a *Adapter) SendLater(ctx context.Context, to bot.Chat, r bot.Reply) (string, error) {
	return a.Send(Later(ctx), to, r)
}

// Send posts a reply, in several messages if it is long, and returns the id of
// the first. It waits as long as Telegram's limits demand. Errors are
// bot.ErrGone, bot.ErrUncertain, ErrMuted, ctx's, or such as mean a mistake.
func (a *Adapter) Send(ctx context.Context, to bot.Chat, r bot.Reply) (string, error) {
	if r.Unasked {
		ctx = Later(ctx)
	}
	t := a.ticketOf(ctx, to, r.Quote)
	if t != nil && t.edited {
		if id, ok := a.memory.answerTo(to.ID, r.Quote); ok {
			if err := a.edit(ctx, t, to, id, r); !errors.Is(err, ErrLost) {
				return id, err
			}
		}
	}
	f := a.form(r)
	if len(f.parts) == 0 {
		return "", errEmpty
	}
	if t != nil && t.edited && a.rewrite(ctx, to, r, f) || a.postpone(ctx, t, to, r, f) {
		return "", nil
	}
	ids, err := a.post(ctx, t, to, r, f, 0)
	if len(ids) == 0 {
		return "", err
	}
	a.noteAnswer(to.ID, r.Quote, ids)
	return ids[0], err
}

// noteAnswer remembers the messages of an answer, for an edit of the question.
func (a *Adapter) noteAnswer(chat, quote string, ids []string) {
	if len(ids) == 0 {
		return
	}
	a.memory.setRest(chat, ids[0], ids[1:])
	if quote != "" {
		a.memory.answered(chat, quote, ids[0])
	}
}

func (a *Adapter) parts(r bot.Reply) []formatted {
	return split(render(r.Body, r.Sources, a.cfg.Packs.In(r.Lang)), maxUnits)
}

// post sends the parts from the one numbered first on, and returns the ids of
// those sent. The buttons stand under the last part.
func (a *Adapter) post(ctx context.Context, t *ticket, to bot.Chat, r bot.Reply, f form, first int) ([]string, error) {
	var ids []string
	for i := first; i < len(f.parts); i++ {
		p := messageParams(to, r, f, i)
		j := a.job(ctx, "sendMessage", to, p)
		j.ticket, j.goOn = t, i > first || first > 0
		raw, err := a.carryOut(ctx, j)
		if err != nil {
			return ids, err
		}
		id, err := messageID(raw)
		if err != nil {
			return ids, err
		}
		a.stats.sent.Add(1)
		a.memory.heard(j.chat, id)
		ids = append(ids, strconv.Itoa(id))
		a.log.DebugContext(ctx, "message sent", "network", Network)
	}
	return ids, nil
}

// messageParams are those of the i-th message of a reply. The first quotes, the last
// has the buttons.
func messageParams(to bot.Chat, r bot.Reply, f form, i int) params {
	p := f.message(i)
	setThread(p, to)
	if id, err := strconv.Atoi(r.Quote); err == nil && i == 0 {
		p["reply_parameters"] = `{"message_id":` + strconv.Itoa(id) + `,"allow_sending_without_reply":true}`
	}
	return p
}

// idFirst is how a message begins that Telegram returns.
const idFirst = `{"message_id":`

func messageID(raw json.RawMessage) (int, error) {
	if id, ok := leading(raw, idFirst); ok {
		return id, nil
	}
	var sent struct {
		ID int `json:"message_id"`
	}
	if err := json.Unmarshal(raw, &sent); err != nil || sent.ID == 0 {
		return 0, errors.New("telegram: sendMessage: the answer is no message")
	}
	return sent.ID, nil
}

// textParams is a text as sendMessage and editMessageText take it.
func textParams(f formatted) params {
	p := params{"text": f.text, "link_preview_options": `{"is_disabled":true}`}
	if len(f.ents) > 0 {
		p["entities"] = jsonOf(f.ents)
	}
	return p
}

// setThread names the topic. The General topic has the number 1 and is not named.
func setThread(p params, to bot.Chat) {
	if to.Thread != "" && to.Thread != "1" {
		p["message_thread_id"] = to.Thread
	}
}

// job is one call that the governor lets go and that is made until it is known
// what became of it.
type job struct {
	method string
	params params
	chat   string
	class  int
	// repeatable calls can be made twice and it is as if once.
	repeatable bool
	// goOn tells that something went before which this belongs to: the end of
	// the process waits for it.
	goOn   bool
	ticket *ticket
	moved  bool   // the chat was named by an id that it has no more
	note   func() // called before the first try, if set
}

func (a *Adapter) job(ctx context.Context, method string, to bot.Chat, p params) job {
	chat := a.memory.now(to.ID)
	p["chat_id"] = chat
	j := job{method: method, params: p, chat: chat, moved: chat != to.ID}
	if ctx.Value(laterKey{}) != nil {
		j.class = later
	}
	return j
}

// How often and how long a call is tried.
const (
	maxUnknown  = 6               // tries whose fate nobody knows
	maxDown     = 40              // answers that the server is not well, some three minutes
	maxOffline  = 5 * time.Minute // without reaching the server
	firstRetry  = 50 * time.Millisecond
	mostRetry   = 5 * time.Second
	maxMoves    = 2
	maxLastings = 50              // answers 429
	patience    = 2 * time.Second // what nobody waits for is put off beyond that
)

// effort is what a job has cost so far.
type effort struct {
	began                              time.Time
	tries, unknown, down, moves, flood int
}

// carryOut makes the call, and again as long as that is right.
func (a *Adapter) carryOut(ctx context.Context, j job) (json.RawMessage, error) {
	a.sending.Add(1)
	defer func() {
		a.lastSend.Store(time.Now().UnixNano())
		a.sending.Add(-1)
	}()
	wait, cancel := a.until(ctx, j.goOn)
	defer cancel()
	e := effort{began: time.Now()}
	if j.moved && j.class == later {
		return nil, fmt.Errorf("telegram: %s: %w", j.method, bot.ErrMoved)
	}
	for {
		if d := a.gov.delay(j.chat); j.class == later && d > patience {
			return nil, fmt.Errorf("telegram: %s: %w", j.method, bot.Busy{After: d})
		}
		if a.gov.trying() { // when one goes at a time the others are not to wait for its note too
			a.begun(j.ticket)
		}
		if err := a.gov.wait(wait, j.chat, j.class); err != nil {
			return nil, a.stopped(j, e, err)
		}
		a.begun(j.ticket)
		if j.note != nil {
			j.note()
		}
		raw, err := a.client.call(a.hard, j.method, j.params, callTimeout)
		a.gov.done(j.chat, err)
		if err == nil {
			return raw, nil
		}
		delay, err := a.judge(ctx, &j, &e, err)
		if err != nil {
			return nil, err
		}
		e.tries++
		a.stats.retries.Add(1)
		if err := pause(wait, delay); err != nil {
			return nil, a.stopped(j, e, err)
		}
		if err := a.awaitAnswers(wait, e); err != nil {
			return nil, a.stopped(j, e, err)
		}
	}
}

// awaitAnswers waits, after a second try whose fate is unknown, until Telegram
// answers what harms nobody: tries are few, and an outage would use them up.
func (a *Adapter) awaitAnswers(wait context.Context, e effort) error {
	for n := 0; e.unknown > 1 && time.Since(e.began) < maxOffline; n++ {
		_, err := a.client.call(wait, "getMe", nil, callTimeout)
		if ce := (*callError)(nil); err == nil || errors.As(err, &ce) && ce.Code != 0 && !ce.down() {
			return nil
		}
		if err := pause(wait, backoff(n, firstRetry, mostRetry)); err != nil {
			return err
		}
	}
	return nil
}

// until is the context in which a job waits. What began before is finished
// when the process ends; nothing else is begun then.
func (a *Adapter) until(ctx context.Context, goOn bool) (context.Context, context.CancelFunc) {
	base, end := ctx, a.stop
	if goOn {
		base, end = context.WithoutCancel(ctx), a.hard
	}
	wait, cancel := context.WithCancel(base)
	off := context.AfterFunc(end, cancel)
	return wait, func() { off(); cancel() }
}

// stopped is the error of a job that the end of the process broke off.
func (a *Adapter) stopped(j job, e effort, err error) error {
	if e.unknown == 0 && !j.goOn {
		a.unsent(j.ticket)
	}
	return fmt.Errorf("telegram: %s: %w", j.method, err)
}

func isStop(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, bot.ErrUncertain)
}

// judge decides after a failed call: to try again after the returned time, or
// to end with the returned error. An error that says what became of the
// message is never followed by the same call.
func (a *Adapter) judge(ctx context.Context, j *job, e *effort, err error) (time.Duration, error) {
	var ce *callError
	if !errors.As(err, &ce) {
		return 0, err
	}
	switch {
	case ce.Code == 401:
		a.refuse()
		if e.unknown == 0 && !j.goOn {
			a.unsent(j.ticket)
		}
		return 0, fmt.Errorf("telegram: %w", err)
	case ce.Code == 429:
		e.flood++
		a.stats.flooded.Add(1)
		if j.chat == "" {
			a.gov.pause("", ce.After)
		}
		return 0, onlyIf(e.flood > maxLastings, err)
	case ce.MovedTo != 0:
		e.moves++
		to := strconv.FormatInt(ce.MovedTo, 10)
		a.moved(j.chat, to)
		if j.class == later {
			return 0, fmt.Errorf("telegram: %s: %w", j.method, bot.ErrMoved)
		}
		j.chat, j.params["chat_id"] = to, to
		delete(j.params, "message_thread_id")
		return 0, onlyIf(e.moves > maxMoves, err)
	case ce.Unsent:
		return backoff(e.tries, firstRetry, mostRetry), onlyIf(time.Since(e.began) > maxOffline, err)
	case ce.down():
		e.down++
		return backoff(e.tries, firstRetry, mostRetry), onlyIf(e.down > maxDown, err)
	case ce.Unknown:
		return a.judgeUnknown(ctx, j, e, err)
	case ce.says("can't parse entities") && j.params["entities"] != "":
		delete(j.params, "entities") // better plain than not at all
		return 0, nil
	}
	return 0, fmt.Errorf("telegram: %w", err)
}

// judgeUnknown tries a reply once more for each try whose fate is unknown: a
// rare double is better than silence. What nobody waits for is left to whoever
// delivers it.
func (a *Adapter) judgeUnknown(ctx context.Context, j *job, e *effort, err error) (time.Duration, error) {
	e.unknown++
	if !j.repeatable {
		a.stats.uncertain.Add(1)
	}
	if a.hard.Err() != nil || e.unknown >= maxUnknown || j.class == later && !j.repeatable {
		return 0, fmt.Errorf("telegram: %w", err)
	}
	a.log.InfoContext(ctx, "fate of a request unknown; trying once more", "method", j.method, "err", err)
	return backoff(e.unknown-1, firstRetry, mostRetry), nil
}

func onlyIf(is bool, err error) error {
	if !is {
		return nil
	}
	return fmt.Errorf("telegram: %w", err)
}

// moved carries a chat over to its new id, once.
func (a *Adapter) moved(from, to string) {
	if !a.memory.move(from, to) {
		return
	}
	a.log.Info("a group has become a supergroup", "from", from, "to", to)
	if a.cfg.OnMoved != nil {
		a.cfg.OnMoved(bot.Chat{Network: Network, ID: from}, bot.Chat{Network: Network, ID: to})
	}
}
