package bot_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/bot"
)

// guarded is a bot with limits, whose clock is turned by hand.
type guarded struct {
	*network
	*bot.Bot
	keeper *keeper
	mu     sync.Mutex
	clock  time.Time
	dealt  chan error
	left   chan bot.Chat
}

func (g *guarded) now() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.clock
}

func (g *guarded) wait(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clock = g.clock.Add(d)
}

func (g *guarded) Run(ctx context.Context, handle bot.Handler) error {
	for {
		select {
		case m := <-g.in:
			if err := handle(context.WithoutCancel(ctx), m, func(err error) { g.dealt <- err }); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// Leave notes which chats are left.
func (g *guarded) Leave(_ context.Context, c bot.Chat) error {
	g.left <- c
	return nil
}

func guard(t *testing.T, f bot.Flood, who bot.Blocked) *guarded {
	t.Helper()
	b, err := book()
	if err != nil {
		t.Fatal(err)
	}
	g := &guarded{network: newNetwork(), keeper: &keeper{langs: map[string]string{}}, clock: time.Date(2026, 6, 20, 12, 0, 0, 0, time.UTC),
		dealt: make(chan error, 10_000), left: make(chan bot.Chat, 100)}
	g.Bot = bot.New(bot.Options{Book: b, Keeper: g.keeper, Now: g.now, Flood: f, Blocked: who})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Bot.Run(ctx, g) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return g
}

// says brings a message and returns what is said to it, or nothing.
func (g *guarded) says(t *testing.T, m bot.Message) string {
	t.Helper()
	m.Chat.Network = "memory"
	if m.Text == "" && m.Command == "" {
		m.Text = "Who is Umerov?"
	}
	g.in <- m
	select {
	case err := <-g.dealt:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("not dealt with")
	}
	select {
	case r := <-g.out:
		return r.Body.String()
	default:
		return ""
	}
}

const slowDown = "too much at once"

func from(person, chat string) bot.Message {
	return bot.Message{Chat: bot.Chat{ID: chat}, From: person, ID: "1"}
}

func TestAGroupIsNotToldThatWhoeverAddedTheBotWritesTooMuch(t *testing.T) {
	g := guard(t, bot.Flood{Person: bot.Rate{Burst: 1, Every: time.Minute}}, bot.Blocked{})
	g.says(t, from("ann", "1"))
	added := from("ann", "2")
	added.Kind, added.Command = bot.Group, "added"
	if got := g.says(t, added); got != "" {
		t.Errorf("told %q", got)
	}
}

func TestAPersonWhoWritesTooMuchIsToldOnceAndThenNotAnsweredUntilItCools(t *testing.T) {
	g := guard(t, bot.Flood{Person: bot.Rate{Burst: 6, Every: 10 * time.Second}}, bot.Blocked{})
	for i := range 6 { // in whatever chats
		if got := g.says(t, from("ann", fmt.Sprint(i))); !strings.Contains(got, "Umerov") {
			t.Errorf("question %d: %q", i, got)
		}
	}
	if got := g.says(t, from("ann", "1")); !strings.Contains(got, slowDown) {
		t.Errorf("told %q", got)
	}
	for range 20 {
		g.wait(500 * time.Millisecond)
		if got := g.says(t, from("ann", "1")); got != "" {
			t.Errorf("then told %q", got)
		}
	}
	if got := g.says(t, from("bob", "1")); !strings.Contains(got, "Umerov") {
		t.Errorf("somebody else is told %q", got)
	}
	g.wait(10 * time.Second) // two of six are left again
	for i, want := range []string{"Umerov", "Umerov", slowDown, ""} {
		if got := g.says(t, from("ann", "1")); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("after a while, question %d: %q", i, got)
		}
	}
	if n := heldBack(t, g.Bot, "person"); n != 23 {
		t.Errorf("%v were counted as held back", n)
	}
}

// heldBack is how many messages were not answered for a reason.
func heldBack(t *testing.T, b *bot.Bot, reason string) (n float64) {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(b)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "parley_updates_held_back_total" && l.GetValue() == reason {
					n += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

func TestItIsSaidInTheLanguageOfWhoAsks(t *testing.T) {
	g := guard(t, bot.Flood{Person: bot.Rate{Burst: 1, Every: time.Minute}}, bot.Blocked{})
	for question, want := range map[string]string{
		"Who is Umerov?": slowDown, "Хто такий Умєров?": "Забагато запитань одразу", "Кто такой Умеров?": "Слишком много вопросов", "Umerov kimdir?": "çok fazla soru",
	} {
		m := from(question, question)
		m.Text = question
		g.says(t, m)
		if got := g.says(t, m); !strings.Contains(got, want) {
			t.Errorf("%s: told %q", question, got)
		}
	}
}

func TestAChatThatWritesTooMuchIsToldOnceWhoeverWrites(t *testing.T) {
	g := guard(t, bot.Flood{Chat: bot.Rate{Burst: 3, Every: time.Minute}}, bot.Blocked{})
	for i, want := range []string{"Umerov", "Umerov", "Umerov", slowDown, "", ""} {
		m := from(fmt.Sprint("person ", i), "g")
		m.Chat.Thread = fmt.Sprint(i) // all topics together
		if got := g.says(t, m); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("question %d: %q", i, got)
		}
	}
	if got := g.says(t, from("person 0", "another")); !strings.Contains(got, "Umerov") {
		t.Errorf("in another chat: %q", got)
	}
}

func TestWhenAllTogetherAreTooMuchEachIsToldOnce(t *testing.T) {
	g := guard(t, bot.Flood{All: bot.Rate{Burst: 3, Every: time.Minute}}, bot.Blocked{})
	for i := range 3 {
		g.says(t, from(fmt.Sprint(i), fmt.Sprint(i)))
	}
	for _, who := range []string{"ann", "bob"} {
		if got := g.says(t, from(who, who)); !strings.Contains(got, slowDown) {
			t.Errorf("%s is told %q", who, got)
		}
		if got := g.says(t, from(who, who)); got != "" {
			t.Errorf("%s is told %q again", who, got)
		}
	}
	g.wait(2 * time.Minute)
	if got := g.says(t, from("ann", "ann")); !strings.Contains(got, "Umerov") {
		t.Errorf("after a while: %q", got)
	}
}

func TestAdministratorsOfAFloodedChatCanStillRuleIt(t *testing.T) {
	g := guard(t, bot.Flood{Chat: bot.Rate{Burst: 1, Every: time.Hour}, Person: bot.Rate{Burst: 1, Every: time.Hour}}, bot.Blocked{})
	g.says(t, from("ann", "g"))
	g.says(t, from("ann", "g"))
	asked := 0
	rule := func(admin bool, command string) string {
		m := from("ann", "g")
		m.Kind, m.Command, m.Args = bot.Group, command, "tr"
		m.Admin = func() (bool, error) { asked++; return admin, nil }
		return g.says(t, m)
	}
	if got := rule(true, "lang"); got == "" || g.keeper.langs["g"] != "tr" {
		t.Errorf("an administrator is told %q", got)
	}
	if got := rule(false, "forget"); got != "" {
		t.Errorf("somebody else is told %q", got)
	}
	if got := rule(true, "next"); got != "" {
		t.Errorf("a question by command is answered: %q", got)
	}
	for range 50 {
		rule(false, "unpin")
	}
	if asked > 10 {
		t.Errorf("the network was asked %d times who is an administrator", asked)
	}
	m := from("", "g")
	m.Command = "gone"
	if g.says(t, m); len(g.keeper.forgot) != 1 {
		t.Error("what the network reports was dropped")
	}
}

func TestWhoIsBlockedIsNotAnsweredAndItsChatIsLeft(t *testing.T) {
	g := guard(t, bot.Flood{}, bot.Blocked{People: []string{"memory:spam"}, Chats: []string{"memory:bad"}})
	if got := g.says(t, from("spam", "1")); got != "" {
		t.Errorf("a blocked person is told %q", got)
	}
	if got := g.says(t, from("ann", "1")); !strings.Contains(got, "Umerov") {
		t.Errorf("somebody else is told %q", got)
	}
	if got := g.says(t, from("ann", "bad")); got != "" || len(g.left) != 1 || len(g.keeper.forgot) != 1 {
		t.Errorf("in a blocked chat %q is told; %d left", got, len(g.left))
	}
	g.SetBlocked(bot.Blocked{})
	if got := g.says(t, from("spam", "bad")); !strings.Contains(got, "Umerov") {
		t.Errorf("when the list has changed: %q", got)
	}
}
