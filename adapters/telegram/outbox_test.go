package telegram

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
)

// flood is a server at which one chat has asked far more than it may be answered
// soon, and a person who asks after that.
func flood(t *testing.T) (s *telegramtest.Server, flooded []*telegramtest.Message, last *telegramtest.Message, set Limits) {
	t.Helper()
	limits := telegramtest.Limits{Overall: 1000, Chat: 20, ChatBurst: 3, Group: 1000}
	s = telegramtest.New(t, telegramtest.Options{Limits: limits})
	u, v := s.User("Flood", "en"), s.User("Ann", "en")
	for i := range 150 {
		flooded = append(flooded, s.Say(s.Private(u), u, fmt.Sprint("sesame ", i)))
	}
	return s, flooded, s.Say(s.Private(v), v, "q"), Limits{Overall: 1000, Chat: 20, ChatBurst: 3, Group: 1000}
}

// checkFlood tells whether each question got its answer once and in order.
func checkFlood(t *testing.T, s *telegramtest.Server, asked []*telegramtest.Message) {
	t.Helper()
	for _, m := range asked {
		if _, ok := s.WaitReply(m, 30*time.Second); !ok {
			t.Fatalf("%s was not answered", m.Text)
		}
	}
	sent := s.Sent(s.Chat(asked[0].Chat))
	for i, m := range sent {
		if i >= len(asked) || m.ReplyTo != asked[i].ID {
			t.Fatalf("%d answers to %d questions; number %d answers %d", len(sent), len(asked), i, m.ReplyTo)
		}
	}
}

// checkPatience tells whether every retry_after was obeyed. A new process cannot
// know of one that the last process was told.
func checkPatience(t *testing.T, s *telegramtest.Server) {
	t.Helper()
	if s.Impatient() > 0 {
		t.Errorf("%d requests during a retry_after", s.Impatient())
	}
}

func TestAFloodedChatDoesNotHoldUpOthers(t *testing.T) {
	s, flooded, last, set := flood(t)
	cfg := config(t, s, openStore(t, filepath.Join(t.TempDir(), "p.db")))
	cfg.Limits = set
	r := begin(t, s, cfg, echo)
	if _, ok := s.WaitReply(last, 4*time.Second); !ok || len(s.Replies(flooded[149])) > 0 {
		t.Errorf("answered %v, after %d of the flood", ok, len(s.Sent(s.Chat(flooded[0].Chat))))
	}
	checkFlood(t, s, flooded)
	checkPatience(t, s)
	if st := r.a.Stats(); st.Postponed == 0 {
		t.Errorf("%+v", st)
	}
	if !s.WaitConfirmed(soon) {
		t.Errorf("%d not confirmed", s.Unconfirmed())
	}
}

func TestAnEditedQuestionChangesItsStoredAnswer(t *testing.T) {
	s, flooded, last, set := flood(t)
	cfg := config(t, s, openStore(t, filepath.Join(t.TempDir(), "p.db")))
	cfg.Limits = set
	r := begin(t, s, cfg, echo)
	if _, ok := s.WaitReply(last, 10*time.Second); !ok || !s.WaitUntil(10*time.Second, func() bool { return r.a.Stats().Postponed >= 100 }) {
		t.Fatalf("%+v", r.a.Stats())
	}
	s.Edit(flooded[149], "put right")
	checkFlood(t, s, flooded)
	checkPatience(t, s)
	if got := s.Replies(flooded[149]); len(got) != 1 || got[0].Text != "echo put right" {
		t.Errorf("answered by %v", got)
	}
}

func TestStoredAnswersAreSentAfterARestart(t *testing.T) {
	s, flooded, last, set := flood(t)
	path := filepath.Join(t.TempDir(), "p.db")
	run := func() *rig {
		cfg := config(t, s, openStore(t, path))
		cfg.Limits = set
		return begin(t, s, cfg, echo)
	}
	r := run()
	if _, ok := s.WaitReply(last, soon); !ok {
		t.Fatal("not answered")
	}
	for range 3 {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		r = run()
		s.WaitSent(s.Chat(flooded[0].Chat), len(s.Sent(s.Chat(flooded[0].Chat)))+5, soon)
	}
	checkFlood(t, s, flooded)
}

func TestWhatIsStoredIsForgottenWithItsChat(t *testing.T) {
	s, flooded, last, set := flood(t)
	st := openStore(t, filepath.Join(t.TempDir(), "p.db"))
	cfg := config(t, s, st)
	cfg.Limits = set
	r := begin(t, s, cfg, echo)
	if _, ok := s.WaitReply(last, soon); !ok {
		t.Fatal("not answered")
	}
	id := chat{ID: flooded[0].Chat}.id()
	if err := st.Forget(t.Context(), Network, id); err != nil {
		t.Fatal(err)
	}
	c := s.Chat(flooded[0].Chat)
	for n := -1; n != len(s.Sent(c)); time.Sleep(2 * time.Second) { // until no more comes
		n = len(s.Sent(c))
	}
	again := s.Say(c, s.User("x", "en"), "again")
	r.mustReply(t, again)
	if n := len(s.Sent(c)); n > 140 {
		t.Errorf("%d answers: what was stored was sent", n)
	}
	for _, m := range s.Sent(c) {
		if strings.Contains(m.Text, "again") && m.ReplyTo != again.ID {
			t.Errorf("%+v", m)
		}
	}
}

func TestWhoBlocksTheBotWhileAnswersWaitIsForgotten(t *testing.T) {
	s, flooded, last, set := flood(t)
	st := openStore(t, filepath.Join(t.TempDir(), "p.db"))
	cfg := config(t, s, st)
	cfg.Limits = set
	r := begin(t, s, cfg, echo)
	if _, ok := s.WaitReply(last, soon); !ok || !s.WaitUntil(soon, func() bool { return r.a.Stats().Postponed >= 50 }) {
		t.Fatalf("%+v", r.a.Stats())
	}
	c := s.Chat(flooded[0].Chat)
	if err := st.SetLanguage(t.Context(), Network, chat{ID: c.ID}.id(), "uk", time.Now()); err != nil {
		t.Fatal(err)
	}
	s.Forbid(c, 403, "Forbidden: bot was blocked by the user")
	forgotten := func() bool {
		code, err := st.Language(t.Context(), Network, chat{ID: c.ID}.id())
		waiting, werr := st.WaitingChats(t.Context(), Network)
		return err == nil && werr == nil && code == "" && len(waiting) == 0
	}
	if !s.WaitUntil(soon, forgotten) {
		t.Errorf("kept\n%s", r.logs.String())
	}
}
