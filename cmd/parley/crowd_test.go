package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/answers"
	"parley/bot"
	"parley/bot/store"
)

var chats = flag.Int("chats", 500, "how many chats have subscribed where memory is measured")

// memory is the most that a process has had in memory, in MB.
func (p *program) memory() int {
	p.t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest + " ?")[0])
	if err != nil {
		p.t.Fatal(err)
	}
	return kb >> 10
}

func TestABroadcastToManyNeedsLittleMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("memory is read from /proc")
		return
	}
	t.Setenv("PARLEY_TELEGRAM_LIMITS", "off")
	s := newSceneOf(t, telegramtest.Options{}, func(*scene) func() { return func() {} })
	p := startProgram(t)
	defer func() { p.kill() }()
	if _, ok := s.WaitReply(s.tell("/subscribe"), within); !ok { // it has recorded the facts by now
		t.Fatal("no answer")
	}
	p.kill()
	st, err := store.Open(t.Context(), os.Getenv("PARLEY_STORE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := st.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []*telegramtest.Chat
	for i := range *chats {
		c := s.Private(s.User(fmt.Sprint("U", i), "en"))
		all = append(all, c)
		sub := bot.Subscription{Chat: bot.Chat{Network: "telegram", ID: fmt.Sprint(c.ID)}, Subject: answers.Everything, Seen: h.Revision, Since: time.Now()}
		if err := st.PutSubscription(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	p = startProgram(t)
	s.WaitPolling(within)
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	began := time.Now()
	s.save()
	for end := began.Add(5 * time.Minute); len(s.Requests("sendMessage")) < len(all)+2; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d messages", len(s.Requests("sendMessage")))
		}
	}
	took, mb := time.Since(began), p.memory()
	t.Logf("%d chats told in %s, with %d MB at the most", len(all), took.Round(10*time.Millisecond), mb)
	if mb > 120*min(slowdown, 4) {
		t.Errorf("%d MB", mb)
	}
	for _, c := range all {
		if n := len(s.Sent(c)); n != 1 {
			t.Fatalf("chat %d: %d messages", c.ID, n)
		}
	}
}
