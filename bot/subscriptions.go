package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"parley/answers"
	"parley/answers/lang"
	"parley/answers/markup"
)

// wanted reads "schedule quiet 22-07 Europe/Kyiv"; both parts may be missing.
func wanted(args string) (subject string, q Quiet, ok bool) {
	subject = answers.Everything
	head, quiet, has := strings.Cut(" "+strings.Join(strings.Fields(args), " "), " quiet")
	if head = strings.ToLower(strings.TrimSpace(head)); head != "" {
		subject = head
	}
	if !slices.Contains(answers.Subjects, subject) {
		return "", Quiet{}, false
	}
	if !has {
		return subject, Quiet{}, true
	}
	q, err := ParseQuiet(strings.TrimSpace(quiet))
	return subject, q, err == nil && q != Quiet{}
}

func (b *Bot) subscribe(ctx context.Context, m Message) (Reply, bool) {
	subject, quiet, ok := wanted(m.Args)
	if !ok || b.memory == nil {
		return b.notice(ctx, m, "subscribe.bad", nil), true
	}
	unlock, err := b.lock(ctx, m.Chat)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	defer unlock()
	s, err := b.memory.Subscription(ctx, m.Chat)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	if s == nil { // what was before is not news
		h, err := b.memory.Head(ctx)
		if err != nil {
			return b.troubled(ctx, m, err)
		}
		s = &Subscription{Chat: m.Chat, Seen: h.Revision, Since: b.now()}
	}
	s.Subject, s.Quiet, s.Lang, s.Last = subject, quiet, b.language(ctx, m), m.ID
	if err := b.memory.PutSubscription(ctx, *s); err != nil {
		return b.troubled(ctx, m, err)
	}
	// What waited for the end of other quiet hours need not wait any more.
	if err := b.memory.Enqueue(ctx, Task{Kind: TaskNews, Chat: m.Chat, Mark: "subscribed " + m.ID}); err != nil {
		return b.troubled(ctx, m, err)
	}
	b.told.add(m.Chat)
	r := b.notice(ctx, m, "subscribe.on", lang.Args{"what": b.Book().Say(s.Lang, "what."+subject, nil)})
	if quiet != (Quiet{}) {
		r.Body = append(r.Body, markup.Para(b.Book().Say(r.Lang, "subscribe.quiet", lang.Args{
			"from": fmt.Sprintf("%02d:00", quiet.From), "to": fmt.Sprintf("%02d:00", quiet.To), "zone": quiet.Zone})))
	}
	return r, true
}

func (b *Bot) unsubscribe(ctx context.Context, m Message) (Reply, bool) {
	if b.memory == nil {
		return b.notice(ctx, m, "subscribe.none", nil), true
	}
	unlock, err := b.lock(ctx, m.Chat)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	defer unlock()
	s, err := b.memory.Subscription(ctx, m.Chat)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	if s == nil {
		return b.notice(ctx, m, "subscribe.none", nil), true
	}
	posts, err := b.memory.PostsIn(ctx, m.Chat)
	for _, p := range posts {
		if p.Chat == m.Chat && p.What != postCard && p.What != postRight {
			err = errors.Join(err, b.abandon(ctx, m.Chat, p.What))
		}
	}
	if err = errors.Join(err, b.memory.DropSubscription(ctx, m.Chat)); err != nil {
		return b.troubled(ctx, m, err)
	}
	return b.notice(ctx, m, "subscribe.off", nil), true
}
