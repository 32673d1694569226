package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/config"
)

func TestTheMissingRightIsNamedAndTheCardStaysTrueUnpinned(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	s.Set(s.group, func(c *telegramtest.Chat) { c.Status[telegramtest.BotID] = "member" })
	r, ok := s.WaitReply(s.tell("/pin@parley_bot"), within)
	if !ok || !strings.Contains(r.Text, "“Pin messages”") || !strings.Contains(r.Text, "Administrators > this bot") {
		t.Fatalf("%v %q", ok, r.Text)
	}
	if n := len(r.Entities); n == 0 || !strings.HasSuffix(r.Entities[n-1].URL, fmt.Sprint("/", s.Sent(s.group)[0].ID)) {
		t.Errorf("no link to the card: %+v", r.Entities)
	}
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	s.save()
	if !s.WaitUntil(within, func() bool { return strings.Contains(s.Sent(s.group)[0].Text, "5 January 2027") }) {
		t.Errorf("the card without a pin is not true: %q", s.Sent(s.group)[0].Text)
	}
	s.Set(s.group, func(c *telegramtest.Chat) { c.Status[telegramtest.BotID] = "administrator" })
	s.pinned("5 January 2027") // as soon as the right is there
	if n := len(s.Sent(s.group)); n != 2 {
		t.Errorf("%d messages: %+v", n, s.Sent(s.group))
	}
}

func TestWhoMayPin(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	bob := s.User("Bob", "en")
	s.Set(s.group, func(c *telegramtest.Chat) { c.Status[bob.ID] = "member" })
	if r, ok := s.WaitReply(s.Say(s.group, bob, "/pin@parley_bot"), within); !ok || !strings.Contains(r.Text, "Only administrators") {
		t.Errorf("a member: %v %q", ok, r.Text)
	}
	s.Say(s.group, bob, "/pin", telegramtest.Say{As: s.group}) // an administrator who stays anonymous
	s.pinned("none announced")
	p := s.Private(bob)
	s.Say(p, bob, "/pin")
	if !s.WaitUntil(within, func() bool { return len(s.Pins(p)) == 1 }) {
		t.Error("not pinned in a private chat")
	}
}

func TestOthersPinsAreNotTouchedAndWhatIsDoneToOursIsMended(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	theirs := s.tell("our rules")
	s.PinAs(s.group, theirs)
	s.tell("/pin")
	ours := func() []telegramtest.Message {
		var out []telegramtest.Message
		for _, p := range s.Pins(s.group) {
			if p.From == telegramtest.BotID {
				out = append(out, p)
			}
		}
		return out
	}
	one := func(what string, not int) telegramtest.Message {
		t.Helper()
		var got []telegramtest.Message
		if !s.WaitUntil(within, func() bool { got = ours(); return len(got) == 1 && got[0].ID != not }) {
			t.Fatalf("%s: %+v", what, got)
		}
		if len(s.Pins(s.group)) != 2 {
			t.Errorf("%s: the pins are %+v", what, s.Pins(s.group))
		}
		return got[0]
	}
	card := one("pinned", 0)
	s.Delete(s.group, card.ID)
	again := one("after it was deleted", card.ID)
	s.UnpinAs(s.group, theirs.ID)
	s.UnpinAs(s.group, again.ID)
	if !s.WaitUntil(within, func() bool { return len(ours()) == 1 }) {
		t.Errorf("after it was unpinned: %+v", s.Pins(s.group))
	}
	if n := len(s.news()); n > 0 {
		t.Errorf("said besides: %q", s.news())
	}
	if !s.WaitUntil(within, func() bool { return len(s.Requests("deleteMessage")) >= 2 }) {
		t.Error("the service messages of the pins were not removed")
	}
}

func TestEachTopicOfAForumHasItsOwnCardAndNews(t *testing.T) {
	// Rounds as often as in other tests would edit one card a second, the one that
	// Telegram does not show as pinned, which is all that a chat may be sent.
	s := newSceneOf(t, telegramtest.Options{}, func(*scene) func() { return begin(t) })
	s.group = s.Forum("Talks", []int{7, 8})
	s.Set(s.group, func(c *telegramtest.Chat) {
		c.Status[s.admin.ID], c.Status[telegramtest.BotID] = "administrator", "administrator"
	})
	s.Say(s.group, s.admin, "/pin lang tr", telegramtest.Say{Thread: 7})
	s.Say(s.group, s.admin, "/pin lang uk", telegramtest.Say{Thread: 8})
	if _, ok := s.WaitReply(s.Say(s.group, s.admin, "/subscribe", telegramtest.Say{Thread: 8}), within); !ok {
		t.Fatal("no answer")
	}
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	s.save()
	want := map[string]int{"5 Ocak 2027": 7, "5 січня 2027": 8, "en ev-rome-announced": 8}
	if !s.WaitUntil(within, func() bool {
		found := 0
		for _, m := range s.Sent(s.group) {
			for text, thread := range want {
				if strings.Contains(m.Text, text) && m.Thread == thread && m.ReplyTo == 0 {
					found++
				}
			}
		}
		return found == len(want) && len(s.Pins(s.group)) == 2
	}) {
		t.Errorf("%+v", s.Sent(s.group))
	}
}

