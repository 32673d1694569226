package bot

import (
	"context"
	"errors"
	"strings"

	"parley/answers/lang"
	"parley/answers/markup"
)

// PinState is how a pinned message is doing, as far as a network tells.
type PinState int

// The states of a pinned message.
const (
	PinUnknown PinState = iota // the network does not tell
	PinStands
	PinAltered // pinned, and not showing what it should
	PinAway
)

// Verifier is an adapter that can tell whether a message is pinned.
type Verifier interface {
	Pinner
	// PinState tells how a message is doing that should show r. It returns
	// ErrLost if the message is known to be gone.
	PinState(ctx context.Context, to Chat, id string, r Reply) (PinState, error)
}

const (
	postCard  = "card"
	postRight = "right"
)

// refresh brings the card of a chat up to date: sent, true, and pinned if the
// bot may, whatever became of it.
func (b *Bot) refresh(ctx context.Context, a Adapter, v *view, c Chat) error {
	p, err := b.memory.Pin(ctx, c)
	if err != nil || p == nil {
		return err
	}
	e, ok := a.(Pinner)
	if !ok {
		return nil
	}
	if p.Message != "" {
		if err := b.verify(ctx, e, v, p); err != nil {
			return err
		}
	}
	err = b.show(ctx, e, v, p)
	if errors.Is(err, ErrLost) { // somebody deleted it
		if err := b.lose(ctx, e, p); err != nil {
			return err
		}
		if p, err = b.memory.Pin(ctx, c); err != nil || p == nil {
			return err
		}
		err = b.show(ctx, e, v, p)
	}
	if err != nil {
		return err
	}
	return b.hold(ctx, e, p)
}

// verify looks how the card is doing, and notes what has to be mended.
func (b *Bot) verify(ctx context.Context, a Pinner, v *view, p *Pin) error {
	w, ok := a.(Verifier)
	if !ok {
		return nil
	}
	state, err := w.PinState(ctx, p.Chat, p.Message, v.card(b.speaks(ctx, p.Chat, p.Lang, p.Hint)).reply)
	switch {
	case errors.Is(err, ErrLost):
		return b.lose(ctx, a, p)
	case err != nil:
		return err
	case state == PinStands:
		p.Pinned = true
		return nil
	case state == PinAltered:
		p.Pinned = true
	case state == PinAway:
		p.Pinned = false
	}
	p.Shown = "" // an edit tells whether it still stands
	return nil
}

// lose notes that the card is gone. A deleted message may still be in the list
// of pins; what cannot be taken from it stays.
func (b *Bot) lose(ctx context.Context, a Pinner, p *Pin) error {
	if err := a.Unpin(ctx, p.Chat, p.Message); err != nil {
		b.log.DebugContext(ctx, "lost card not unpinned", "network", p.Chat.Network, "err", err)
	}
	p.Message, p.Shown, p.Pinned = "", "", false
	return errors.Join(b.memory.ChangePin(ctx, *p), b.memory.DropPost(ctx, p.Chat, postCard))
}

// show sends the card, or edits it if it shows something else.
func (b *Bot) show(ctx context.Context, a Pinner, v *view, p *Pin) error {
	c := v.card(b.speaks(ctx, p.Chat, p.Lang, p.Hint))
	if p.Message == "" {
		id, err := b.post(ctx, a, Post{Chat: p.Chat, What: postCard}, c.reply)
		if err != nil {
			return err
		}
		p.Message, p.Pinned = id, false
		if sent, err := b.memory.Post(ctx, p.Chat, postCard); err == nil && sent != nil {
			p.Shown = sent.Shown
		}
		if err := b.memory.ChangePin(ctx, *p); err != nil {
			return err
		}
	}
	if p.Shown == c.shown {
		return nil
	}
	if err := b.editUnasked(ctx, a, p.Chat, p.Message, c.reply); err != nil {
		return err
	}
	p.Shown = c.shown
	return b.memory.ChangePin(context.WithoutCancel(ctx), *p)
}

