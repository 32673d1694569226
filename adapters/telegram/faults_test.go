package telegram

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/bot"
	"parley/bot/store"
)

func toChat(c *telegramtest.Chat) bot.Chat {
	return bot.Chat{Network: Network, ID: chat{ID: c.ID}.id()}
}

func TestErrorsHaveTheirConsequence(t *testing.T) {
	r := start(t, telegramtest.Options{})
	c := r.Private(r.User("A", "en"))
	cases := []struct {
		code int
		text string
		want error
	}{
		{403, "Forbidden: bot was blocked by the user", bot.ErrGone},
		{403, "Forbidden: user is deactivated", bot.ErrGone},
		{403, "Forbidden: bot can't initiate conversation with a user", bot.ErrGone},
		{403, "Forbidden: bot was kicked from the supergroup chat", bot.ErrGone},
		{403, "Forbidden: bot is not a member of the supergroup chat", bot.ErrGone},
		{403, "Forbidden: the group chat was deleted", bot.ErrGone},
		{400, "Bad Request: chat not found", bot.ErrGone},
		{400, "Bad Request: not enough rights to send text messages to the chat", ErrMuted},
		{400, "Bad Request: need administrator rights in the channel chat", ErrMuted},
		{400, "Bad Request: TOPIC_CLOSED", ErrMuted},
		{400, "Bad Request: message thread not found", ErrMuted},
		{401, "Unauthorized", ErrToken},
	}
	for _, k := range cases {
		before := len(r.Requests("sendMessage"))
		r.Forbid(c, k.code, k.text)
		_, err := r.a.Send(t.Context(), toChat(c), reply("x"))
		if !errors.Is(err, k.want) {
			t.Errorf("%s: %v", k.text, err)
		}
		if n := len(r.Requests("sendMessage")) - before; n != 1 {
			t.Errorf("%s: tried %d times", k.text, n)
		}
	}
}

func TestAServerThatIsNotWellIsAskedAgain(t *testing.T) {
	for name, f := range map[string]telegramtest.Fault{
		"502 with HTML":             {Kind: telegramtest.BadGateway, Times: 2},
		"500":                       {Kind: telegramtest.Restart, Times: 2},
		"429":                       {Kind: telegramtest.Flood, Times: 1, Retry: 1},
		"dropped before the effect": {Kind: telegramtest.DropBefore, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, telegramtest.Options{})
			f.Method = "sendMessage"
			r.Fail(f)
			u := r.User("A", "en")
			m := r.Say(r.Private(u), u, "q")
			r.mustReply(t, m)
			if !r.WaitConfirmed(soon) || len(r.Replies(m)) != 1 {
				t.Errorf("%d replies", len(r.Replies(m)))
			}
		})
	}
}

func TestADropAfterTheEffectIsCounted(t *testing.T) {
	r := start(t, telegramtest.Options{})
	r.Fail(telegramtest.Fault{Kind: telegramtest.DropAfter, Method: "sendMessage", Times: 1})
	u := r.User("A", "en")
	m := r.Say(r.Private(u), u, "q")
	if !r.WaitConfirmed(soon) || len(r.Replies(m)) != 2 || r.a.Stats().UncertainSends != 1 {
		t.Errorf("%d replies, %+v", len(r.Replies(m)), r.a.Stats())
	}
	r.Fail(telegramtest.Fault{Kind: telegramtest.DropAfter, Method: "sendMessage", Times: 1})
	_, err := r.a.SendLater(t.Context(), toChat(r.Private(u)), reply("news"))
	if !errors.Is(err, bot.ErrUncertain) || len(r.Sent(r.Private(u))) != 3 {
		t.Errorf("announcement: %v, %d messages", err, len(r.Sent(r.Private(u))))
	}
}

