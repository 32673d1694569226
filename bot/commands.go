package bot

import (
	"context"
	"strings"

	"parley/answers"
	"parley/answers/lang"
	"parley/answers/markup"
)

// Command is one thing a person can tell the bot to do. Help, menus and the
// documentation come from the table of them.
type Command struct {
	Name  string
	Takes string // the key of the phrase that names its argument, if it has one
	Admin bool   // in a group only administrators may
	Rooms bool   // only on networks whose chats the bot can leave: those with a Leaver
	run   func(b *Bot, ctx context.Context, m Message) (Reply, bool)
}

// Commands returns the table, in its order. What a command does is told by the
// phrase "cmd.NAME".
func Commands() []Command {
	return []Command{
		{Name: "next", run: opens("next")},
		{Name: "rounds", run: opens("rounds")},
		{Name: "round", Takes: "cmd.takes.round", run: (*Bot).round},
		{Name: "agenda", Takes: "cmd.takes.round", run: (*Bot).agenda},
		{Name: "demands", run: opens("compare-demands")},
		{Name: "people", run: opens("delegations")},
		{Name: "prisoners", run: opens("exchanges")},
		{Name: "timeline", run: opens("timeline")},
		{Name: "sources", run: (*Bot).sources},
		{Name: "fact", Takes: "cmd.takes.fact", run: (*Bot).fact},
		{Name: "pin", Takes: "cmd.takes.pin", Admin: true, run: (*Bot).pin},
		{Name: "unpin", Admin: true, run: (*Bot).unpin},
		{Name: "subscribe", Takes: "cmd.takes.subscribe", Admin: true, run: (*Bot).subscribe},
		{Name: "unsubscribe", Admin: true, run: (*Bot).unsubscribe},
		{Name: "lang", Takes: "cmd.takes.lang", run: (*Bot).setLang},
		{Name: "help", run: (*Bot).help},
		{Name: "privacy", run: says("talk-privacy")},
		{Name: "about", run: says("talk-about")},
		{Name: "mydata", run: (*Bot).mydata},
		{Name: "forget", run: (*Bot).forgetMe},
		{Name: "leave", Rooms: true, run: (*Bot).leave},
	}
}

// signals are what adapters report as commands although no person types them.
var signals = map[string]func(b *Bot, ctx context.Context, m Message) (Reply, bool){
	"start":         (*Bot).start,
	"added":         says("added"),
	"media":         says("media"),
	"undecryptable": says("undecryptable"),
	"gone": func(b *Bot, ctx context.Context, m Message) (Reply, bool) {
		b.forget(ctx, m.Chat)
		return Reply{}, false
	},
	"moved": (*Bot).moved,
}

func (b *Bot) command(ctx context.Context, a Adapter, m Message) (Reply, bool) {
	if run := signals[m.Command]; run != nil {
		return run(b, ctx, m)
	}
	if c, ok := b.find(m.Command); ok {
		return b.do(ctx, a, c, m)
	}
	if m.Kind == Group {
		return Reply{}, false // it may be meant for another bot
	}
	return b.noCommand(ctx, m), true
}

func (b *Bot) noCommand(ctx context.Context, m Message) Reply {
	r := b.notice(ctx, m, "no_command", lang.Args{"command": m.Command})
	r.Echoes = true
	return r
}

func (b *Bot) find(name string) (Command, bool) {
	for _, c := range b.commands {
		if c.Name == name {
			return c, true
		}
	}
	return Command{}, false
}

// do does what a command says, if the writer may.
func (b *Bot) do(ctx context.Context, a Adapter, c Command, m Message) (Reply, bool) {
	if c.Admin && m.Kind == Group && !b.isAdmin(ctx, m) {
		return b.notice(ctx, m, "only_admins", nil), true
	}
	r, ok := c.run(b, ctx, m)
	if !ok {
		return r, ok
	}
	return b.once(a, m, r)
}

// Signal tells whether a command is what adapters report and no person types:
// a typed one is a text.
func Signal(name string) bool {
	_, is := signals[name]
	return is && name != "start"
}

func (b *Bot) isAdmin(ctx context.Context, m Message) bool {
	if m.Admin == nil {
		return false
	}
	yes, err := m.Admin()
	if err != nil {
		b.log.WarnContext(ctx, "rights not read", "network", m.Chat.Network, "err", err)
	}
	return yes && err == nil
}

// notice is a reply of one phrase.
func (b *Bot) notice(ctx context.Context, m Message, key string, args lang.Args) Reply {
	l := b.language(ctx, m)
	return Reply{Body: markup.Text{markup.Para(b.Book().Say(l, key, args))}, Lang: l, Notice: true}
}

func says(key string) func(*Bot, context.Context, Message) (Reply, bool) {
	return func(b *Bot, ctx context.Context, m Message) (Reply, bool) { return b.notice(ctx, m, key, nil), true }
}

func opens(id string) func(*Bot, context.Context, Message) (Reply, bool) {
	return func(b *Bot, ctx context.Context, m Message) (Reply, bool) { return b.open(ctx, m, id), true }
}

// open tells the fact or summary with this id.
func (b *Bot) open(ctx context.Context, m Message, id string) Reply {
	q := b.question(ctx, m)
	q.Lang = b.language(ctx, m)
	a := b.Book().Open(id, q)
	b.remember(ctx, m, a.Talk)
	return FromAnswer(a)
}

