package bot

import (
	"context"
	"strings"

	"parley/answers"
	"parley/answers/lang"
)

// A choice is a fact or summary, or a command if it begins with a slash:
// "/lang uk". CommandChoice makes the latter.
func CommandChoice(name, args string) string { return strings.TrimSpace("/" + name + " " + args) }

// picked opens what was picked. Buttons outlive the facts that they name.
func (b *Bot) picked(ctx context.Context, a Adapter, m Message) (Reply, bool) {
	if name, isCommand := strings.CutPrefix(m.Choice, "/"); isCommand {
		m.Choice = ""
		m.Command, m.Args, _ = strings.Cut(name, " ")
		gone := m.Command == "sources" && m.Args != "" && !b.Book().Knows(m.Args)
		if c, ok := b.find(m.Command); ok && !gone {
			return b.do(ctx, a, c, m)
		}
	} else if b.Book().Knows(m.Choice) {
		q := b.question(ctx, m)
		ans := b.Book().Open(m.Choice, q)
		b.remember(ctx, m, ans.Talk)
		return b.once(a, m, FromAnswer(ans))
	}
	r := b.notice(ctx, m, "stale", nil)
	r.Choices = b.beginnings(m, r.Lang)
	return r, true
}

// beginnings are what a talk can begin with. In a group only administrators may
// choose the language, so that is not offered there.
func (b *Bot) beginnings(m Message, code string) (cs []answers.Choice) {
	for _, id := range [...]string{"next", "rounds", "compare-demands", "exchanges"} {
		cs = append(cs, answers.Choice{ID: id, Label: b.Book().Label(id, code)})
	}
	cs = append(cs, answers.Choice{ID: CommandChoice("sources", ""), Label: b.Book().Say(code, "button.sources", nil)})
	if m.Kind == Private {
		cs = append(cs, answers.Choice{ID: CommandChoice("lang", ""), Label: b.Book().Say(code, "button.language", nil)})
	}
	return cs
}

// languages are the choices there are, each in its own language.
func (b *Bot) languages(code string) (cs []answers.Choice) {
	for _, l := range lang.Codes {
		cs = append(cs, answers.Choice{ID: CommandChoice("lang", l), Label: b.Book().Say(l, "lang.own", nil)})
	}
	return append(cs, answers.Choice{ID: CommandChoice("lang", "auto"), Label: b.Book().Say(code, "button.auto", nil)})
}
