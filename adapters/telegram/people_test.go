package telegram

import (
	"context"
	"encoding/json"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parley/adapters/telegram/telegramtest"
	"parley/answers"
	"parley/bot"
	"parley/bot/store"
)

var embedded = sync.OnceValues(answers.Embedded)

// parley is the whole bot, with its facts, against a server.
type parley struct {
	*telegramtest.Server
	t    *testing.T
	path string
	st   *store.Store
	stop func()
}

func newParley(t *testing.T, o telegramtest.Options) *parley {
	t.Helper()
	p := &parley{Server: telegramtest.New(t, o), t: t, path: filepath.Join(t.TempDir(), "p.db")}
	p.begin()
	return p
}

func (p *parley) begin() {
	p.t.Helper()
	book, err := embedded()
	if err != nil {
		p.t.Fatal(err)
	}
	p.st = openStore(p.t, p.path)
	a, err := New(config(p.t, p.Server, p.st))
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- bot.New(bot.Options{Book: book, Keeper: p.st}).Run(ctx, a) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Error(err)
		}
		p.st.Close()
	})
	p.t.Cleanup(p.stop)
	if !p.WaitPolling(soon) {
		p.t.Fatal("no poll")
	}
}

func (p *parley) restart() { p.stop(); p.begin() }

// ask says something and returns the answer.
func (p *parley) ask(c *telegramtest.Chat, u *telegramtest.User, text string, how ...telegramtest.Say) telegramtest.Message {
	p.t.Helper()
	r, ok := p.WaitReply(p.Say(c, u, text, how...), 2*soon)
	if !ok {
		p.t.Fatalf("%q was not answered", text)
	}
	return r
}

// press presses the button with that label and returns what was said next.
func (p *parley) press(u *telegramtest.User, m telegramtest.Message, label string) telegramtest.Message {
	p.t.Helper()
	i := slices.IndexFunc(m.Buttons, func(b telegramtest.Button) bool { return b.Text == label })
	if i < 0 {
		p.t.Fatalf("there is no button %q: %+v", label, m.Buttons)
	}
	return p.pressed(u, m, m.Buttons[i].Data)
}

func (p *parley) pressed(u *telegramtest.User, m telegramtest.Message, data string) telegramtest.Message {
	p.t.Helper()
	c := p.Chat(m.Chat)
	before := len(p.Sent(c))
	p.Press(u, &m, data)
	all, ok := p.WaitSent(c, before+1, soon)
	if !ok {
		p.t.Fatalf("nothing was said after a press of %q", data)
	}
	return all[len(all)-1]
}

func TestStartGreetsAndLetsChooseTheLanguage(t *testing.T) {
	p := newParley(t, telegramtest.Options{})
	u := p.User("Ann", "en")
	hello := p.ask(p.Private(u), u, "/start")
	if len(hello.Buttons) != 6 {
		t.Errorf("buttons %+v", hello.Buttons)
	}
	if next := p.press(u, hello, hello.Buttons[0].Text); next.Text == "" || next.ReplyTo != hello.ID {
		t.Errorf("next: %+v", next)
	}
	if got := p.press(u, hello, "Sources"); !strings.Contains(got.Text, "publisher") && got.Text == "" {
		t.Errorf("sources: %s", got.Text)
	}
	pick := p.press(u, hello, "Language")
	if got := p.press(u, pick, "Українська"); !strings.Contains(got.Text, "українською") {
		t.Errorf("language: %s", got.Text)
	}
	if got := p.ask(p.Private(u), u, "How long did the second round last?"); !strings.Contains(got.Text, "хвилин") {
		t.Errorf("in Ukrainian: %s", got.Text)
	}
	p.restart()
	if got := p.ask(p.Private(u), u, "Who is Umerov?"); !strings.Contains(got.Text, "Джерела") {
		t.Errorf("after a restart: %s", got.Text)
	}
}

