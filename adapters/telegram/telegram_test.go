package telegram

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/answers"
	"parley/answers/markup"
	"parley/bot"
)

func TestAPrivateQuestionIsAnsweredByAReply(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("Olena", "uk")
	m := r.Say(r.Private(u), u, "sesame, who came?")
	if got := r.mustReply(t, m); got.Text != "echo sesame, who came?" {
		t.Errorf("reply %q", got.Text)
	}
	if got := r.mustGet(t); got.Hint != "uk" || got.Kind != bot.Private || got.Chat.Network != "telegram" {
		t.Errorf("message %+v", got)
	}
	if !r.WaitConfirmed(soon) {
		t.Error("the update was not confirmed")
	}
	form := r.Requests("sendMessage")[0].Form
	if form.Get("link_preview_options") != `{"is_disabled":true}` || !strings.Contains(form.Get("reply_parameters"), `"allow_sending_without_reply":true`) {
		t.Errorf("parameters %v", form)
	}
}

func TestAStartWithPayloadIsACommandWithArgs(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	r.Say(r.Private(u), u, "/start round-2")
	if m := r.mustGet(t); m.Command != "start" || m.Args != "round-2" {
		t.Errorf("%+v", m)
	}
	if l := r.a.DeepLink("round-2"); l != "https://t.me/parley_bot?start=round-2" {
		t.Errorf("link %q", l)
	}
}

func TestInGroupsOnlyWhatIsAddressedPasses(t *testing.T) {
	r := start(t, telegramtest.Options{ReadsAll: true})
	u := r.User("A", "en")
	g := r.Supergroup("g", u)
	for _, quiet := range []string{"hello all", "/next@other_bot", "mail me@parley_bot.example", "we have @parley_bots here"} {
		r.Say(g, u, quiet)
	}
	cases := []struct{ say, command, args, text string }{
		{"/next", "next", "", ""},
		{"/fact@Parley_Bot round-1", "fact", "round-1", ""},
		{"tell me, @parley_bot, who 🇺🇦 came?", "", "", "tell me, who 🇺🇦 came?"},
		{"😀 @PARLEY_bot", "", "", "😀"},
	}
	for _, c := range cases {
		r.Say(g, u, c.say)
		if m := r.mustGet(t); m.Command != c.command || m.Args != c.args || strings.ReplaceAll(m.Text, ",,", ",") != c.text {
			t.Errorf("%s: got %+v", c.say, m)
		}
	}
	first, ok := r.WaitSent(g, 1, soon)
	if !ok {
		t.Fatal("no answer")
	}
	r.Say(g, u, "and then?", telegramtest.Say{ReplyTo: &first[0]})
	if m := r.mustGet(t); m.Text != "and then?" {
		t.Errorf("reply to the bot: %+v", m)
	}
}

func TestATopicIsAnsweredInItsTopic(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	f := r.Forum("f", []int{7}, u)
	r.Say(f, u, "not for the bot", telegramtest.Say{Thread: 7})
	m := r.Say(f, u, "@parley_bot hi", telegramtest.Say{Thread: 7})
	if got := r.mustReply(t, m); got.Thread != 7 {
		t.Errorf("thread %d", got.Thread)
	}
	general := r.Say(f, u, "@parley_bot hi")
	if got := r.mustReply(t, general); got.Thread != 0 {
		t.Errorf("thread %d in General", got.Thread)
	}
	r.CloseTopic(f, 7)
	_, err := r.a.Send(t.Context(), bot.Chat{Network: Network, ID: chat{ID: f.ID}.id(), Thread: "7"}, reply("x"))
	if !errors.Is(err, ErrMuted) {
		t.Errorf("closed topic: %v", err)
	}
}

func TestPhotosPassInPrivateOnly(t *testing.T) {
	r := start(t, telegramtest.Options{ReadsAll: true})
	u := r.User("A", "en")
	photo := telegramtest.Say{Extra: map[string]any{"photo": []any{map[string]any{"file_id": "x"}}, "media_group_id": "9"}}
	r.Say(r.Supergroup("g", u), u, "", photo)
	p := r.Private(u)
	r.Say(p, u, "", photo)
	r.Say(p, u, "", photo) // the second of an album
	r.Say(p, u, "end")
	if m := r.mustGet(t); m.Command != "media" || m.Kind != bot.Private {
		t.Errorf("%+v", m)
	}
	if m := r.mustGet(t); m.Text != "end" {
		t.Errorf("%+v", m)
	}
}