func (b *Bot) start(ctx context.Context, m Message) (Reply, bool) {
	if id := strings.TrimSpace(m.Args); id != "" && b.Book().Knows(id) {
		return b.open(ctx, m, id), true
	}
	r := b.notice(ctx, m, "talk-greet", nil)
	r.Choices = b.beginnings(m, r.Lang)
	return r, true
}

// aspectOf opens the summary of a round: "round" and "2" is "round-2".
func (b *Bot) aspectOf(ctx context.Context, m Message, aspect string) (Reply, bool) {
	if n := strings.TrimSpace(m.Args); n != "" && b.Book().Knows(aspect+"-"+n) {
		return b.open(ctx, m, aspect+"-"+n), true
	}
	r := b.notice(ctx, m, "which_round", nil)
	for _, n := range [...]string{"1", "2", "3"} {
		id := aspect + "-" + n
		r.Choices = append(r.Choices, answers.Choice{ID: id, Label: b.Book().Label(id, r.Lang)})
	}
	return r, true
}

func (b *Bot) round(ctx context.Context, m Message) (Reply, bool) { return b.aspectOf(ctx, m, "round") }
func (b *Bot) agenda(ctx context.Context, m Message) (Reply, bool) {
	return b.aspectOf(ctx, m, "agenda")
}

func (b *Bot) fact(ctx context.Context, m Message) (Reply, bool) {
	id := strings.TrimSpace(m.Args)
	if id == "" || !b.Book().Knows(id) {
		return b.notice(ctx, m, "no_fact", nil), true
	}
	return b.open(ctx, m, id), true
}

// sources tells the sources of a fact, of the last answer, or where facts come from.
func (b *Bot) sources(ctx context.Context, m Message) (Reply, bool) {
	id := strings.TrimSpace(m.Args)
	if id == "" {
		id = b.talk(ctx, m).Fact
	}
	r := b.notice(ctx, m, "talk-sources", nil)
	if id == "" {
		return r, true
	}
	if all := b.Book().Sources(id); len(all) > 0 {
		r.Body = markup.Text{markup.Para(b.Book().Label(id, r.Lang))}
		r.Sources = all
	}
	return r, true
}

func (b *Bot) setLang(ctx context.Context, m Message) (Reply, bool) {
	code := strings.ToLower(strings.TrimSpace(m.Args))
	key := "lang.set"
	switch {
	case code == "auto":
		code, key = "", "lang.auto"
	case code != "" && !lang.Has(code):
		return b.notice(ctx, m, "lang.bad", nil), true
	}
	if m.Kind == Group && !b.isAdmin(ctx, m) {
		return b.notice(ctx, m, "only_admins", nil), true
	}
	if code == "" && key != "lang.auto" {
		if m.Kind == Group { // buttons there are everybody's to press
			return b.notice(ctx, m, "lang.bad", nil), true
		}
		r := b.notice(ctx, m, "lang.pick", nil)
		r.Choices = b.languages(r.Lang)
		return r, true
	}
	if b.keeper == nil {
		b.topics.setLanguage(m.Chat, code)
	} else if err := b.keeper.SetLanguage(ctx, m.Chat.Network, m.Chat.ID, code, b.now()); err != nil {
		b.log.ErrorContext(ctx, "language not kept", "err", err)
		return b.notice(ctx, m, "trouble", nil), true
	}
	b.cardChanges(ctx, m)
	return b.notice(ctx, m, key, nil), true
}

func (b *Bot) help(ctx context.Context, m Message) (Reply, bool) {
	r := b.notice(ctx, m, "talk-help", nil)
	_, leaves := b.adapter(m.Chat.Network).(Leaver)
	for _, c := range b.commands {
		if c.Rooms && !leaves {
			continue
		}
		line := "/" + c.Name
		if c.Takes != "" {
			line += " " + b.Book().Say(r.Lang, c.Takes, nil)
		}
		r.Body = append(r.Body, markup.Item(line+": "+b.Book().Say(r.Lang, "cmd."+c.Name, nil)))
	}
	return r, true
}

func (b *Bot) moved(ctx context.Context, m Message) (Reply, bool) {
	if b.keeper != nil {
		if err := b.keeper.Move(ctx, m.Chat.Network, m.Chat.ID, m.Args); err != nil {
			b.log.ErrorContext(ctx, "chat not carried over", "err", err)
		}
	}
	return Reply{}, false
}

// Linker is an adapter that can link to a message of a group.
type Linker interface {
	Adapter
	Link(c Chat, id string) (url string, ok bool)
}

// once replaces an answer that a group was given some minutes ago by a link to it.
func (b *Bot) once(a Adapter, m Message, r Reply) (Reply, bool) {
	l, ok := a.(Linker)
	if !ok || m.Kind != Group || r.Fact == "" || m.Answer != "" {
		return r, true
	}
	s, ok := b.topics.lately(m.Chat, r, b.now())
	if !ok || m.ID != "" && m.Choice == "" && s.question == m.ID { // a question that was edited before it was answered
		return r, true
	}
	url, ok := l.Link(m.Chat, s.id)
	if !ok {
		return r, true
	}
	text := b.Book().Say(r.Lang, "said_above", nil)
	return Reply{Lang: r.Lang, Notice: true, Body: markup.Text{{Spans: []markup.Span{{Text: text, Style: markup.Link, URL: url}}}}}, true
}
