package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"parley/answers"
	"parley/answers/lang"
)

// Keeper is what the bot asks of storage.
type Keeper interface {
	Language(ctx context.Context, network, chat string) (string, error)
	SetLanguage(ctx context.Context, network, chat, lang string, now time.Time) error
	Forget(ctx context.Context, network, chat string) error
	Move(ctx context.Context, network, from, to string) error
}

// Options are what a bot is made of. Keeper may be nil: nothing is kept then.
type Options struct {
	Book   *answers.Book
	Keeper Keeper
	Log    *slog.Logger
	Now    func() time.Time
	// Lanes is how many chats are served at the same time at the most; 512.
	Lanes int
	// Flood is how much is answered; nothing is limited by default.
	Flood Flood
	// Blocked are not answered.
	Blocked Blocked
}

// Bot answers messages. It is safe for concurrent use.
type Bot struct {
	book     atomic.Pointer[answers.Book]
	keeper   Keeper
	log      *slog.Logger
	now      func() time.Time
	lanes    *lanes
	topics   *topics
	recent   *recent
	adapters atomic.Pointer[map[string]Adapter]
	commands []Command

	memory  Memory // nil where nothing can be pinned or announced
	views   views
	told    chatSet
	swapped chan struct{} // the facts have changed since Keep looked
	changed atomic.Bool   // they have changed since the start
	counts  Counts

	metrics   *metrics
	handlings handlings
	floods    atomic.Pointer[floods]
	blocked   atomic.Pointer[blockList]
}

// Counts are how often something happened since the start.
type Counts struct {
	Sent, Edited atomic.Int64 // unasked
	Uncertain    atomic.Int64 // sends and edits whose fate was unknown at first
	Refused      atomic.Int64 // changed fact bases that were not sound
}

// Counts returns what was counted since the start.
func (b *Bot) Counts() *Counts { return &b.counts }

// New makes a bot.
func New(o Options) *Bot {
	b := &Bot{keeper: o.Keeper, log: o.Log, now: o.Now, topics: newTopics(), recent: newRecent(), commands: Commands(), swapped: make(chan struct{}, 1)}
	b.memory, _ = o.Keeper.(Memory)
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.now == nil {
		b.now = time.Now
	}
	if o.Lanes == 0 {
		o.Lanes = 512
	}
	b.lanes = newLanes(o.Lanes)
	b.SetFlood(o.Flood)
	b.SetBlocked(o.Blocked)
	b.metrics = newMetrics(&b.counts, commandNames(b.commands))
	b.book.Store(o.Book)
	return b
}

// Book returns the facts that are answered from now.
func (b *Bot) Book() *answers.Book { return b.book.Load() }

// Swap answers from another book from now on. Answers under way keep the old
// one. What has changed is announced by Keep.
func (b *Bot) Swap(book *answers.Book) {
	b.book.Store(book)
	b.changed.Store(true)
	select {
	case b.swapped <- struct{}{}:
	default: // Keep has yet to look, and will see this book too
	}
}

// Run runs the adapters until ctx ends or one of them fails for good; it
// returns once all have ended and every message taken has been dealt with. One
// network that fails does not end the others while ctx lives, unless it returns
// ErrRestart: a new Bot is to go on then.
func (b *Bot) Run(ctx context.Context, adapters ...Adapter) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	all := make(map[string]Adapter, len(adapters))
	for _, a := range adapters {
		all[a.Name()] = a
	}
	b.adapters.Store(&all)
	var wg sync.WaitGroup
	errs := make([]error, len(adapters))
	for i, a := range adapters {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer b.handlings.end(a.Name())
			if err := a.Run(ctx, b.handler(a)); err != nil && !errors.Is(err, context.Canceled) {
				errs[i] = fmt.Errorf("%s: %w", a.Name(), err)
				b.log.ErrorContext(ctx, "network ended", "network", a.Name(), "err", err)
			}
			if errors.Is(errs[i], ErrRestart) {
				end()
			}
		}()
	}
	wg.Wait()
	b.lanes.wait()
	return errors.Join(errs...)
}

// adapter is the network with that name, or nil if it does not run.
func (b *Bot) adapter(name string) Adapter {
	all := b.adapters.Load()
	if all == nil {
		return nil
	}
	return (*all)[name]
}

// serveWithin bounds one answer, its sending included. It outlives the wait for
// a busy network, not a network that is gone.
const serveWithin = 3 * time.Minute