// hold pins the card. If the bot may not, the chat is told so once, with what
// to do; the card stays true without being pinned.
func (b *Bot) hold(ctx context.Context, a Pinner, p *Pin) error {
	kept := context.WithoutCancel(ctx)
	if p.Pinned {
		return nil
	}
	if err := b.pace(ctx, a); err != nil {
		return err
	}
	err := a.Pin(ctx, p.Chat, p.Message)
	switch {
	case err == nil:
		p.Pinned, p.Told = true, ""
		return errors.Join(b.memory.ChangePin(kept, *p), b.memory.DropPost(kept, p.Chat, postRight))
	case !errors.Is(err, ErrMayNotPin):
		return err
	case p.Told == postRight:
		return nil
	}
	if _, err := b.post(ctx, a, Post{Chat: p.Chat, What: postRight}, b.mayNot(ctx, a, p)); err != nil {
		return err
	}
	p.Told = postRight
	return b.memory.ChangePin(kept, *p)
}

// mayNot says which right is missing, what to click, and where the card is.
func (b *Bot) mayNot(ctx context.Context, a Adapter, p *Pin) Reply {
	code := b.speaks(ctx, p.Chat, p.Lang, p.Hint)
	key := "pin.right." + a.Name()
	text := b.Book().Say(code, key, nil)
	if text == key {
		text = b.Book().Say(code, "pin.right.other", nil)
	}
	r := Reply{Body: markup.Text{markup.Para(text)}, Lang: code, Notice: true}
	r.Body = append(r.Body, b.linkTo(a, p, code)...)
	return r
}

// linkTo is a link to the card, where the network has such.
func (b *Bot) linkTo(a Adapter, p *Pin, code string) markup.Text {
	l, ok := a.(Linker)
	if !ok || p.Message == "" {
		return nil
	}
	url, ok := l.Link(p.Chat, p.Message)
	if !ok {
		return nil
	}
	return markup.Text{{Spans: []markup.Span{{Text: b.Book().Say(code, "pin.open", nil), Style: markup.Link, URL: url}}}}
}

// pin pins the schedule, or looks after the card that there is.
func (b *Bot) pin(ctx context.Context, m Message) (Reply, bool) {
	code, ok := pinLanguage(m.Args)
	if !ok {
		return b.notice(ctx, m, "pin.lang", nil), true
	}
	a := b.adapter(m.Chat.Network)
	if _, ok := a.(Pinner); !ok || b.memory == nil {
		return b.notice(ctx, m, "pin.right.other", nil), true
	}
	unlock, err := b.lock(ctx, m.Chat)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	defer unlock()
	p, err := b.memory.Pin(ctx, m.Chat)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	fresh := p == nil
	if fresh {
		p = &Pin{Chat: m.Chat, Hint: b.language(ctx, m), Since: b.now()}
	}
	if code != "" {
		p.Lang = code
	}
	p.Told = postRight // the command is answered; nothing more is to be told
	if err := b.memory.PutPin(ctx, *p); err != nil {
		return b.troubled(ctx, m, err)
	}
	b.told.add(m.Chat)
	return b.pinned(ctx, a, m, fresh)
}

// pinned does what was asked for, and says what became of it.
func (b *Bot) pinned(ctx context.Context, a Adapter, m Message, fresh bool) (Reply, bool) {
	v, err := b.look(ctx)
	if err == nil {
		err = b.refresh(ctx, a, v, m.Chat)
	}
	if errors.Is(err, ErrGone) {
		b.forget(ctx, m.Chat)
		return Reply{}, false
	}
	if err != nil { // it is done as soon as it can be
		b.log.InfoContext(ctx, "a schedule is not pinned yet", "network", m.Chat.Network, "err", err)
		task := Task{Kind: TaskCard, Chat: m.Chat, Mark: "pin " + m.ID, At: b.now().Add(waitUnsure)}
		if err := b.memory.Enqueue(ctx, task); err != nil {
			return b.troubled(ctx, m, err)
		}
		return Reply{}, false
	}
	p, err := b.memory.Pin(ctx, m.Chat)
	switch {
	case err != nil || p == nil:
		return b.troubled(ctx, m, err)
	case !p.Pinned:
		return b.mayNot(ctx, a, p), true
	case fresh:
		return Reply{}, false // the card speaks for itself
	}
	r := b.notice(ctx, m, "pin.again", nil)
	r.Body = append(r.Body, b.linkTo(a, p, r.Lang)...)
	return r, true
}