func TestAnEditedQuestionEditsItsAnswer(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	m := r.Say(r.Private(u), u, "one")
	first := r.mustReply(t, m)
	r.Edit(m, "two")
	got, ok := r.WaitEdits(first, 1, soon)
	if !ok || got.Text != "echo two" {
		t.Errorf("edited %v: %q", ok, got.Text)
	}
	r.Edit(m, "two") // the same again: not modified, and no new message
	if !r.WaitConfirmed(soon) || len(r.Replies(m)) != 1 {
		t.Errorf("%d replies", len(r.Replies(m)))
	}
}

func TestAPressIsAnsweredAtOnceAndPassedOn(t *testing.T) {
	release := make(chan struct{})
	r := startWith(t, telegramtest.Options{}, func(ctx context.Context, a *Adapter, m bot.Message) error {
		if m.Text == "q" {
			rep := reply("pick")
			rep.Choices = []answers.Choice{{ID: "round-1", Label: strings.Repeat("ї", 80)}, {ID: strings.Repeat("x", 63), Label: "too long"}}
			rep.Quote = m.ID
			_, err := a.Send(ctx, m.Chat, rep)
			return err
		}
		<-release
		return nil
	})
	u := r.User("A", "en")
	got := r.mustReply(t, r.Say(r.Private(u), u, "q"))
	r.mustGet(t)
	if len(got.Buttons) != 1 || got.Buttons[0].Data != "c:round-1" || len([]rune(got.Buttons[0].Text)) != 60 {
		t.Fatalf("buttons %+v", got.Buttons)
	}
	id := r.Press(u, &got, "c:round-1")
	if d, ok := r.WaitAnswered(id, soon); !ok || d > time.Second {
		t.Errorf("answered %v after %s", ok, d)
	}
	if m := r.mustGet(t); m.Choice != "round-1" || m.ID == "" {
		t.Errorf("%+v", m)
	}
	r.Press(u, &got, "old-form")
	if m := r.mustGet(t); m.Choice != "?" {
		t.Errorf("stale data: %+v", m)
	}
	close(release)
}

func TestComingAndGoingAreTold(t *testing.T) {
	var moved sync.Map
	r := start(t, telegramtest.Options{}, func(c *Config) {
		c.OnMoved = func(from, to bot.Chat) { moved.Store(from.ID, to.ID) }
	})
	u := r.User("A", "en")
	g := r.Group("g", u)
	for _, c := range []struct{ status, command string }{{"left", "gone"}, {"member", "added"}} {
		r.SetBot(g, u, c.status)
		if m := r.mustGet(t); m.Command != c.command {
			t.Errorf("%s: %+v", c.status, m)
		}
	}
	n := r.Migrate(g, true)
	if m := r.mustGet(t); m.Command != "moved" || m.Args != (chat{ID: n.ID}).id() {
		t.Errorf("%+v", m)
	}
	if to, _ := moved.Load(chat{ID: g.ID}.id()); to != (chat{ID: n.ID}).id() {
		t.Errorf("moved to %v", to)
	}
}

func TestAdminsAreAskedForAtThatMoment(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	g := r.Supergroup("g", u)
	r.Say(g, u, "/pin@parley_bot")
	m := r.mustGet(t)
	if ok, err := m.Admin(); ok || err != nil {
		t.Errorf("member: %v %v", ok, err)
	}
	r.Set(g, func(c *telegramtest.Chat) { c.Status[u.ID] = "administrator" })
	if ok, err := m.Admin(); !ok || err != nil {
		t.Errorf("administrator: %v %v", ok, err)
	}
	r.Say(g, u, "/pin@parley_bot", telegramtest.Say{As: g})
	if ok, err := r.mustGet(t).Admin(); !ok || err != nil {
		t.Errorf("anonymous: %v %v", ok, err)
	}
}

func TestAnAdministratorIsNoStrangerWhenTelegramIsNotWell(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	g := r.Group("g", u)
	r.Set(g, func(c *telegramtest.Chat) { c.Status[u.ID] = "administrator" })
	for name, f := range map[string]telegramtest.Fault{
		"502": {Kind: telegramtest.BadGateway, Times: 2}, "dropped": {Kind: telegramtest.DropAfter, Times: 1}, "429": {Kind: telegramtest.Flood, Times: 1, Retry: 1},
	} {
		f.Method = "getChatMember"
		r.Fail(f)
		r.Say(g, u, "/pin@parley_bot")
		if yes, err := r.mustGet(t).Admin(); !yes || err != nil {
			t.Errorf("%s: %v %v", name, yes, err)
		}
	}
}

func TestTheMenusAreSetInEveryLanguage(t *testing.T) {
	r := start(t, telegramtest.Options{}, func(c *Config) {
		c.Commands = func(Scope, string) []Command { return []Command{{"next", "What comes next"}} }
	})
	if _, ok := r.WaitRequests("setMyCommands", 15, soon); !ok {
		t.Errorf("%d menus", len(r.Requests("setMyCommands")))
	}
}