func TestASendToAnOldGroupIsCarriedOver(t *testing.T) {
	var once sync.Once
	var told [2]string
	r := start(t, telegramtest.Options{}, func(c *Config) {
		c.OnMoved = func(from, to bot.Chat) { once.Do(func() { told = [2]string{from.ID, to.ID} }) }
	})
	g := r.Group("g")
	n := r.Migrate(g, false)
	if _, err := r.a.Send(t.Context(), toChat(g), reply("x")); err != nil || len(r.Sent(n)) != 1 {
		t.Fatalf("%v, %d messages", err, len(r.Sent(n)))
	}
	if told != [2]string{toChat(g).ID, toChat(n).ID} {
		t.Errorf("told %v", told)
	}
	if _, err := r.a.Send(t.Context(), toChat(g), reply("y")); err != nil || len(r.Requests("sendMessage")) != 3 {
		t.Errorf("%v, %d sends: the new id was not remembered", err, len(r.Requests("sendMessage")))
	}
}

func TestAWrongTokenEndsRun(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	cfg := config(t, s, openStore(t, filepath.Join(t.TempDir(), "p.db")))
	cfg.Token = "1:wrong"
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = a.Run(t.Context(), func(context.Context, bot.Message, func(error)) error { return nil })
	if !errors.Is(err, ErrToken) || strings.Contains(err.Error(), "1:wrong") {
		t.Errorf("%v", err)
	}
}

func TestATokenThatIsRevokedEndsRunAndLosesNoQuestion(t *testing.T) {
	for _, method := range []string{"getUpdates", "sendMessage"} {
		t.Run(method, func(t *testing.T) {
			s := telegramtest.New(t, telegramtest.Options{})
			st := openStore(t, filepath.Join(t.TempDir(), "p.db"))
			a, err := New(config(t, s, st))
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				ended <- a.Run(t.Context(), func(ctx context.Context, m bot.Message, done func(error)) error {
					done(echo(ctx, a, m))
					return nil
				})
			}()
			if !s.WaitPolling(soon) {
				t.Fatal("no poll")
			}
			mend := s.Fail(telegramtest.Fault{Kind: telegramtest.Refuse, Method: method, Code: 401, Text: "Unauthorized"})
			u := s.User("A", "en")
			m := s.Say(s.Private(u), u, "q")
			select {
			case err := <-ended:
				if !errors.Is(err, ErrToken) {
					t.Errorf("%v", err)
				}
			case <-time.After(soon):
				t.Fatal("it runs on")
			}
			mend()
			r := begin(t, s, config(t, s, st), echo)
			r.mustReply(t, m)
			if st := r.a.Stats(); !s.WaitConfirmed(soon) || len(s.Replies(m)) != 1 || st.UncertainSends != 0 {
				t.Errorf("%d replies, %+v", len(s.Replies(m)), st)
			}
		})
	}
}

