package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
	"parley/config"
)

func TestTwoThousandQuestionsOfAHundredChatsAreNoFlood(t *testing.T) {
	a := newAsking(t, telegramtest.Options{}, 100)
	defer begin(t)()
	a.ask(2000)
	for _, m := range a.asked {
		if r, ok := a.WaitReply(m, 3*within); !ok || strings.Contains(r.Text, "at once") {
			t.Fatalf("answered %v: %s", ok, r.Text)
		}
	}
}

func TestAFloodIsToldOnceAndThenCostsNothing(t *testing.T) {
	a := newAsking(t, telegramtest.Options{}, 1)
	address := freeAddress(t)
	t.Setenv("PARLEY_HTTP_LISTEN", address)
	t.Setenv("PARLEY_TELEGRAM_LIMITS", "off")
	defer begin(t)()
	a.ask(200)
	a.WaitSent(a.Private(a.people[0]), 31, within)
	if !a.WaitConfirmed(within) {
		t.Error("not all updates were dealt with")
	}
	sent := a.Sent(a.Private(a.people[0]))
	told := 0
	for _, m := range sent {
		if strings.Contains(m.Text, "at once") {
			told++
		}
	}
	if len(sent) < 30 || len(sent) > 40 || told != 1 {
		t.Errorf("%d messages, told %d times", len(sent), told)
	}
	awaitMetric(t, address, `parley_updates_held_back_total{network="telegram",reason="person"}`, fmt.Sprint(200-len(sent)+told))
}

func TestTheBlockListIsReloadedAndBlockedChatsAreLeft(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	file := filepath.Join(t.TempDir(), "parley.yaml")
	put := func(more string) {
		t.Helper()
		text := fmt.Sprintf("telegram: {token: %q, api_url: %q}\nstore: {url: %q}\n%s", s.Token, s.URL, file+".db", more)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("")
	p, logged := startLogging(t, "run", "--config", file)
	defer p.kill()
	u, spam := s.User("Ann", "en"), s.User("Bob", "en")
	g := s.Supergroup("Talks", u, spam)
	ask := func(c *telegramtest.Chat, u *telegramtest.User) *telegramtest.Message {
		return s.Say(c, u, "@parley_bot Who is Umerov?")
	}
	for _, m := range []*telegramtest.Message{ask(g, u), s.Say(s.Private(spam), spam, "Who is Umerov?")} {
		if _, ok := s.WaitReply(m, within); !ok {
			t.Fatal("not answered before anybody is blocked")
		}
	}
	put(fmt.Sprintf("block:\n  people: [telegram:%d]\n  chats: [\"telegram:%d\"]\n", spam.ID, g.ID))
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if !logged("settings reloaded") {
		t.Fatal("not reloaded")
	}
	inGroup, ofSpam := ask(g, u), s.Say(s.Private(spam), spam, "Who is Umerov?")
	if _, ok := s.WaitRequests("leaveChat", 1, within); !ok {
		t.Error("the blocked group is not left")
	}
	if _, ok := s.WaitReply(s.Say(s.Private(u), u, "Who is Umerov?"), within); !ok || !s.WaitConfirmed(within) {
		t.Error("others are not answered")
	}
	if n := len(s.Replies(inGroup)) + len(s.Replies(ofSpam)); n > 0 {
		t.Errorf("%d answers to who is blocked", n)
	}
}

func TestABlockedRoomIsLeft(t *testing.T) {
	hs := matrixtest.Start(t)
	dir := t.TempDir()
	for key, value := range map[string]string{
		"STORE_URL": filepath.Join(dir, "parley.db"), "MATRIX_HOMESERVER": hs.URL, "MATRIX_USER": hs.Register(t, "parley"), "MATRIX_PASSWORD": matrixtest.Password,
		"MATRIX_RECOVERY_KEY_FILE": filepath.Join(dir, "recovery.key"), "MATRIX_PICKLE_KEY_FILE": filepath.Join(dir, "pickle.key"),
	} {
		t.Setenv("PARLEY_"+key, value)
	}
	me := "@parley:" + matrixtest.ServerName
	alice := matrixtest.NewPerson(t, hs, "alice")
	room := alice.Room(t, false, me)
	defer begin(t, func(c *config.Config) { c.Block.Chats = []string{"matrix:" + room.String()} })()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		members, err := alice.Members(t.Context(), room)
		if err != nil {
			t.Fatal(err)
		}
		for _, evt := range members.Chunk {
			if evt.GetStateKey() == me && evt.Content.Raw["membership"] == "leave" {
				return
			}
		}
		if time.Since(began) > within {
			t.Fatal("the bot is still there")
		}
	}
}
