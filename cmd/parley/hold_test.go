package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
)

// parley runs the program to its end and returns what it prints.
func parley(t *testing.T, args ...string) string {
	t.Helper()
	out, err := programOf(t, args...).cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("parley %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// replica starts one more program with the settings of the environment, which is
// called by the network if there are several and polls if it is alone.
func (s *scene) replica(several bool) (p *program, metrics string) {
	s.t.Helper()
	p, metrics = programOf(s.t, "run"), freeAddress(s.t)
	p.cmd.Env = append(p.cmd.Env, "PARLEY_LOG_LEVEL=error", "PARLEY_HTTP_LISTEN="+metrics)
	if several {
		hook := freeAddress(s.t)
		p.cmd.Env = append(p.cmd.Env, "PARLEY_TELEGRAM_MODE=webhook", "PARLEY_TELEGRAM_WEBHOOK_LISTEN="+hook, "PARLEY_TELEGRAM_WEBHOOK_URL=http://"+hook+"/hook")
	}
	p.cmd.Stdout, p.cmd.Stderr = os.Stdout, os.Stderr
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	awaitReady(s.t, metrics, allReady)
	return p, metrics
}

// announced is what --status says once the newest facts were.
var announced = regexp.MustCompile(`revision [3-9]`)

// unasked is how many messages and edits nobody asked for.
func (s *scene) unasked(groups []*telegramtest.Chat) (n int) {
	for _, g := range groups {
		for _, m := range s.Sent(g) {
			if m.ReplyTo == 0 {
				n++
			}
		}
	}
	return n + len(s.Requests("editMessageText"))
}

// Everything that is sent unasked stops at once, in all replicas, over restarts,
// and goes on as if nothing had been. Questions are answered meanwhile.
func TestAnnouncementsCanBeHeldUp(t *testing.T) {
	databases(t, func(t *testing.T) {
		db := os.Getenv("PARLEY_STORE_URL")
		several := strings.HasPrefix(db, "postgres")
		replicas := map[*program]string{}
		s := newSceneOf(t, telegramtest.Options{Latency: 300 * time.Millisecond}, func(*scene) func() {
			t.Setenv("PARLEY_STORE_URL", db)
			t.Setenv("PARLEY_TELEGRAM_LIMITS", "off")
			return func() {
				for p := range replicas {
					p.kill()
				}
			}
		})
		start := func() {
			for range map[bool]int{false: 1, true: 2}[several] {
				p, metrics := s.replica(several)
				replicas[p] = metrics
			}
		}
		start()
		groups := s.crowd(60)

		s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
		before := s.unasked(groups)
		s.save()
		if !s.WaitUntil(within, func() bool { return s.unasked(groups) > before+5 }) {
			t.Fatal("nothing is announced")
		}
		if out, code := run(t, "", "announce", "--hold"); code != 0 || !strings.Contains(out, "held up") {
			t.Errorf("--hold exits with %d and says %q", code, out)
		}
		held := s.unasked(groups)
		for _, metrics := range replicas {
			awaitMetric(t, metrics, "parley_announcements_held", "1")
		}
		if held >= before+2*len(groups) {
			t.Errorf("all %d were sent before they were held up", held-before)
		}
		reader := s.User("Bob", "en")
		if _, ok := s.WaitReply(s.Say(s.Private(reader), reader, "When is the next meeting?"), within); !ok {
			t.Error("a question is not answered")
		}
		for p := range replicas {
			p.kill()
			delete(replicas, p)
		}
		start()
		s.put("ev-oslo-announced", "announced", "2026-11-20", "2027-02-05")
		s.save()
		out := ""
		if !s.WaitUntil(within, func() bool { out = parley(t, "announce", "--status"); return announced.MatchString(out) }) {
			t.Errorf("--status says %q", out)
		}
		if !strings.Contains(out, "HELD since") {
			t.Errorf("--status says %q", out)
		}
		time.Sleep(2 * time.Second) // in which it would be sent
		if n := s.unasked(groups); n != held {
			t.Errorf("%d were sent although they are held up", n-held)
		}

		if out := parley(t, "announce", "--release"); !strings.Contains(out, "goes on") {
			t.Errorf("--release says %q", out)
		}
		s.awaitAll(groups)
		for _, metrics := range replicas {
			awaitMetric(t, metrics, "parley_announcements_held", "0")
		}
		for i, g := range groups {
			if wrong := s.shows(g, ""); wrong != "" {
				t.Errorf("group %d: %s", i, wrong)
			}
		}
		if out := parley(t, "announce", "--release"); !strings.Contains(out, "Nothing was held up") {
			t.Errorf("--release says %q", out)
		}
	})
}

func TestAStopHoldsBeforeAnythingEverRan(t *testing.T) {
	t.Setenv("PARLEY_STORE_URL", fmt.Sprint(t.TempDir(), "/p.db"))
	parley(t, "announce", "--hold")
	if out := parley(t, "announce", "--status"); !strings.Contains(out, "HELD since") {
		t.Errorf("--status says %q", out)
	}
	if out, code := run(t, "", "announce", "--hold", "--release"); code != 2 {
		t.Errorf("both at once: %d %s", code, out)
	}
}