func TestBadSettingsAreRefusedWithoutTheToken(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	st := openStore(t, filepath.Join(t.TempDir(), "p.db"))
	for name, change := range map[string]func(*Config){
		"token missing": func(c *Config) { c.Token = "" },
		"token odd":     func(c *Config) { c.Token = "1:TEST-token\n" },
		"api url":       func(c *Config) { c.APIURL = "ftp://x" },
		"mode":          func(c *Config) { c.Mode = "push" },
		"webhook":       func(c *Config) { c.Mode, c.Webhook.URL = Webhook, "https://x/y" },
		"no store":      func(c *Config) { c.Store = nil },
	} {
		cfg := config(t, s, st)
		change(&cfg)
		if _, err := New(cfg); err == nil || strings.Contains(err.Error(), "TEST-token") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestItStartsWhileTelegramIsDown(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	s.Fail(telegramtest.Fault{Kind: telegramtest.DropBefore, Method: "getMe", Times: 2})
	s.Fail(telegramtest.Fault{Kind: telegramtest.BadGateway, Method: "deleteWebhook", Times: 1})
	s.Fail(telegramtest.Fault{Kind: telegramtest.BadGateway, Method: "getUpdates", Times: 2})
	r := begin(t, s, config(t, s, openStore(t, filepath.Join(t.TempDir(), "p.db"))), echo)
	u := r.User("A", "en")
	r.mustReply(t, r.Say(r.Private(u), u, "q"))
}

func TestTwoPollersAreToldClearly(t *testing.T) {
	r := start(t, telegramtest.Options{})
	r.Fail(telegramtest.Fault{Kind: telegramtest.Refuse, Method: "getUpdates", Times: 1, Code: 409,
		Text: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"})
	u := r.User("A", "en")
	r.mustReply(t, r.Say(r.Private(u), u, "one"))
	r.mustReply(t, r.Say(r.Private(u), u, "two"))
	if !strings.Contains(r.logs.String(), "running twice") {
		t.Errorf("log: %s", r.logs.String())
	}
}

func TestAWebhookThatWasSetElsewhereIsRemovedAndNamed(t *testing.T) {
	r := start(t, telegramtest.Options{})
	r.Fail(telegramtest.Fault{Kind: telegramtest.Refuse, Method: "getUpdates", Times: 1, Code: 409,
		Text: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"})
	u := r.User("A", "en")
	r.mustReply(t, r.Say(r.Private(u), u, "one"))
	r.mustReply(t, r.Say(r.Private(u), u, "two"))
	if n := len(r.Requests("deleteWebhook")); n != 2 {
		t.Errorf("removed %d times", n-1)
	}
	if log := r.logs.String(); !strings.Contains(log, "set for this bot elsewhere") || strings.Contains(log, "running twice") {
		t.Errorf("log: %s", log)
	}
}

func TestUpdatesAreAnsweredOnceThoughRepeatedAndReordered(t *testing.T) {
	r := start(t, telegramtest.Options{Repeat: 0.5, Reorder: true})
	var ms []*telegramtest.Message
	for i := range 10 {
		u := r.User("A", "en")
		for j := range 5 {
			ms = append(ms, r.Say(r.Private(u), u, fmt.Sprint(i, j)))
		}
	}
	for _, m := range ms {
		r.mustReply(t, m)
	}
	r.WaitConfirmed(soon)
	for _, m := range ms {
		if n := len(r.Replies(m)); n != 1 {
			t.Errorf("%s: %d replies", m.Text, n)
		}
	}
}

func TestIDsThatBeginAnewAreTaken(t *testing.T) {
	r := start(t, telegramtest.Options{FirstID: 900000})
	u := r.User("A", "en")
	r.mustReply(t, r.Say(r.Private(u), u, "one"))
	r.WaitConfirmed(soon)
	r.Renumber(500)
	r.mustReply(t, r.Say(r.Private(u), u, "two"))
	if !r.WaitConfirmed(soon) {
		t.Error("not confirmed")
	}
}

func TestNothingIsConfirmedBeforeItIsDealtWith(t *testing.T) {
	release := make(chan struct{})
	r := startWith(t, telegramtest.Options{}, func(ctx context.Context, a *Adapter, m bot.Message) error {
		if m.Text == "slow" {
			<-release
		}
		return echo(ctx, a, m)
	})
	u, v := r.User("A", "en"), r.User("B", "en")
	slow := r.Say(r.Private(u), u, "slow")
	r.mustReply(t, r.Say(r.Private(v), v, "quick"))
	if n := r.Unconfirmed(); n != 2 {
		t.Errorf("%d unconfirmed, want both", n)
	}
	close(release)
	r.mustReply(t, slow)
	if !r.WaitConfirmed(soon) || len(r.Replies(slow)) != 1 {
		t.Error("not confirmed, or answered twice")
	}
}

func TestAPanicCostsOnlyItsAnswer(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	cfg := config(t, s, openStore(t, filepath.Join(t.TempDir(), "p.db")))
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- a.Run(ctx, func(ctx context.Context, m bot.Message, done func(error)) error {
			if m.Text == "sesame" {
				panic(m.Text)
			}
			done(echo(ctx, a, m))
			return nil
		})
	}()
	u := s.User("A", "en")
	s.Say(s.Private(u), u, "sesame")
	if _, ok := s.WaitReply(s.Say(s.Private(u), u, "q"), soon); !ok || a.Stats().Panics != 1 {
		t.Errorf("reply %v, %+v", ok, a.Stats())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestARestartAnswersEachUpdateOnce(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	st := openStore(t, filepath.Join(t.TempDir(), "p.db"))
	u := s.User("A", "en")
	var ms []*telegramtest.Message
	for i := range 40 {
		ms = append(ms, s.Say(s.Private(u), u, fmt.Sprint("q", i)))
	}
	for !s.WaitConfirmed(0) { // stopped again and again in the middle
		r := begin(t, s, config(t, s, st), echo)
		s.WaitSent(s.Private(u), min(len(s.Sent(s.Private(u)))+5, len(ms)), soon)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range ms {
		if n := len(s.Replies(m)); n != 1 {
			t.Errorf("%s: %d replies", m.Text, n)
		}
	}
}

// A handler whose lane is full gives up when Run's context ends, which may be
// before the adapter itself has noticed.
func TestAnUpdateThatWasGivenUpAtTheEndIsLeftForTheNextStart(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	st := openStore(t, filepath.Join(t.TempDir(), "p.db"))
	a, err := New(config(t, s, st))
	if err != nil {
		t.Fatal(err)
	}
	a.self.Store(&identity{telegramtest.BotID, "parley_bot"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a.dealt(ctx, &ticket{id: 7}, fmt.Errorf("lane: %w", ctx.Err()), func(dealt bool) {
		if dealt {
			t.Error("taken as dealt with")
		}
	})
	if state, err := st.Update(t.Context(), Network, a.inboxID(7)); err != nil || state != store.New {
		t.Errorf("state %v, %v", state, err)
	}
}

func TestAnUpdateFoundBeingSentIsAnsweredAgainAndCounted(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	st := openStore(t, filepath.Join(t.TempDir(), "p.db"))
	u := s.User("A", "en")
	sending, done := s.Say(s.Private(u), u, "sending"), s.Say(s.Private(u), u, "done")
	for m, state := range map[*telegramtest.Message]store.State{sending: store.Sending, done: store.Done} {
		id := fmt.Sprintf("%d.%d", telegramtest.BotID, m.Update)
		if err := st.Mark(t.Context(), Network, id, state, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	r := begin(t, s, config(t, s, st), echo)
	r.mustReply(t, sending)
	if !s.WaitConfirmed(soon) || len(s.Replies(done)) != 0 || r.a.Stats().UncertainSends != 1 {
		t.Errorf("%d replies to the one dealt with, %+v", len(s.Replies(done)), r.a.Stats())
	}
}

func TestStoppingLetsASendFinishAndBeginsNoOther(t *testing.T) {
	r := start(t, telegramtest.Options{})
	r.Fail(telegramtest.Fault{Kind: telegramtest.Slow, Method: "sendMessage", Delay: time.Second})
	u := r.User("A", "en")
	first := r.Say(r.Private(u), u, "one")
	r.Say(r.Private(u), u, "two")
	r.mustReply(t, first) // it is there; the answer to the bot is on its way
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("stopped after %s", d)
	}
	if st := r.a.Stats(); st.Sent != 1 || st.UncertainSends != 0 {
		t.Errorf("%+v", st)
	}
	if n := r.Unconfirmed(); n != 1 {
		t.Errorf("%d unconfirmed, want the second", n)
	}
}

func TestStoppingIsNotHeldUpByASlowTelegram(t *testing.T) {
	r := start(t, telegramtest.Options{})
	r.Fail(telegramtest.Fault{Kind: telegramtest.Slow, Method: "sendMessage", Delay: 20 * time.Second})
	u := r.User("A", "en")
	r.Say(r.Private(u), u, "q")
	if _, ok := r.WaitRequests("sendMessage", 1, soon); !ok {
		t.Fatal("nothing is sent")
	}
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("stopped after %s", d)
	}
}