// serve deals with one message. A panic costs this answer, not the program; its
// message may hold what the person wrote and is not logged.
func (b *Bot) serve(ctx context.Context, a Adapter, m Message, do deed) (err error) {
	ctx, cancel := context.WithTimeout(ctx, serveWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			b.log.ErrorContext(ctx, "panic while answering", "network", m.Chat.Network, "kind", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = b.failed(m, failedPanic, errors.New("panic while answering"))
		}
	}()
	if err = do(ctx, a, m); err == nil {
		return nil
	}
	if errors.Is(err, ErrGone) {
		b.forget(ctx, m.Chat)
		return nil
	}
	b.log.WarnContext(ctx, "answer not sent", "network", m.Chat.Network, "err", err)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return b.failed(m, failedTimeout, err)
	}
	return b.failed(m, failedSend, err)
}

// respond answers a message, or stays silent where that is the answer.
func (b *Bot) respond(ctx context.Context, a Adapter, m Message) error {
	r, ok := b.reply(ctx, a, m)
	if !ok {
		return nil
	}
	r.Quote, r.Mention = m.ID, m.From
	if err := b.send(ctx, a, m, r); err != nil {
		return err
	}
	if r.Final {
		b.forget(ctx, m.Chat)
	}
	took := time.Since(m.taken)
	b.metrics.took.WithLabelValues(m.Chat.Network).Observe(took.Seconds())
	b.log.DebugContext(ctx, "answered", "network", m.Chat.Network, "lang", r.Lang, "took", took)
	return nil
}

// failed counts an update that was not answered.
func (b *Bot) failed(m Message, why string, err error) error {
	b.metrics.failed.WithLabelValues(m.Chat.Network, why).Inc()
	return err
}

// send posts a reply, or edits the answer that stands for it already.
func (b *Bot) send(ctx context.Context, a Adapter, m Message, r Reply) error {
	now := b.now()
	if e, ok := a.(Editor); ok && m.Answer != "" {
		if err := e.Edit(ctx, m.Chat, m.Answer, r); !errors.Is(err, ErrLost) {
			b.noteTold(m, r, m.Answer, now, err)
			return err
		}
	}
	b.reserve(ctx, a)
	id, err := a.Send(ctx, m.Chat, r)
	if err == nil {
		b.noteLast(ctx, a, m.Chat, id)
	}
	b.noteTold(m, r, id, now, err)
	return err
}

// noteTold remembers what a group is told, for whoever asks the same soon.
func (b *Bot) noteTold(m Message, r Reply, id string, now time.Time, err error) {
	if err == nil && id != "" && m.Kind == Group {
		b.topics.told(m.Chat, r, m.ID, id, now)
	}
}

// reply finds what is said to a message; false is silence.
func (b *Bot) reply(ctx context.Context, a Adapter, m Message) (Reply, bool) {
	if m.Command != "" {
		return b.command(ctx, a, m)
	}
	defer showTyping(ctx, a, m.Chat)()
	if m.Choice != "" {
		return b.picked(ctx, a, m)
	}
	q, began := b.question(ctx, m), time.Now()
	ans := b.recent.answer(b.Book(), q)
	b.metrics.answered(m.Chat.Network, ans, time.Since(began))
	b.log.DebugContext(ctx, "answer found", "network", m.Chat.Network, "outcome", ans.Status, "lang", ans.Lang)
	b.remember(ctx, m, ans.Talk)
	return b.once(a, m, FromAnswer(ans))
}

// question is a message as answers takes it.
func (b *Bot) question(ctx context.Context, m Message) answers.Question {
	return answers.Question{Text: m.Text, Lang: b.chosen(ctx, m.Chat), Hint: m.Hint, Talk: b.talk(ctx, m), Now: b.now()}
}

// chosen is the language a chat has chosen, if it has.
func (b *Bot) chosen(ctx context.Context, c Chat) string {
	if b.keeper == nil {
		return b.topics.language(c)
	}
	l, err := b.keeper.Language(ctx, c.Network, c.ID)
	if err != nil {
		b.log.WarnContext(ctx, "language not read", "err", err)
	}
	return l
}

// FromAnswer makes a reply of an answer.
func FromAnswer(a answers.Answer) Reply {
	return Reply{Body: a.Body, Sources: a.Sources, Choices: a.Choices, Lang: a.Lang, Fact: a.ID}
}

// language is the language to speak to a chat in when there is no question.
func (b *Bot) language(ctx context.Context, m Message) string {
	for _, l := range [...]string{b.chosen(ctx, m.Chat), b.talk(ctx, m).Lang, m.Hint} {
		if lang.Has(l) {
			return l
		}
	}
	return lang.Codes[0]
}
