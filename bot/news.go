package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/answers"
)

// tellNews puts right what a chat was told, and tells it what has changed since.
func (b *Bot) tellNews(ctx context.Context, a Adapter, v *view, c Chat) error {
	for {
		posts, err := b.memory.PostsIn(ctx, c)
		if err != nil {
			return err
		}
		posts = slices.DeleteFunc(posts, func(p Post) bool { return p.Chat != c || !strings.HasPrefix(p.What, newsPrefix) })
		if err := b.putRight(ctx, a, v, posts); err != nil {
			return err
		}
		s, err := b.memory.Subscription(ctx, c)
		if err != nil || s == nil || s.Seen >= v.head.Revision {
			return err
		}
		if left := s.Quiet.Left(b.now()); left > 0 {
			return Busy{After: left + time.Second}
		}
		if err := b.tellSince(ctx, a, v, s, posts); err != nil {
			return err
		}
	}
}

// tellSince tells a chat in one message what it was not told yet.
func (b *Bot) tellSince(ctx context.Context, a Adapter, v *view, s *Subscription, posts []Post) error {
	upTo := v.head.Revision
	begun := begun(posts, s.Seen)
	if begun > 0 { // a message whose fate is not known comes first, as it was
		upTo = begun
	}
	news, items := v.since(s.Seen, upTo, s.Subject, posts)
	if len(news) > 0 {
		code := b.speaks(ctx, s.Chat, "", s.Lang)
		body, sources := v.book.Tell(code, news)
		r := Reply{Body: body, Sources: sources, Lang: code, Notice: true}
		id, err := b.post(ctx, a, Post{Chat: s.Chat, What: newsPost(upTo), Items: items}, r)
		if err != nil {
			return err
		}
		s.Last = id
	} else if err := b.abandon(ctx, s.Chat, newsPost(upTo)); err != nil {
		return err
	}
	s.Seen = upTo
	return b.memory.ChangeSubscription(context.WithoutCancel(ctx), *s)
}

const newsPrefix = "news:"

func newsPost(upTo int64) string { return newsPrefix + strconv.FormatInt(upTo, 10) }

// upToOf is the revision up to which a post tells.
func upToOf(p Post) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(p.What, newsPrefix), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// begun is the revision up to which a message was begun to be sent whose fate
// was not noted, or that was not marked as seen; 0 if there is none.
func begun(posts []Post, seen int64) int64 {
	for _, p := range posts {
		if n := upToOf(p); n > seen {
			return n
		}
	}
	return 0
}

// since is what changed after one revision up to another for who chose a
// subject, each entry once: what became of it in the end. What puts right a
// post that told it is left to the edit of that post.
func (v *view) since(after, upTo int64, subject string, posts []Post) (news []answers.News, items []Item) {
	at := make(map[string]int)
	for _, r := range v.revisions {
		if r.Number <= after || r.Number > upTo {
			continue
		}
		for _, c := range r.Changes {
			i, had := at[c.ID]
			switch {
			case had && c.Kind == answers.Withdrawn && !news[i].Amends():
				news[i].ID = "" // announced and withdrawn: nobody needs to know
				delete(at, c.ID)
			case had && c.Kind == answers.Corrected:
				news[i].After = c.After
			case had:
				news[i].Change, items[i].Revision = c, r.Number
			case c.Amends() && toldIn(posts, c.ID):
			case c.Concerns(subject):
				at[c.ID] = len(news)
				news = append(news, answers.News{Change: c})
				items = append(items, Item{r.Number, c.ID})
			}
		}
	}
	for i := len(news) - 1; i >= 0; i-- {
		if news[i].ID == "" {
			news, items = slices.Delete(news, i, i+1), slices.Delete(items, i, i+1)
		}
	}
	return news, items
}

func toldIn(posts []Post, id string) bool {
	return slices.ContainsFunc(posts, func(p Post) bool {
		return p.Message != "" && slices.ContainsFunc(p.Items, func(it Item) bool { return it.ID == id })
	})
}

// putRight edits the posts of a chat that tell what was corrected or withdrawn.
func (b *Bot) putRight(ctx context.Context, a Adapter, v *view, posts []Post) error {
	e, ok := a.(Editor)
	if !ok {
		return nil
	}
	for _, p := range posts {
		news, amended := v.asToldNow(p)
		if p.Message == "" || !amended {
			continue
		}
		body, sources := v.book.Tell(p.Lang, news)
		r := Reply{Body: body, Sources: sources, Lang: p.Lang, Notice: true}
		shown := hashReply(r)
		if shown == p.Shown {
			continue
		}
		err := b.editUnasked(ctx, e, p.Chat, p.Message, r)
		if errors.Is(err, ErrLost) { // somebody deleted it
			p.Items = nil
		} else if err != nil {
			return err
		}
		p.Shown = shown
		if err := b.memory.ChangePost(context.WithoutCancel(ctx), p); err != nil {
			return err
		}
	}
	return nil
}

// asToldNow are the changes that a post told, each with what put it right last.
func (v *view) asToldNow(p Post) (news []answers.News, amended bool) {
	upTo := upToOf(p)
	for _, it := range p.Items {
		var n answers.News
		found, over := false, false
		for _, r := range v.revisions {
			for _, c := range r.Changes {
				switch {
				case c.ID != it.ID || r.Number < it.Revision:
				case r.Number == it.Revision:
					n, found = answers.News{Change: c}, true
				case found && r.Number <= upTo: // it was told like that
					n.After = c.After
				case found && !c.Amends(): // told anew: what is corrected then is that
					over = true
				case found && (!over || c.Kind == answers.Withdrawn):
					n.Amended, amended = &answers.Amendment{Change: c, Day: r.Day}, true
				}
			}
		}
		if found {
			news = append(news, n)
		}
	}
	return news, amended
}
