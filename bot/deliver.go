package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Finder is an adapter that can find out what became of a message whose fate is
// unknown.
type Finder interface {
	Adapter
	// Newest is the newest message known in a chat, given others known; empty
	// if there is none.
	Newest(to Chat, known ...string) string
	// Find returns the id of the message that shows r, if it was sent after the
	// one with the id after; empty if it was not. It is none of the others.
	Find(ctx context.Context, to Chat, r Reply, after string, others []string) (id string, err error)
}

// Paced is an adapter whose network limits how much may be sent in all.
type Paced interface {
	Adapter
	Pace() time.Duration // between two messages; zero: no limit
}

// How long a task waits before it is tried again.
const (
	waitLock      = 300 * time.Millisecond
	waitUnsure    = 2 * time.Second
	waitMuted     = 30 * time.Minute
	waitElsewhere = 2 * time.Second // another process runs the network
	waitAbsent    = time.Minute     // the network is not configured, or not running yet
)

// Deliver does a task. It returns Busy if it is to be done later.
func (b *Bot) Deliver(ctx context.Context, t Task) error {
	if t.Kind == TaskRemind {
		return b.remindAll(ctx, t)
	}
	a := b.adapter(t.Chat.Network)
	if a == nil {
		return Busy{After: waitAbsent}
	}
	if s, ok := a.(Standby); ok && s.StandsBy() {
		return Busy{After: waitElsewhere}
	}
	b.told.add(t.Chat)
	unlock, ok, err := b.memory.Lock(ctx, t.Chat)
	if err != nil {
		return err
	}
	if !ok {
		return Busy{After: waitLock}
	}
	defer unlock()
	v, err := b.current(ctx)
	if err != nil {
		return err
	}
	switch t.Kind {
	case TaskCard, TaskVerify:
		err = b.refresh(ctx, a, v, t.Chat)
	case TaskNews:
		err = b.tellNews(ctx, a, v, t.Chat)
	case TaskReminder:
		err = b.remind(ctx, a, v, t)
	default:
		err = fmt.Errorf("task of an unknown kind %q", t.Kind)
	}
	if errors.Is(err, ErrMuted) && (t.Kind == TaskCard || t.Kind == TaskVerify) {
		return nil // the next round looks again; tasks would pile up
	}
	return b.outcome(ctx, t.Chat, err)
}

// outcome turns what an adapter said into what becomes of a task.
func (b *Bot) outcome(ctx context.Context, c Chat, err error) error {
	switch {
	case errors.Is(err, ErrGone):
		b.forget(context.WithoutCancel(ctx), c)
		return nil
	case errors.Is(err, ErrMoved):
		return nil // there are tasks for the new id
	case errors.Is(err, ErrUncertain):
		b.counts.Uncertain.Add(1)
		return Busy{After: waitUnsure}
	case errors.Is(err, ErrMuted):
		return Busy{After: waitMuted}
	}
	return err
}

// post sends a message that nobody asked for, once, and returns its id. What
// is about to be sent is noted before; if its fate is unknown afterwards, the
// next try finds out before it sends again. Until then nothing else is sent to
// the chat, or one message could be taken for the other.
func (b *Bot) post(ctx context.Context, a Adapter, p Post, r Reply) (string, error) {
	kept := context.WithoutCancel(ctx)
	old, err := b.memory.Post(ctx, p.Chat, p.What)
	if err != nil {
		return "", err
	}
	f, finds := a.(Finder)
	if old != nil && old.Message != "" {
		return old.Message, nil
	}
	known, err := b.known(ctx, p)
	if err != nil {
		return "", err
	}
	if old == nil {
		p.At, p.Lang, p.Shown = b.now(), r.Lang, hashReply(r)
		if finds {
			p.After = f.Newest(p.Chat, known...)
		}
		if err := b.memory.PutPost(ctx, p); err != nil {
			return "", err
		}
	} else {
		p = *old
	}
	r.Unasked, r.Key = true, fmt.Sprintf("%s/%s/%s/%s/%d", p.Chat.Network, p.Chat.ID, p.Chat.Thread, p.What, p.At.UnixMilli())
	var id string
	if old != nil && finds {
		if id, err = f.Find(ctx, p.Chat, r, p.After, known); err != nil {
			return "", err
		}
	}
	if id == "" {
		if id, err = b.sendUnasked(ctx, a, p.Chat, r); err != nil {
			return "", b.unsent(kept, p, err)
		}
	}
	if id == "" { // it may have been sent: without an id nobody knows
		return "", ErrUncertain
	}
	p.Message = id
	return id, b.memory.ChangePost(kept, p)
}

// unsent takes the note of a message back if an error says that it was not sent.
func (b *Bot) unsent(ctx context.Context, p Post, err error) error {
	if errors.Is(err, ErrUncertain) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if e := b.memory.DropPost(ctx, p.Chat, p.What); e != nil {
		return errors.Join(err, e)
	}
	return err
}