type inlineFacts struct{}

func (inlineFacts) Inline(_ context.Context, query, code string) []InlineResult {
	var rs []InlineResult
	for i := range 12 {
		rs = append(rs, InlineResult{ID: string(rune('a' + i)), Title: query, Preview: code, Lang: "en", Body: markup.Text{markup.Styled("b", markup.Bold)}})
	}
	return rs
}

func TestInlineQueriesGetTenArticles(t *testing.T) {
	r := start(t, telegramtest.Options{}, func(c *Config) { c.Inline = inlineFacts{} })
	req, ok := r.WaitInline(r.Query(r.User("A", "uk"), "second round"), soon)
	if !ok || strings.Count(req.Form.Get("results"), `"type":"article"`) != 10 || req.Form.Get("is_personal") != "true" {
		t.Errorf("%v %s", ok, req.Form.Get("results"))
	}
}

func TestManyInlineQueriesAtATimeAreAnswered(t *testing.T) {
	r := start(t, telegramtest.Options{Latency: 20 * time.Millisecond}, func(c *Config) { c.Inline = inlineFacts{} })
	r.Fail(telegramtest.Fault{Kind: telegramtest.BadGateway, Method: "answerInlineQuery", Times: 3})
	r.Fail(telegramtest.Fault{Kind: telegramtest.DropBefore, Method: "answerInlineQuery", Times: 3})
	u := r.User("A", "uk")
	var ids []string
	for range 100 {
		ids = append(ids, r.Query(u, "round"))
	}
	for i, id := range ids {
		if _, ok := r.WaitInline(id, soon); !ok {
			t.Fatalf("query %d was not answered", i)
		}
	}
}

func TestInlineQueriesAreAnsweredInTheLanguageThatWasChosen(t *testing.T) {
	r := start(t, telegramtest.Options{}, func(c *Config) { c.Inline = inlineFacts{} })
	for hint, chosen := range map[string]string{"tr": "uk", "uk-UA": "", "en": "tr"} {
		u, want := r.User("A", hint), chosen
		if chosen == "" {
			want = "uk"
		} else if err := r.a.cfg.Store.SetLanguage(t.Context(), Network, chat{ID: u.ID}.id(), chosen, time.Now()); err != nil {
			t.Fatal(err)
		}
		if req, _ := r.WaitInline(r.Query(u, "round"), soon); !strings.Contains(req.Form.Get("results"), `"description":"`+want+`"`) {
			t.Errorf("%s: %s", hint, req.Form.Get("results"))
		}
	}
}

func TestPinsAndTheirErrors(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	g := r.Supergroup("g", u)
	to := bot.Chat{Network: Network, ID: chat{ID: g.ID}.id()}
	id, err := r.a.Send(t.Context(), to, reply("schedule"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.a.Pin(t.Context(), to, id); !errors.Is(err, ErrMuted) {
		t.Errorf("without right: %v", err)
	}
	r.Set(g, func(c *telegramtest.Chat) { c.Status[telegramtest.BotID] = "administrator" })
	if err := r.a.Pin(t.Context(), to, id); err != nil {
		t.Error(err)
	}
	if !r.WaitConfirmed(soon) || len(r.got) != 0 {
		t.Error("the bot's own pin was passed on")
	}
	for range 2 { // the second finds it gone already
		if err := r.a.Unpin(t.Context(), to, id); err != nil {
			t.Error(err)
		}
	}
	if err := r.a.Edit(t.Context(), to, "9999", reply("x")); !errors.Is(err, ErrLost) {
		t.Errorf("edit of nothing: %v", err)
	}
	if err := r.a.Typing(t.Context(), to); err != nil {
		t.Error(err)
	}
}

func TestALongReplyIsSplitEditedAndShortened(t *testing.T) {
	r := start(t, telegramtest.Options{})
	u := r.User("A", "en")
	c := r.Private(u)
	to := bot.Chat{Network: Network, ID: chat{ID: c.ID}.id()}
	long := reply(strings.Repeat("A sentence of some length. ", 400))
	long.Choices = []answers.Choice{{ID: "x", Label: "X"}}
	id, err := r.a.Send(t.Context(), to, long)
	if err != nil {
		t.Fatal(err)
	}
	sent := r.Sent(c)
	if len(sent) != 3 || len(sent[0].Buttons) != 0 || len(sent[2].Buttons) != 1 || !strings.HasSuffix(sent[0].Text, ".") {
		t.Fatalf("%d messages", len(sent))
	}
	if err := r.a.Edit(t.Context(), to, id, reply("short")); err != nil {
		t.Fatal(err)
	}
	if sent = r.Sent(c); len(sent) != 1 || sent[0].Text != "short" {
		t.Errorf("after the edit: %d messages", len(sent))
	}
}
