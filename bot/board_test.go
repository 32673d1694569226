package bot_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"parley/answers"
	"parley/answers/facts"
	"parley/bot"
	"parley/bot/store"
)

// board is a network in memory on which messages stand, can be edited and
// pinned. Like Telegram it does not know a message that is sent twice.
type board struct {
	mu     sync.Mutex
	chats  map[string]*wall
	before func(op string, c bot.Chat) error // fails a call before it takes effect
	after  func(op string, c bot.Chat) error // fails it afterwards
}

type wall struct {
	messages []string // what message n+1 shows; empty: deleted
	unasked  []int    // numbers of messages that nobody asked for
	pinned   []int
	mayPin   bool
	edits    int
}

func newBoard() *board { return &board{chats: map[string]*wall{}} }

func (n *board) Name() string { return "board" }

func (n *board) Run(ctx context.Context, _ bot.Handler) error { <-ctx.Done(); return nil }

func (n *board) wall(id string) *wall {
	if n.chats[id] == nil {
		n.chats[id] = &wall{mayPin: true}
	}
	return n.chats[id]
}

func (n *board) do(op string, c bot.Chat, effect func(w *wall) error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.before != nil {
		if err := n.before(op, c); err != nil {
			return err
		}
	}
	if err := effect(n.wall(c.ID)); err != nil {
		return err
	}
	if n.after != nil {
		return n.after(op, c)
	}
	return nil
}

func (n *board) Send(_ context.Context, to bot.Chat, r bot.Reply) (id string, err error) {
	err = n.do("send", to, func(w *wall) error {
		w.messages = append(w.messages, r.Body.String())
		id = fmt.Sprint(len(w.messages))
		if r.Unasked {
			w.unasked = append(w.unasked, len(w.messages))
		}
		return nil
	})
	return id, err
}

func (w *wall) at(id string) (int, error) {
	var n int
	if _, err := fmt.Sscan(id, &n); err != nil || n < 1 || n > len(w.messages) || w.messages[n-1] == "" {
		return 0, bot.ErrLost
	}
	return n, nil
}

func (n *board) Edit(_ context.Context, to bot.Chat, id string, r bot.Reply) error {
	return n.do("edit", to, func(w *wall) error {
		i, err := w.at(id)
		if err == nil {
			w.messages[i-1] = r.Body.String()
			w.edits++
		}
		return err
	})
}

func (n *board) Pin(_ context.Context, to bot.Chat, id string) error {
	return n.do("pin", to, func(w *wall) error {
		i, err := w.at(id)
		switch {
		case err != nil:
			return err
		case !w.mayPin:
			return bot.ErrMayNotPin
		case !slices.Contains(w.pinned, i):
			w.pinned = append(w.pinned, i)
		}
		return nil
	})
}

func (n *board) Unpin(_ context.Context, to bot.Chat, id string) error {
	return n.do("unpin", to, func(w *wall) error {
		i, err := w.at(id)
		w.pinned = slices.DeleteFunc(w.pinned, func(p int) bool { return p == i })
		return err
	})
}

func (n *board) PinState(_ context.Context, to bot.Chat, id string, r bot.Reply) (state bot.PinState, err error) {
	err = n.do("state", to, func(w *wall) error {
		i, err := w.at(id)
		state = bot.PinAway
		switch {
		case err != nil || !slices.Contains(w.pinned, i):
		case w.messages[i-1] != r.Body.String():
			state = bot.PinAltered
		default:
			state = bot.PinStands
		}
		return err
	})
	return state, err
}

func (n *board) Newest(to bot.Chat, known ...string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fmt.Sprint(len(n.wall(to.ID).messages))
}

func (n *board) Find(_ context.Context, to bot.Chat, r bot.Reply, after string, others []string) (id string, err error) {
	err = n.do("find", to, func(w *wall) error {
		var first int
		_, _ = fmt.Sscan(after, &first)
		for i := first + 1; i <= len(w.messages); i++ {
			if w.messages[i-1] != "" && !slices.Contains(others, fmt.Sprint(i)) {
				id = fmt.Sprint(i)
			}
		}
		return nil
	})
	return id, err
}

// delete is what an administrator does.
func (n *board) delete(chat string, message int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.wall(chat)
	w.messages[message-1] = ""
	w.pinned = slices.DeleteFunc(w.pinned, func(p int) bool { return p == message })
}

// desk is a bot with a store, whose tasks are done by hand on a clock that is
// set by hand.
type desk struct {
	t     *testing.T
	b     *bot.Bot
	st    *store.Store
	net   *board
	clock time.Time
	end   func()

	keeper bot.Keeper // the store, or what stands before it
	id     string     // of the next command
}

var noon = time.Date(2026, 6, 20, 12, 0, 0, 0, time.UTC)

func newDesk(t *testing.T, events ...string) *desk {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	d := &desk{t: t, st: st, keeper: st, net: newBoard(), clock: noon, id: "m"}
	d.restart(events...)
	t.Cleanup(func() { d.end() })
	d.announce()
	return d
}