func TestAnAnswerCanBeSharedAndShowsItsSources(t *testing.T) {
	p := newParley(t, telegramtest.Options{})
	u := p.User("Ann", "en")
	got := p.ask(p.Private(u), u, "How long did the second round last?")
	i := slices.IndexFunc(got.Buttons, func(b telegramtest.Button) bool { return b.URL != "" })
	if i < 0 {
		t.Fatalf("no link among %+v", got.Buttons)
	}
	share, err := url.Parse(got.Buttons[i].URL)
	if err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(share.Query().Get("url"))
	if err != nil || link.Host != "t.me" || link.Path != "/parley_bot" {
		t.Fatalf("share %s", share)
	}
	v := p.User("Bob", "en")
	opened := p.ask(p.Private(v), v, "/start "+link.Query().Get("start"))
	if opened.Text != got.Text {
		t.Errorf("the link opened:\n%s\ninstead of:\n%s", opened.Text, got.Text)
	}
	if s := p.press(u, got, "Sources"); !strings.Contains(s.Text, "TASS") || len(s.Entities) == 0 {
		t.Errorf("sources: %s", s.Text)
	}
	for _, b := range got.Buttons {
		if len(b.Data) > 64 {
			t.Errorf("%q has %d bytes", b.Data, len(b.Data))
		}
	}
}

func TestAnOldButtonShowsTheNewList(t *testing.T) {
	p := newParley(t, telegramtest.Options{})
	u := p.User("Ann", "tr")
	hello := p.ask(p.Private(u), u, "/start")
	p.restart()
	for _, data := range []string{"c:a-fact-that-is-gone", "c:/nothing", "c:/gone", "other", "c:?"} {
		if got := p.pressed(u, hello, data); !strings.Contains(got.Text, "değişti") || len(got.Buttons) != 6 {
			t.Errorf("%s: %s %+v", data, got.Text, got.Buttons)
		}
	}
}

func TestAGroupIsToldTheSameOnceInTenMinutes(t *testing.T) {
	p := newParley(t, telegramtest.Options{ReadsAll: true})
	u, v := p.User("Ann", "en"), p.User("Bob", "en")
	g := p.Forum("f", []int{7, 8}, u, v)
	const q = "@parley_bot How long did the second round last?"
	first := p.ask(g, u, q, telegramtest.Say{Thread: 7})
	again := p.ask(g, v, q, telegramtest.Say{Thread: 7})
	want := addressOf(first)
	if len(again.Entities) != 1 || again.Entities[0].URL != want || again.Thread != 7 || strings.Contains(again.Text, "72") {
		t.Errorf("second time: %+v, want a link to %s", again, want)
	}
	if got := p.ask(g, u, q, telegramtest.Say{Thread: 8}); got.Text != first.Text || got.Thread != 8 {
		t.Errorf("another topic: %s", got.Text)
	}
	if got := p.ask(g, u, "@parley_bot Скільки тривав другий раунд?", telegramtest.Say{Thread: 7}); !strings.Contains(got.Text, "хвилин") {
		t.Errorf("another language: %s", got.Text)
	}
	other := p.Supergroup("other", u)
	if got := p.ask(other, u, q); got.Text != first.Text {
		t.Errorf("another group: %s", got.Text)
	}
	if got := p.ask(p.Private(u), u, "How long did the second round last?"); got.Text != first.Text {
		t.Errorf("in private: %s", got.Text)
	}
	plain := p.Group("plain", u) // has no links: told again
	p.ask(plain, u, q)
	if got := p.ask(plain, u, q); got.Text != first.Text {
		t.Errorf("a plain group: %s", got.Text)
	}
}

func TestWhatAnEditTookAwayIsToldAnew(t *testing.T) {
	p := newParley(t, telegramtest.Options{})
	u, v := p.User("Ann", "en"), p.User("Bob", "en")
	g := p.Supergroup("g", u, v)
	const long, where = "@parley_bot How long did the second round last?", "@parley_bot Where was the second round held?"
	m := p.Say(g, u, long)
	first, ok := p.WaitReply(m, soon)
	if !ok {
		t.Fatal("not answered")
	}
	p.Edit(m, where)
	edited, ok := p.WaitEdits(first, 1, soon)
	if !ok {
		t.Fatal("not edited")
	}
	if got := p.ask(g, v, long); got.Text != first.Text {
		t.Errorf("what stands there no more: %s", got.Text)
	}
	if got := p.ask(g, v, where); got.Text == edited.Text || len(got.Entities) != 1 || !strings.HasSuffix(got.Entities[0].URL, "/"+strconv.Itoa(first.ID)) {
		t.Errorf("what stands there now: %+v", got)
	}
}