func TestACardThatWasEditedAwayIsMended(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	s.tell("/pin")
	card := s.pinned("none announced")
	// by another program with the same token: nobody else can
	resp, err := http.PostForm(s.URL+"/bot"+s.Token+"/editMessageText",
		url.Values{"chat_id": {fmt.Sprint(s.group.ID)}, "message_id": {fmt.Sprint(card.ID)}, "text": {"something else"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := s.pinned("none announced"); got.ID != card.ID || resp.StatusCode != http.StatusOK {
		t.Errorf("another message: %+v, %s", got, resp.Status)
	}
}

func TestAGroupThatIsUpgradedKeepsItsScheduleAndNews(t *testing.T) {
	for name, told := range map[string]bool{"told of it": true, "found when sending": false} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, telegramtest.Options{})
			old := s.Group("Talks")
			s.Set(old, func(c *telegramtest.Chat) {
				c.Status[s.admin.ID], c.Status[telegramtest.BotID] = "administrator", "administrator"
			})
			s.Say(old, s.admin, "/pin")
			if _, ok := s.WaitReply(s.Say(old, s.admin, "/subscribe"), within); !ok {
				t.Fatal("no answer")
			}
			s.group = s.Migrate(old, told)
			s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
			s.save()
			s.pinned("5 January 2027")
			s.told(1, "ev-rome-announced")
			if n := len(s.Sent(s.group)); n != 2 {
				t.Errorf("%d messages: %+v", n, s.Sent(s.group))
			}
		})
	}
}

func TestAGroupThatThrowsTheBotOutIsForgotten(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	s.tell("/pin")
	s.pinned("none announced")
	s.SetBot(s.group, s.admin, "kicked")
	s.SetBot(s.group, s.admin, "administrator")
	if r, ok := s.WaitReply(s.tell("/mydata"), within); !ok || !strings.Contains(r.Text, "Nothing is kept") {
		t.Errorf("%v %q", ok, r.Text)
	}
}

func TestEachStepOfSavingIsNoChangeOfItsOwn(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	if _, ok := s.WaitReply(s.tell("/subscribe"), within); !ok {
		t.Fatal("no answer")
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(s.dir, "schedule.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	whole := s.text()
	write("")
	write(whole[:len(whole)/2])
	write(whole[:len(whole)-10])
	write(whole)
	write(whole + "\n")
	s.told(1, "ev-rome-announced")

	write(strings.Replace(whole, "kind: announced", "kind: rumoured", 1)) // refused
	write(whole)
	s.put("ev-oslo-announced", "announced", "2026-11-20", "2027-02-05")
	s.save()
	s.told(2, "ev-oslo-announced")
}

func TestALinkThatIsTurnedIsAChange(t *testing.T) {
	// as a ConfigMap is: names that lead through a link to a folder
	s := newScene(t, telegramtest.Options{})
	dir := s.dir
	release := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "schedule.yaml"), []byte(s.text()), 0o600); err != nil {
			t.Fatal(err)
		}
		tmp := filepath.Join(dir, "..data_tmp")
		if err := os.Symlink(name, tmp); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	release("..1")
	if err := os.Remove(filepath.Join(dir, "schedule.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..data/schedule.yaml", filepath.Join(dir, "schedule.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.WaitReply(s.tell("/subscribe"), within); !ok {
		t.Fatal("no answer")
	}
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	release("..2")
	s.told(1, "ev-rome-announced")
}

func TestARefusedBaseIsToldToTheCuratorsAndTheOldOneServes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	metrics := l.Addr().String()
	l.Close()
	s := newSceneOf(t, telegramtest.Options{}, func(s *scene) func() {
		return begin(t, func(c *config.Config) {
			c.Announce.Curators = fmt.Sprint("telegram:", s.group.ID)
			c.HTTP.Listen = metrics
		})
	})
	s.tell("/pin")
	s.pinned("none announced")
	s.put("ev-rome-announced", "rumoured", "2026-11-20", "2027-01-05")
	s.save()
	s.told(1, "schedule.yaml:")
	s.pinned("none announced")
	resp, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(got), "parley_facts_refused_total 1\n") || strings.Contains(string(got), s.Token) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestARefusalIsLoggedWithItsLineAndToldOnceThoughTheNetworkWasDown(t *testing.T) {
	log := logsOf(t, func() {
		s := newSceneOf(t, telegramtest.Options{}, func(s *scene) func() {
			return begin(t, func(c *config.Config) { c.Announce.Curators = fmt.Sprint("telegram:", s.group.ID) })
		})
		if _, ok := s.WaitReply(s.tell("/subscribe"), within); !ok {
			t.Fatal("no answer")
		}
		s.Fail(telegramtest.Fault{Kind: telegramtest.DropBefore, Method: "sendMessage", Times: 1})
		s.put("ev-rome-announced", "rumoured", "2026-11-20", "2027-01-05")
		s.save()
		s.told(1, "schedule.yaml:")
		s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
		s.save()
		s.told(2, "ev-rome-announced")
		s.put("ev-rome-announced", "rumoured", "2026-11-20", "2027-01-05") // the same slip again
		s.save()
		s.told(3, "schedule.yaml:")
		s.stop()
		s.stop = func() {}
	})
	if !strings.Contains(string(log), "schedule.yaml:13:") || !strings.Contains(string(log), "changed facts refused") {
		t.Errorf("not logged with file and line:\n%s", log)
	}
}

func TestAChangeIsInAHundredPinsWithinTenSeconds(t *testing.T) {
	s := newScene(t, telegramtest.Options{})
	groups := s.crowd(100)
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	began := time.Now()
	s.save()
	shown := func() (n int) {
		for _, g := range groups {
			if p := s.Pins(g); len(p) == 1 && strings.Contains(p[0].Text, "5 January 2027") {
				n++
			}
		}
		return n
	}
	for shown() < len(groups) && time.Since(began) < time.Minute {
		time.Sleep(50 * time.Millisecond)
	}
	took := time.Since(began)
	t.Logf("%d of %d pins are true after %s", shown(), len(groups), took.Round(10*time.Millisecond))
	if took > 10*time.Second*slowdown {
		t.Errorf("took %s", took)
	}
}
