package bot

import (
	"context"
	"strconv"
	"time"

	"parley/answers/lang"
	"parley/answers/markup"
)

// mydata tells all that is kept of a chat.
func (b *Bot) mydata(ctx context.Context, m Message) (Reply, bool) {
	none := b.notice(ctx, m, "mydata.none", nil)
	say := func(key string, args lang.Args) markup.Block { return markup.Item(b.Book().Say(none.Lang, key, args)) }
	date := func(t time.Time) string { return b.Book().Date(none.Lang, t.UTC().Format(time.DateOnly)) }
	var lines markup.Text
	if code := b.chosen(ctx, m.Chat); code != "" {
		lines = append(lines, say("mydata.lang", lang.Args{"lang": code}))
	}
	if b.memory != nil {
		p, err := b.memory.Pin(ctx, m.Chat)
		if err != nil {
			return b.troubled(ctx, m, err)
		}
		if p != nil {
			lines = append(lines, say("mydata.pin", lang.Args{"date": date(p.Since), "lang": b.speaks(ctx, m.Chat, p.Lang, p.Hint)}))
		}
		s, err := b.memory.Subscription(ctx, m.Chat)
		if err != nil {
			return b.troubled(ctx, m, err)
		}
		if s != nil {
			what := b.Book().Say(none.Lang, "what."+s.Subject, nil)
			if q := s.Quiet.String(); q != "" {
				what += " (" + q + ")"
			}
			lines = append(lines, say("mydata.news", lang.Args{"date": date(s.Since), "what": what}))
		}
		posts, err := b.memory.PostsIn(ctx, m.Chat)
		if err != nil {
			return b.troubled(ctx, m, err)
		}
		if len(posts) > 0 {
			lines = append(lines, say("mydata.sent", lang.Args{"count": strconv.Itoa(len(posts))}))
		}
		h, err := b.memory.Holding(ctx, m.Chat)
		if err != nil {
			return b.troubled(ctx, m, err)
		}
		for _, x := range [...]struct {
			key string
			n   int
		}{{"mydata.talks", h.Talks}, {"mydata.answers", h.Answers}, {"mydata.waiting", h.Waiting}, {"mydata.tasks", h.Tasks}} {
			if x.n > 0 {
				lines = append(lines, say(x.key, lang.Args{"count": strconv.Itoa(x.n)}))
			}
		}
	}
	if len(lines) == 0 {
		return none, true
	}
	r := none
	r.Body = append(markup.Text{markup.Para(b.Book().Say(r.Lang, "mydata.title", nil))}, lines...)
	r.Body = append(r.Body, markup.Para(b.Book().Say(r.Lang, "mydata.end", nil)))
	return r, true
}