func (b *Bot) sendUnasked(ctx context.Context, a Adapter, to Chat, r Reply) (string, error) {
	if err := b.pace(ctx, a); err != nil {
		return "", err
	}
	id, err := a.Send(ctx, to, r)
	if err == nil {
		b.counts.Sent.Add(1)
	}
	return id, err
}

func (b *Bot) editUnasked(ctx context.Context, e Editor, to Chat, id string, r Reply) error {
	if err := b.pace(ctx, e); err != nil {
		return err
	}
	r.Unasked = true
	err := e.Edit(ctx, to, id, r)
	if err == nil {
		b.counts.Edited.Add(1)
	}
	return err
}

// unsureFor is how long another message of unknown fate is waited for. Its own
// task finds out much sooner, unless there is none any more.
const unsureFor = 10 * time.Minute

// known are messages that are in a chat for sure. It returns Busy while the
// fate of another post to the chat has to be found out first.
func (b *Bot) known(ctx context.Context, mine Post) (ids []string, err error) {
	posts, err := b.memory.PostsIn(ctx, mine.Chat)
	if err != nil {
		return nil, err
	}
	for _, p := range posts {
		if p.Message != "" {
			ids = append(ids, p.Message)
		} else if (p.What != mine.What || p.Chat != mine.Chat) && b.now().Sub(p.At).Abs() < unsureFor { // or the clock was set back
			return nil, Busy{After: waitUnsure}
		}
	}
	s, err := b.memory.Subscription(ctx, mine.Chat)
	if err != nil {
		return nil, err
	}
	if s != nil {
		ids = append(ids, s.Last)
	}
	return ids, nil
}

// postLast is the newest answer to a chat that is told of things unasked too.
const postLast = "last"

// noteLast keeps the id of an answer, so that it is not taken for a message of
// unknown fate after a restart.
func (b *Bot) noteLast(ctx context.Context, a Adapter, c Chat, id string) {
	if _, finds := a.(Finder); !finds || id == "" || b.memory == nil || !b.told.has(c) {
		return
	}
	if err := b.memory.PutPost(ctx, Post{Chat: c, What: postLast, Message: id, At: b.now()}); err != nil {
		b.log.WarnContext(ctx, "an answer was not noted", "network", c.Network, "err", err)
	}
}

// chatSet are chats that this process has told of things unasked, or has been
// asked to.
type chatSet struct {
	mu  sync.Mutex
	all map[Chat]bool
}

func (s *chatSet) add(c Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil || len(s.all) >= maxTalks {
		s.all = make(map[Chat]bool)
	}
	s.all[Chat{c.Network, c.ID, ""}] = true
}

func (s *chatSet) drop(c Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, Chat{c.Network, c.ID, ""})
}

func (s *chatSet) has(c Chat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[Chat{c.Network, c.ID, ""}]
}

// abandon forgets a post whose fate is unknown and that nobody waits for.
func (b *Bot) abandon(ctx context.Context, c Chat, what string) error {
	p, err := b.memory.Post(ctx, c, what)
	if err != nil || p == nil || p.Message != "" {
		return err
	}
	return b.memory.DropPost(ctx, c, what)
}

// pace waits for this process's turn where several share a network's limits.
func (b *Bot) pace(ctx context.Context, a Adapter) error {
	p, ok := a.(Paced)
	if !ok || p.Pace() == 0 {
		return nil
	}
	wait, err := b.memory.Slot(ctx, a.Name(), p.Pace())
	if err != nil || wait <= 0 {
		return err
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reserve takes one of the moments that several processes share for a reply. The
// reply does not wait for it: what is sent unasked does.
func (b *Bot) reserve(ctx context.Context, a Adapter) {
	p, ok := a.(Paced)
	if !ok || b.memory == nil || !b.memory.Shared() || p.Pace() == 0 {
		return
	}
	if _, err := b.memory.Slot(ctx, a.Name(), p.Pace()); err != nil {
		b.log.WarnContext(ctx, "a reply goes beside the limits of several processes", "network", a.Name(), "err", err)
	}
}

// lock waits until this process is the only one that writes to a chat.
func (b *Bot) lock(ctx context.Context, c Chat) (unlock func(), err error) {
	for {
		unlock, ok, err := b.memory.Lock(ctx, c)
		if err != nil || ok {
			return unlock, err
		}
		select {
		case <-time.After(waitLock / 10):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// speaks is the language of what is said to a chat unasked: what was chosen
// for this, what the chat chose, or what it spoke at the time.
func (b *Bot) speaks(ctx context.Context, c Chat, chosen, spoke string) string {
	for _, code := range [...]string{chosen, b.chosen(ctx, c), spoke} {
		if code != "" {
			return code
		}
	}
	return "en"
}