// addressOf is the address of a message as Telegram has it.
func addressOf(m telegramtest.Message) string {
	a := &Adapter{memory: newRemembered()}
	l, _ := a.Link(bot.Chat{Network: Network, ID: chat{ID: m.Chat}.id(), Thread: "7"}, json.Number(chat{ID: int64(m.ID)}.id()).String())
	return l
}

func TestMessagesOfSupergroupsHaveAddresses(t *testing.T) {
	a := &Adapter{memory: newRemembered()}
	for id, want := range map[string]string{"-1001234567890": "https://t.me/c/1234567890/5", "-1001234": "", "77": ""} {
		if got, ok := a.Link(bot.Chat{ID: id}, "5"); got != want || ok != (want != "") {
			t.Errorf("%s: %q", id, got)
		}
	}
	if got, _ := a.Link(bot.Chat{ID: "-1001234567890", Thread: "7"}, "5"); got != "https://t.me/c/1234567890/7/5" {
		t.Errorf("in a topic: %s", got)
	}
}

func TestSignalsCannotBeTyped(t *testing.T) {
	p := newParley(t, telegramtest.Options{ReadsAll: true})
	u := p.User("Ann", "en")
	c := p.Private(u)
	p.ask(c, u, "/lang uk")
	for _, text := range []string{"/gone", "/moved 5", "/added", "/media"} {
		p.ask(c, u, text)
	}
	if got := p.ask(c, u, "Who is Umerov?"); !strings.Contains(got.Text, "Джерела") {
		t.Errorf("the language was forgotten: %s", got.Text)
	}
	g := p.Supergroup("g", u)
	p.Say(g, u, "/gone@parley_bot")
	p.ask(g, u, "@parley_bot Who is Umerov?")
}

func TestWhoeverBlocksTheBotIsForgotten(t *testing.T) {
	p := newParley(t, telegramtest.Options{})
	u := p.User("Ann", "en")
	c := p.Private(u)
	p.ask(c, u, "/lang uk")
	m := p.Say(c, u, "Who is Umerov?")
	if _, ok := p.WaitReply(m, soon); !ok {
		t.Fatal("not answered")
	}
	p.restart() // what answers what is stored by now
	id := chat{ID: c.ID}.id()
	question := inChat(id, chat{ID: int64(m.ID)}.id())
	if said, err := p.st.SaidTo(t.Context(), Network, question); err != nil || said == nil {
		t.Errorf("not stored: %v %v", said, err)
	}
	p.SetBot(c, u, "kicked")
	if !p.WaitConfirmed(soon) {
		t.Fatal("not dealt with")
	}
	lang, err := p.st.Language(t.Context(), Network, id)
	if said, serr := p.st.SaidTo(t.Context(), Network, question); err != nil || serr != nil || said != nil || lang != "" {
		t.Errorf("kept: %q %v %v %v", lang, said, err, serr)
	}
	p.stop()
	p.st = openStore(t, p.path)
	lang, err = p.st.Language(t.Context(), Network, id)
	if said, _ := p.st.SaidTo(t.Context(), Network, question); err != nil || said != nil || lang != "" {
		t.Errorf("kept after the end: %q %v", lang, said)
	}
}

func TestAnEditAfterARestartEditsTheAnswer(t *testing.T) {
	p := newParley(t, telegramtest.Options{})
	u := p.User("Ann", "en")
	m := p.Say(p.Private(u), u, "Who is Umerov?")
	first, ok := p.WaitReply(m, soon)
	if !ok {
		t.Fatal("not answered")
	}
	p.restart()
	p.Edit(m, "How long did the second round last?")
	if got, ok := p.WaitEdits(first, 1, soon); !ok || !strings.Contains(got.Text, "72") {
		t.Errorf("edited %v: %s", ok, got.Text)
	}
	if n := len(p.Replies(m)); n != 1 {
		t.Errorf("%d answers", n)
	}
}