// cardChanges has the card of a chat shown as the chat wants it now.
func (b *Bot) cardChanges(ctx context.Context, m Message) {
	if b.memory == nil {
		return
	}
	p, err := b.memory.Pin(ctx, m.Chat)
	if err == nil && p != nil {
		err = b.memory.Enqueue(ctx, Task{Kind: TaskCard, Chat: m.Chat, Mark: "changed " + m.ID})
	}
	if err != nil {
		b.log.WarnContext(ctx, "a card changes later", "network", m.Chat.Network, "err", err)
	}
}

// pinLanguage reads "", "lang uk" and "uk".
func pinLanguage(args string) (code string, ok bool) {
	code = strings.ToLower(strings.TrimSpace(args))
	if rest, cut := strings.CutPrefix(code, "lang "); cut {
		code = strings.TrimSpace(rest)
	}
	return code, code == "" || lang.Has(code)
}

// unpin takes the card away and leaves its message, which says that it ends.
func (b *Bot) unpin(ctx context.Context, m Message) (Reply, bool) {
	if b.memory == nil {
		return b.notice(ctx, m, "pin.none", nil), true
	}
	unlock, err := b.lock(ctx, m.Chat)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	defer unlock()
	p, err := b.memory.Pin(ctx, m.Chat)
	if err != nil {
		return b.troubled(ctx, m, err)
	}
	if p == nil {
		return b.notice(ctx, m, "pin.none", nil), true
	}
	b.endCard(ctx, p)
	if err := errors.Join(b.memory.DropPin(ctx, m.Chat), b.memory.DropPost(ctx, m.Chat, postCard), b.memory.DropPost(ctx, m.Chat, postRight)); err != nil {
		return b.troubled(ctx, m, err)
	}
	return b.notice(ctx, m, "pin.off", nil), true
}

// endCard unpins a card and lets it say that it ends. What does not work is
// left: the message is nobody's then.
func (b *Bot) endCard(ctx context.Context, p *Pin) {
	a, ok := b.adapter(p.Chat.Network).(Pinner)
	if !ok || p.Message == "" {
		return
	}
	if err := a.Unpin(ctx, p.Chat, p.Message); err != nil {
		b.log.InfoContext(ctx, "card not unpinned", "network", p.Chat.Network, "err", err)
	}
	v, err := b.look(ctx)
	if err != nil {
		return
	}
	r := v.card(b.speaks(ctx, p.Chat, p.Lang, p.Hint)).reply
	end := v.book.Say(r.Lang, "card.ended", lang.Args{"date": v.book.Date(r.Lang, v.day)})
	r.Body = append(r.Body[:len(r.Body)-1:len(r.Body)-1], markup.Styled(end, markup.Italic))
	if err := b.editUnasked(ctx, a, p.Chat, p.Message, r); err != nil {
		b.log.InfoContext(ctx, "card not ended", "network", p.Chat.Network, "err", err)
	}
}

// troubled logs an error and says that something went wrong.
func (b *Bot) troubled(ctx context.Context, m Message, err error) (Reply, bool) {
	b.log.ErrorContext(ctx, "command failed", "command", m.Command, "network", m.Chat.Network, "err", err)
	return b.notice(ctx, m, "trouble", nil), true
}
