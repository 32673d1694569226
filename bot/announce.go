package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/answers"
	"parley/answers/lang"
	"parley/answers/markup"
)

// Changes compares the facts with what was announced last.
func (b *Bot) Changes(ctx context.Context) (p Publication, first bool, err error) {
	h, err := b.memory.Head(ctx)
	if err != nil {
		return p, false, err
	}
	book := b.Book()
	p = Publication{After: h.Revision, Hash: b.views.hashOf(book), Now: book.Edition(), At: b.now()}
	if p.Was, err = b.memory.Announced(ctx); err != nil {
		return p, false, err
	}
	if first = h.Revision == 0; !first {
		p.Changes = answers.Diff(p.Was, p.Now)
	}
	return p, first, nil
}

// announceTries is how often another process may be faster.
const announceTries = 10

// Announce compares the facts with what was announced last, and stores what
// has changed together with the tasks that tell it. The first time it records
// the facts and stays silent.
func (b *Bot) Announce(ctx context.Context) error {
	if b.memory == nil {
		return nil
	}
	for range announceTries {
		h, err := b.memory.Head(ctx)
		if err != nil {
			return err
		}
		book := b.Book()
		if h.Hash == b.views.hashOf(book) {
			return b.scheduleReminders(ctx, book)
		}
		if back, err := b.goesBack(ctx, h, book); back || err != nil {
			return err
		}
		p, first, err := b.Changes(ctx)
		if err != nil {
			return err
		}
		err = b.memory.Publish(ctx, p)
		if errors.Is(err, ErrOvertaken) {
			continue
		}
		if err != nil {
			return err
		}
		b.log.InfoContext(ctx, "facts announced", "revision", p.After+1, "changes", len(p.Changes), "first", first, "facts_to", p.Now.AsOf)
		return b.scheduleReminders(ctx, book)
	}
	return fmt.Errorf("announce: %w", ErrOvertaken)
}

// goBackAfter is how long another process may need to get the facts that were
// announced last.
const goBackAfter = 5 * time.Minute

// goesBack tells whether a book is of an older edition than the one announced, which
// other processes have. Such is answered from and not announced, or each process that
// is behind would take back what another has told. One that was changed back while
// this process ran is announced, some time later: the curators may mean it.
func (b *Bot) goesBack(ctx context.Context, h Head, book *answers.Book) (bool, error) {
	if !b.memory.Shared() {
		return false, nil
	}
	if book.AsOf() >= h.AsOf {
		if before, err := b.memory.AnnouncedBefore(ctx, b.views.hashOf(book)); err != nil || !before {
			return false, err
		}
		if b.changed.Load() {
			if ago := b.now().Sub(h.AnnouncedAt).Abs(); ago < goBackAfter { // or the clock was set back
				return true, Busy{After: goBackAfter - ago}
			}
			return false, nil
		}
	}
	b.log.WarnContext(ctx, "facts older than those announced are answered from, and not announced", "facts_to", book.AsOf(), "announced_to", h.AsOf)
	return true, nil
}

// How often what was announced is looked after.
const retryAnnounce = 5 * time.Second

// Keep announces the facts whenever Swap has changed them, and every so often
// has all cards verified, until ctx ends.
func (b *Bot) Keep(ctx context.Context, every time.Duration) {
	if b.memory == nil {
		return
	}
	round := time.NewTimer(0)
	defer round.Stop()
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.swapped:
			retry.Reset(0)
		case <-retry.C:
			err := b.Announce(ctx)
			if busy := (Busy{}); errors.As(err, &busy) {
				retry.Reset(busy.After)
			} else if err != nil && ctx.Err() == nil {
				b.log.ErrorContext(ctx, "facts not announced; trying again", "err", err)
				retry.Reset(retryAnnounce)
			}
		case <-round.C:
			if err := b.Round(ctx, every); err != nil && ctx.Err() == nil {
				b.log.WarnContext(ctx, "cards not verified", "err", err)
			}
			round.Reset(untilNext(b.now(), every))
		}
	}
}

// Round has every card verified, once in each span of time however many
// processes ask for it.
func (b *Bot) Round(ctx context.Context, every time.Duration) error {
	mark := b.now().Truncate(every).UTC().Format(time.RFC3339)
	return errors.Join(b.memory.EnqueuePins(ctx, Task{Kind: TaskVerify, Mark: mark}), b.scheduleReminders(ctx, b.Book()))
}

func untilNext(now time.Time, every time.Duration) time.Duration {
	return max(now.Truncate(every).Add(every).Sub(now), time.Second)
}

// Refused tells the curators' chat that a changed base was refused: once for each
// first problem, until facts are announced again. An error says that they are to be
// told later, unless it is ErrGone or ErrMuted.
func (b *Bot) Refused(ctx context.Context, curators Chat, problems int, first string) error {
	if b.memory == nil {
		return nil
	}
	a := b.adapter(curators.Network)
	if a == nil {
		return Busy{After: waitUnsure} // not running yet
	}
	h, err := b.memory.Head(ctx)
	if err != nil {
		return err
	}
	unlock, err := b.lock(ctx, curators)
	if err != nil {
		return err
	}
	defer unlock()
	code := b.speaks(ctx, curators, "", "")
	text := b.Book().Say(code, "facts.refused", lang.Args{"count": fmt.Sprint(problems), "problem": first})
	r := Reply{Body: markup.Text{markup.Para(text)}, Lang: code, Notice: true}
	_, err = b.post(ctx, a, Post{Chat: curators, What: fmt.Sprintf("refused:%d:%s", h.Revision, hashReply(r))}, r)
	return err
}
