package bot

import (
	"context"
	"strings"
	"time"

	"parley/answers"
	"parley/answers/facts"
)

// Reminders come a day before a meeting, and an hour before it where its hour
// was announced.
const (
	remindDay  = "day"
	remindHour = "hour"
	morning    = 9 * time.Hour // of the day before, where no hour was announced
	maxAhead   = 5             // meetings that are looked ahead to
)

// reminder is when to remind of a meeting.
type reminder struct {
	mark string
	at   time.Time
}

// remindersOf are those of one meeting. Their marks name its date too: a
// meeting that moves is another one to remind of.
func remindersOf(e *facts.Event) []reminder {
	at, hour := answers.Begins(e)
	if at.IsZero() {
		return nil
	}
	mark := e.ID + "|" + e.ForDate + " " + e.ForTime + "|"
	if !hour {
		return []reminder{{mark + remindDay, at.AddDate(0, 0, -1).Add(morning)}}
	}
	return []reminder{{mark + remindDay, at.AddDate(0, 0, -1)}, {mark + remindHour, at.Add(-time.Hour)}}
}

// scheduleReminders sees to it that those who subscribed are reminded of the
// meetings that stand. However often and by however many processes it is
// called, each reminder is made once.
func (b *Bot) scheduleReminders(ctx context.Context, book *answers.Book) error {
	now := b.now()
	var tasks []Task
	standing := book.Standing(now.UTC().Format(time.DateOnly))
	for _, e := range standing[:min(len(standing), maxAhead)] {
		for _, r := range remindersOf(e) {
			if r.at.After(now) {
				tasks = append(tasks, Task{Kind: TaskRemind, Mark: r.mark, At: r.at})
			}
		}
	}
	if len(tasks) == 0 {
		return nil
	}
	return b.memory.Enqueue(ctx, tasks...)
}

// remindAll adds a task for each chat that is to be reminded, if the meeting
// still stands as it did.
func (b *Bot) remindAll(ctx context.Context, t Task) error {
	v, err := b.current(ctx)
	if err != nil {
		return err
	}
	if e, _ := v.remindOf(t.Mark); e == nil {
		return nil
	}
	return b.memory.EnqueueSubscribers(ctx, Task{Kind: TaskReminder, Mark: t.Mark}, answers.Everything, answers.Schedule)
}

// remindOf is the meeting of a mark, if it still stands as it did.
func (v *view) remindOf(mark string) (e *facts.Event, hour bool) {
	for _, e := range v.book.Standing(v.day) {
		for _, r := range remindersOf(e) {
			if r.mark == mark {
				return e, strings.HasSuffix(mark, remindHour)
			}
		}
	}
	return nil, false
}

const remindPrefix = "remind:"

// tooLate tells whether a meeting has begun.
func tooLate(e *facts.Event, now time.Time) bool {
	begins, hour := answers.Begins(e)
	return hour && !now.Before(begins)
}

// remind reminds a chat. What would come too late after its quiet hours is
// left out.
func (b *Bot) remind(ctx context.Context, a Adapter, v *view, t Task) error {
	e, hour := v.remindOf(t.Mark)
	s, err := b.memory.Subscription(ctx, t.Chat)
	if err != nil {
		return err
	}
	if e == nil || s == nil || tooLate(e, b.now()) {
		return b.abandon(ctx, t.Chat, remindPrefix+t.Mark)
	}
	if left := s.Quiet.Left(b.now()); left > 0 {
		return Busy{After: left + time.Second}
	}
	code := b.speaks(ctx, t.Chat, "", s.Lang)
	r := Reply{Body: v.book.Remind(code, e, hour), Lang: code, Notice: true}
	_, err = b.post(ctx, a, Post{Chat: t.Chat, What: remindPrefix + t.Mark}, r)
	return err
}
