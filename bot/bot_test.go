package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/answers"
	"parley/answers/lang"
	"parley/bot"
)

var book = sync.OnceValues(answers.Embedded)

// network is an adapter in memory: messages are put in, replies come out.
type network struct {
	in  chan bot.Message
	out chan bot.Reply

	mu    sync.Mutex
	fail  error // what Send returns next
	sent  int
	slow  map[string]chan struct{} // chats whose sends wait
	order map[string][]string      // quotes of what was sent to each chat
}

func newNetwork() *network {
	return &network{in: make(chan bot.Message), out: make(chan bot.Reply, 10_000), slow: map[string]chan struct{}{}, order: map[string][]string{}}
}

func (n *network) Name() string { return "memory" }

func (n *network) Run(ctx context.Context, handle bot.Handler) error {
	for {
		select {
		case m := <-n.in:
			// what was taken is handed over, also while stopping
			if err := handle(context.WithoutCancel(ctx), m, func(error) {}); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (n *network) Send(_ context.Context, to bot.Chat, r bot.Reply) (string, error) {
	n.mu.Lock()
	wait, err := n.slow[to.ID], n.fail
	n.fail = nil
	n.sent++
	id := fmt.Sprint(n.sent)
	n.order[to.ID] = append(n.order[to.ID], r.Quote)
	n.mu.Unlock()
	if wait != nil {
		<-wait
	}
	if err == nil {
		n.out <- r
	}
	return id, err
}

func (n *network) Link(c bot.Chat, id string) (string, bool) {
	return "https://example.org/" + id, true
}

// keeper keeps in memory.
type keeper struct {
	mu     sync.Mutex
	langs  map[string]string
	forgot []string
}

func (k *keeper) Language(_ context.Context, _, chat string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.langs[chat], nil
}

func (k *keeper) SetLanguage(_ context.Context, _, chat, lang string, _ time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.langs[chat] = lang
	return nil
}

func (k *keeper) Forget(_ context.Context, _, chat string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgot = append(k.forgot, chat)
	return nil
}

func (k *keeper) Move(context.Context, string, string, string) error { return nil }

type world struct {
	*network
	keeper *keeper
	log    *strings.Builder
	clock  time.Time
	stop   func() error
}

func start(t *testing.T) *world {
	t.Helper()
	b, err := book()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{network: newNetwork(), keeper: &keeper{langs: map[string]string{}}, log: &strings.Builder{}, clock: time.Date(2026, 6, 20, 12, 0, 0, 0, time.UTC)}
	var mu sync.Mutex
	bt := bot.New(bot.Options{Book: b, Keeper: w.keeper, Now: func() time.Time { return w.clock },
		Log: slog.New(slog.NewTextHandler(locked{&mu, w.log}, nil))})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- bt.Run(ctx, w.network) }()
	w.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
	return w
}

type locked struct {
	mu *sync.Mutex
	w  *strings.Builder
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (w *world) say(t *testing.T, m bot.Message) bot.Reply {
	t.Helper()
	if m.Chat.Network == "" {
		m.Chat = bot.Chat{Network: "memory", ID: "1"}
	}
	w.in <- m
	select {
	case r := <-w.out:
		return r
	case <-time.After(10 * time.Second):
		t.Fatal("no reply")
		return bot.Reply{}
	}
}

func TestAQuestionIsAnsweredWithItsSources(t *testing.T) {
	r := start(t).say(t, bot.Message{ID: "5", From: "ann", Text: "How long did the second round last?"})
	if !strings.Contains(r.Body.String(), "72 minutes") || len(r.Sources) == 0 || r.Quote != "5" || r.Mention != "ann" || r.Fact != "r2-duration" {
		t.Errorf("%+v", r)
	}
}

func TestTheTalksOfTwoPeopleAreNotMixed(t *testing.T) {
	w := start(t)
	group := bot.Chat{Network: "memory", ID: "g"}
	w.say(t, bot.Message{Chat: group, Kind: bot.Group, From: "ann", Text: "How long did the second round last?"})
	w.say(t, bot.Message{Chat: group, Kind: bot.Group, From: "bob", Text: "Who is Umerov?"})
	r := w.say(t, bot.Message{Chat: group, Kind: bot.Group, From: "ann", Text: "and the third?"})
	if r.Fact != "r3-duration" {
		t.Errorf("ann got %s", r.Fact)
	}
}

func TestAGroupIsNotToldTheSameTwiceInTenMinutes(t *testing.T) {
	w := start(t)
	ask := func() bot.Reply {
		return w.say(t, bot.Message{Chat: bot.Chat{Network: "memory", ID: "g"}, Kind: bot.Group, From: "ann", Text: "How long did the second round last?"})
	}
	first, again := ask(), ask()
	if again.Fact != "" || len(again.Body) != 1 || again.Body[0].Spans[0].URL != "https://example.org/1" {
		t.Errorf("second answer: %+v", again)
	}
	w.clock = w.clock.Add(11 * time.Minute)
	if later := ask(); later.Fact != first.Fact {
		t.Errorf("after eleven minutes: %+v", later)
	}
}

func TestOnlyTheSameAnswerCountsAsTold(t *testing.T) {
	w := start(t)
	group := bot.Chat{Network: "memory", ID: "g"}
	say := func(m bot.Message) bot.Reply {
		m.Chat, m.Kind, m.From = group, bot.Group, "ann"
		return w.say(t, m)
	}
	first := say(bot.Message{Command: "fact", Args: "bg-2022-istanbul-29-march"})
	if r := say(bot.Message{Command: "timeline"}); r.Notice || r.Fact != "timeline" {
		t.Errorf("a summary that begins with the fact: %+v", r)
	}
	if r := say(bot.Message{Command: "fact", Args: "talks-2022"}); r.Notice || r.Fact != "talks-2022" {
		t.Errorf("another that does: %+v", r)
	}
	if r := say(bot.Message{Command: "fact", Args: first.Fact}); !r.Notice {
		t.Errorf("the fact again: %+v", r)
	}
}

// It is edited before its answer is known.
func TestAnEditedQuestionIsNotLinkedToItsOwnAnswer(t *testing.T) {
	w := start(t)
	for range 2 {
		r := w.say(t, bot.Message{Chat: bot.Chat{Network: "memory", ID: "g"}, Kind: bot.Group, ID: "q", Text: "How long did the second round last?"})
		if r.Fact == "" {
			t.Errorf("%+v", r)
		}
	}
}

func TestASummaryIsSharedWhole(t *testing.T) {
	w := start(t)
	for _, id := range []string{"rounds", "round-2", "compare-demands", "r2-venue", "umerov"} {
		r := w.say(t, bot.Message{Command: "fact", Args: id})
		if again := w.say(t, bot.Message{Command: "start", Args: r.Fact}); again.Body.String() != r.Body.String() {
			t.Errorf("%s is shared as %s", id, r.Fact)
		}
	}
	r := w.say(t, bot.Message{Text: "How many prisoners were exchanged in May 2025?"})
	if again := w.say(t, bot.Message{Command: "start", Args: r.Fact}); again.Body.String() != r.Body.String() || r.Fact == "" {
		t.Errorf("a count is shared as %q", r.Fact)
	}
}

func TestAButtonWhoseFactIsGoneShowsWhatThereIsNow(t *testing.T) {
	w := start(t)
	for _, choice := range []string{"gone", "/sources gone", "/gone", "?"} {
		if r := w.say(t, bot.Message{Choice: choice}); !strings.Contains(r.Body.String(), "has changed") || len(r.Choices) == 0 {
			t.Errorf("%s: %+v", choice, r)
		}
	}
}

func TestEveryCommandIsDescribedAndAnswered(t *testing.T) {
	w := start(t)
	b, _ := book()
	for _, c := range bot.Commands() {
		for _, code := range lang.Codes {
			if s := b.Say(code, "cmd."+c.Name, nil); s == "cmd."+c.Name {
				t.Errorf("/%s is not described in %s", c.Name, code)
			}
			if r := w.say(t, bot.Message{Command: c.Name, Args: "2", Hint: code}); len(r.Body) == 0 || r.Lang == "" {
				t.Errorf("/%s in %s: %+v", c.Name, code, r)
			}
		}
	}
}

func TestAGroupsLanguageIsItsAdministratorsToSet(t *testing.T) {
	w := start(t)
	group := bot.Chat{Network: "memory", ID: "g"}
	set := func(admin bool, code string) bot.Reply {
		return w.say(t, bot.Message{Chat: group, Kind: bot.Group, Command: "lang", Args: code, Admin: func() (bool, error) { return admin, nil }})
	}
	if r := set(false, "tr"); w.keeper.langs["g"] != "" {
		t.Errorf("anybody may: %+v", r)
	}
	if r := set(true, ""); len(r.Choices) != 0 || !strings.Contains(r.Body.String(), "/lang uk") {
		t.Errorf("everybody is offered what administrators may: %+v", r)
	}
	set(true, "tr")
	if r := w.say(t, bot.Message{Chat: group, Kind: bot.Group, Text: "How long did the second round last?"}); r.Lang != "tr" {
		t.Errorf("answered in %s", r.Lang)
	}
}

func TestAGoneChatIsForgotten(t *testing.T) {
	w := start(t)
	w.fail = bot.ErrGone
	w.in <- bot.Message{Chat: bot.Chat{Network: "memory", ID: "left"}, Text: "hello"}
	w.say(t, bot.Message{Chat: bot.Chat{Network: "memory", ID: "left"}, Text: "hello"})
	w.keeper.mu.Lock()
	defer w.keeper.mu.Unlock()
	if len(w.keeper.forgot) != 1 || w.keeper.forgot[0] != "left" {
		t.Errorf("forgot %v", w.keeper.forgot)
	}
}

func TestASlowChatKeepsItsOrderAndHoldsUpNoOther(t *testing.T) {
	w := start(t)
	gate := make(chan struct{})
	w.mu.Lock()
	w.slow["slow"] = gate
	w.mu.Unlock()
	for i := range 5 {
		w.in <- bot.Message{Chat: bot.Chat{Network: "memory", ID: "slow"}, ID: fmt.Sprint(i), Text: "hello"}
	}
	if r := w.say(t, bot.Message{Chat: bot.Chat{Network: "memory", ID: "quick"}, ID: "q", Text: "hello"}); r.Quote != "q" {
		t.Errorf("the quick chat got %s", r.Quote)
	}
	close(gate)
	for i := range 5 {
		if r := <-w.out; r.Quote != fmt.Sprint(i) {
			t.Errorf("place %d: %s", i, r.Quote)
		}
	}
}

func TestWhatWasTakenIsAnsweredBeforeItStops(t *testing.T) {
	w := start(t)
	for i := range 200 {
		w.in <- bot.Message{Chat: bot.Chat{Network: "memory", ID: fmt.Sprint(i % 10)}, ID: fmt.Sprint(i), Text: "Who is Umerov?"}
	}
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if n := len(w.out); n != 200 {
		t.Errorf("%d of 200 answered", n)
	}
}

// What people write, and their names, is never logged: not when sending fails,
// not in a panic.
func TestNothingPeopleWriteIsLogged(t *testing.T) {
	w := start(t)
	w.fail = errors.New("network trouble")
	w.in <- bot.Message{Chat: bot.Chat{Network: "memory", ID: "chat-marked"}, From: "person-marked", Text: "text-marked"}
	w.in <- bot.Message{Chat: bot.Chat{Network: "memory", ID: "chat-marked"}, From: "person-marked", Command: "lang", Args: "args-marked",
		Admin: func() (bool, error) { panic("text-marked") }, Kind: bot.Group}
	w.in <- bot.Message{Chat: bot.Chat{Network: "memory", ID: "chat-marked"}, From: "person-marked", Command: "forget",
		Admin: func() (bool, error) { panic("text-marked") }, Kind: bot.Group}
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	if log := w.log.String(); !strings.Contains(log, "answer not sent") || !strings.Contains(log, "panic") || strings.Contains(log, "marked") {
		t.Errorf("log:\n%s", log)
	}
}
