package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
)

var kills = flag.Int("kills", 5, "how often the bot is killed while it announces")

// asProgram makes the test binary the program itself, to be killed as such.
const asProgram = "PARLEY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	code := m.Run()
	for _, dir := range []string{builtIn, movableIn} {
		_ = os.RemoveAll(dir) // empty: nothing was built
	}
	os.Exit(code)
}

// program is parley run as a process.
type program struct {
	t   *testing.T
	cmd *exec.Cmd
}

func startProgram(t *testing.T) *program {
	t.Helper()
	p := programOf(t, "run")
	p.cmd.Env = append(p.cmd.Env, "PARLEY_LOG_LEVEL=error")
	p.cmd.Stdout, p.cmd.Stderr = os.Stdout, os.Stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// programOf is the program with arguments, not yet started.
func programOf(t *testing.T, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if shipped := os.Getenv("PARLEY_TEST_PROGRAM"); shipped != "" { // instead of the test binary
		self = shipped
	}
	p := &program{t, exec.Command(self, args...)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	return p
}

// kill ends it as kill -9 does.
func (p *program) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = p.cmd.Wait() // it says that it was killed
}

// crowd are groups that have pinned the schedule and subscribed.
func (s *scene) crowd(n int) (groups []*telegramtest.Chat) {
	s.t.Helper()
	var asked []*telegramtest.Message
	for i := range n {
		g := s.Supergroup(fmt.Sprint("Talks ", i))
		s.Set(g, func(c *telegramtest.Chat) {
			c.Status[s.admin.ID], c.Status[telegramtest.BotID] = "administrator", "administrator"
		})
		s.Say(g, s.admin, "/pin")
		asked = append(asked, s.Say(g, s.admin, "/subscribe"))
		groups = append(groups, g)
	}
	for i, m := range asked {
		if _, ok := s.WaitReply(m, time.Minute); !ok || !s.WaitUntil(within, func() bool { return len(s.Pins(groups[i])) == 1 }) {
			s.t.Fatalf("group %d: no answer", i)
		}
	}
	return groups
}

// shows tells what is wrong with what a group shows of the events there are:
// each is to be told once, as it is now, and the card to be the newest.
func (s *scene) shows(g *telegramtest.Chat, card string) string {
	cards, news := 0, ""
	for _, m := range s.Sent(g) {
		switch {
		case m.ReplyTo != 0:
		case strings.HasPrefix(m.Text, "Schedule of"):
			cards++
			if !strings.Contains(m.Text, card) {
				return "an old card"
			}
		default:
			news += m.Text + "\n"
		}
	}
	if p := s.Pins(g); cards != 1 || len(p) != 1 {
		return fmt.Sprintf("%d cards, %d pins", cards, len(p))
	}
	for _, id := range s.order[1:] {
		if n := strings.Count(news, "en "+id+" "); n != 1 {
			return fmt.Sprintf("%s is told %d times in\n%s", id, n, news)
		}
		if text := s.texts[id]; !strings.Contains(news, text) {
			return fmt.Sprintf("no %q in\n%s", text, news)
		}
	}
	return ""
}

// awaitAll waits until every group shows what there is.
func (s *scene) awaitAll(groups []*telegramtest.Chat) {
	s.t.Helper()
	wrong := ""
	if !s.WaitUntil(2*time.Minute, func() bool {
		for _, g := range groups {
			if wrong = s.shows(g, s.texts[s.order[len(s.order)-1]]); wrong != "" {
				return false
			}
		}
		return true
	}) {
		s.t.Fatal(wrong)
	}
}

func TestNothingIsLostOrDoubledHoweverOftenTheBotIsKilled(t *testing.T) {
	s := newSceneOf(t, telegramtest.Options{Latency: 15 * time.Millisecond}, func(*scene) func() { return func() {} })
	p := startProgram(t)
	defer func() { p.kill() }()
	groups := s.crowd(10)
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for i := range *kills {
		if i%2 == 0 || r.IntN(2) == 0 {
			s.put(fmt.Sprintf("ev-k%d-x", i), "announced", "2026-11-20", "2027-01-05")
		} else {
			s.put(s.order[1+r.IntN(len(s.order)-1)], "announced", "2026-11-20", "2027-01-05", fmt.Sprint("better", i))
		}
		s.WaitPolling(within)
		s.save()
		time.Sleep(settled + time.Duration(r.IntN(700*slowdown))*time.Millisecond) // when it happens to be killed is the test
		p.kill()
		p = startProgram(t)
		if i%6 == 5 { // or a message would have more to tell than it lists
			s.awaitAll(groups)
		}
	}
	s.awaitAll(groups)
	time.Sleep(2 * time.Second) // what is sent too often comes late
	for i, g := range groups {
		if wrong := s.shows(g, ""); wrong != "" {
			t.Errorf("group %d: %s", i, wrong)
		}
	}
	probes := len(s.Requests("editMessageCaption"))
	t.Logf("%d kills, %d groups, %d probes for messages of unknown fate", *kills, len(groups), probes)
}

func TestNothingIsLostOrDoubledWhileTelegramMisbehaves(t *testing.T) {
	s := newScene(t, telegramtest.Options{Seed: 7, Latency: 5 * time.Millisecond})
	groups := s.crowd(10)
	var ends []func()
	for _, f := range []telegramtest.Fault{
		{Kind: telegramtest.DropAfter, Share: 0.15}, {Kind: telegramtest.DropBefore, Share: 0.1},
		{Kind: telegramtest.BadGateway, Share: 0.1}, {Kind: telegramtest.Restart, Share: 0.05}, {Kind: telegramtest.Flood, Share: 0.02, Retry: 1},
	} {
		ends = append(ends, s.Fail(f))
	}
	for i := range 4 {
		s.put(fmt.Sprintf("ev-f%d-x", i), "announced", "2026-11-20", "2027-01-05")
		if i == 2 {
			s.put("ev-f0-x", "announced", "2026-11-20", "2027-01-05", "better")
		}
		s.save()
		time.Sleep(settled + 500*time.Millisecond)
	}
	for _, end := range ends {
		end()
	}
	s.awaitAll(groups)
	time.Sleep(2 * time.Second) // what is sent too often comes late
	for i, g := range groups {
		if wrong := s.shows(g, ""); wrong != "" {
			t.Errorf("group %d: %s", i, wrong)
		}
	}
	t.Logf("%d probes for messages of unknown fate", len(s.Requests("editMessageCaption")))
}