// restart is a process that ended, however that was, and another one.
func (d *desk) restart(events ...string) {
	d.t.Helper()
	if d.end != nil {
		d.end()
	}
	d.b = bot.New(bot.Options{Book: scheduleOf(d.t, events...), Keeper: d.keeper, Now: func() time.Time { return d.clock }})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = d.b.Run(ctx, d.net) }()
	d.end = func() { cancel(); <-ended }
	for !d.b.Serves("board") {
		time.Sleep(time.Millisecond)
	}
}

func (d *desk) change(events ...string) {
	d.t.Helper()
	d.b.Swap(scheduleOf(d.t, events...))
	d.announce()
}

func (d *desk) announce() {
	d.t.Helper()
	if err := d.b.Announce(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// say is a command from an administrator of a group; it returns the answer.
func (d *desk) say(chat, command, args string) string {
	d.t.Helper()
	r, _ := d.b.Command(d.t.Context(), d.net, bot.Message{Chat: bot.Chat{Network: "board", ID: chat}, Kind: bot.Group, ID: d.id,
		Command: command, Args: args, Hint: "en", Admin: func() (bool, error) { return true, nil }})
	return r.Body.String()
}

// due are the tasks that wait and are due, in the order in which they came.
func (d *desk) due() (ids []int64, tasks []bot.Task) {
	d.t.Helper()
	rows, err := d.st.DB().Query(`SELECT id, json_extract(args, '$.task'), coalesce(json_extract(args, '$.network'), ''),
		coalesce(json_extract(args, '$.chat'), ''), coalesce(json_extract(args, '$.mark'), '') FROM river_job
		WHERE state = 'available' OR state = 'scheduled' AND scheduled_at <= $1 ORDER BY id`, d.clock.UTC().Format("2006-01-02 15:04:05.000"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var t bot.Task
		if err := rows.Scan(&id, &t.Kind, &t.Chat.Network, &t.Chat.ID, &t.Mark); err != nil {
			d.t.Fatal(err)
		}
		ids, tasks = append(ids, id), append(tasks, t)
	}
	return ids, tasks
}

// try does the due tasks once, each that comes to an end for good, and tells
// how many did not.
func (d *desk) try() (left int, err error) {
	d.t.Helper()
	ids, tasks := d.due()
	for i, t := range tasks {
		if e := d.b.Deliver(d.t.Context(), t); e != nil {
			left++
			err = errors.Join(err, e)
			continue
		}
		d.finish(ids[i])
	}
	return left, err
}

func (d *desk) finish(id int64) {
	d.t.Helper()
	if _, err := d.st.DB().Exec(`UPDATE river_job SET state = 'completed', finalized_at = scheduled_at WHERE id = $1`, id); err != nil {
		d.t.Fatal(err)
	}
}

// deliver does tasks until none is due.
func (d *desk) deliver() {
	d.t.Helper()
	for range 20 {
		left, err := d.try()
		if left > 0 {
			d.t.Fatal(err)
		}
		if ids, _ := d.due(); len(ids) == 0 {
			return
		}
	}
	d.t.Fatal("tasks make tasks for ever")
}

// shown are the messages that stand in a chat.
func (d *desk) shown(chat string) (out []string) {
	d.net.mu.Lock()
	defer d.net.mu.Unlock()
	for _, m := range d.net.wall(chat).messages {
		if m != "" {
			out = append(out, m)
		}
	}
	return out
}

// card is the one message that is pinned in a chat.
func (d *desk) card(chat string) string {
	d.t.Helper()
	d.net.mu.Lock()
	defer d.net.mu.Unlock()
	w := d.net.wall(chat)
	if len(w.pinned) != 1 {
		d.t.Fatalf("pinned in %s: %v of %q", chat, w.pinned, w.messages)
	}
	return w.messages[w.pinned[0]-1]
}

// event is an entry of the schedule whose texts are its id, kind and date.
func event(id, kind, on, day string, more ...string) string {
	text := strings.TrimSpace(id + " " + kind + " " + strings.Join(more, " "))
	return fmt.Sprintf("  - {id: %s, kind: %s, announced_on: %s, for_date: %s, status: confirmed, "+
		"text: {en: %[5]s, uk: у %[5]s, ru: р %[5]s, tr: t %[5]s}, short: {en: %[5]s, uk: у %[5]s, ru: р %[5]s, tr: t %[5]s}}\n", id, kind, on, day, text)
}

// books are those made before: making one reads the whole model.
var books sync.Map

func scheduleOf(t *testing.T, events ...string) *answers.Book {
	t.Helper()
	return scheduleTo(t, "2026-06-16", events...)
}

// scheduleTo is a schedule up to a day.
func scheduleTo(t *testing.T, day string, events ...string) *answers.Book {
	t.Helper()
	key := day + strings.Join(events, "")
	if bk, ok := books.Load(key); ok {
		return bk.(*answers.Book)
	}
	b, ps := facts.Load(fstest.MapFS{"schedule.yaml": {Data: []byte("as_of: " + day + "\nevents:\n" + strings.Join(append([]string{
		event("ev-first-held", "held", "2026-05-01", "2026-05-01")}, events...), ""))}})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	bk, err := answers.New(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	books.Store(key, bk)
	return bk
}
