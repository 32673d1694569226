package matrix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/answers"
	"parley/answers/lang"
	"parley/answers/markup"
	"parley/bot"
	"parley/bot/store"
)

// server is shared by the tests: each makes users and rooms of its own.
var server *matrixtest.Homeserver

func TestMain(m *testing.M) {
	if cfg := os.Getenv(childEnv); cfg != "" {
		beChild(cfg)
	}
	var err error
	if server, err = matrixtest.Launch(matrixtest.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	server.Stop()
	if log := server.Log(); strings.Contains(log, "panic:") || strings.Contains(log, "fatal error:") {
		fmt.Fprintln(os.Stderr, "the homeserver broke:", log[max(0, len(log)-6000):])
	}
	os.Exit(code)
}

var users atomic.Int64

// unique makes a user name that no other test has.
func unique(name string) string { return fmt.Sprintf("%s%d", name, users.Add(1)) }

// robot is a bot under test, which can be stopped and started again.
type robot struct {
	t    *testing.T
	name string
	id   string
	cfg  Config
	log  *logBuffer
	tune func(*Adapter)
	// answer is what the bot says; nil answers with an echo.
	answer func(bot.Message) bot.Reply
	// before runs before the answer is sent; an error leaves the question open.
	before func(context.Context, bot.Message) error

	mu     sync.Mutex
	heard  []bot.Message
	order  []bot.Message // as they were handed over
	a      *Adapter
	store  *store.Store
	cancel context.CancelFunc
	ended  chan error
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRobot(t *testing.T, change ...func(*Config)) *robot {
	t.Helper()
	return newRobotOn(t, server, change...)
}

func newRobotOn(t *testing.T, hs *matrixtest.Homeserver, change ...func(*Config)) *robot {
	t.Helper()
	name := unique("bot")
	packs, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := &robot{t: t, name: name, id: hs.Register(t, name), log: &logBuffer{}}
	r.cfg = Config{
		Homeserver: hs.URL, User: name, Password: matrixtest.Password, Encryption: true,
		RecoveryKeyFile: filepath.Join(dir, "recovery.key"), PickleKeyFile: filepath.Join(dir, "pickle.key"),
		Packs: packs, Commands: []string{"help", "lang"},
		Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&r.cfg)
	}
	r.openStore(filepath.Join(dir, "parley.db"))
	return r
}

func (r *robot) openStore(path string) {
	r.t.Helper()
	s, err := store.Open(r.t.Context(), path)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { s.Close() })
	r.store, r.cfg.Store = s, s
}

// start runs the bot until stop, and waits until it is logged in.
func (r *robot) start() *robot {
	r.t.Helper()
	r.launch()
	select {
	case <-r.a.ready:
	case err := <-r.ended:
		r.cancel = nil
		r.t.Fatalf("the bot ended: %v\n%s", err, r.log)
	case <-time.After(60 * time.Second):
		r.t.Fatalf("the bot does not start\n%s", r.log)
	}
	return r
}

func (r *robot) launch() {
	r.t.Helper()
	a, err := New(r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	a.patience = patience{firstKeys: time.Second, moreKeys: time.Second, retry: 50 * time.Millisecond, backoff: 20 * time.Millisecond,
		again: 300 * time.Millisecond, settle: 500 * time.Millisecond}
	if r.tune != nil {
		r.tune(a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.a, r.cancel, r.ended = a, cancel, make(chan error, 1)
	ended := r.ended
	var lanes sync.WaitGroup
	go func() {
		err := a.Run(ctx, func(_ context.Context, m bot.Message, done func(error)) error {
			r.mu.Lock()
			r.order = append(r.order, m)
			r.mu.Unlock()
			lanes.Go(func() { done(r.reply(ctx, a, m)) })
			return nil
		})
		lanes.Wait()
		ended <- err
	}()
	r.t.Cleanup(func() { r.stop() })
}

// stop ends the bot as a signal does.
func (r *robot) stop() error {
	if r.cancel == nil {
		return nil
	}
	r.cancel()
	r.cancel = nil
	select {
	case err := <-r.ended:
		return err
	case <-time.After(10 * time.Second):
		r.t.Error("the bot does not stop")
		return errors.New("does not stop")
	}
}

// fails starts a bot that is to end by itself.
func (r *robot) fails() error {
	r.t.Helper()
	r.launch()
	select {
	case err := <-r.ended:
		r.cancel()
		r.cancel = nil
		return err
	case <-time.After(30 * time.Second):
		r.t.Fatalf("the bot goes on\n%s", r.log)
		return nil
	}
}

func (r *robot) reply(ctx context.Context, a *Adapter, m bot.Message) error {
	r.mu.Lock()
	r.heard = append(r.heard, m)
	r.mu.Unlock()
	if r.before != nil {
		if err := r.before(ctx, m); err != nil {
			return err
		}
	}
	if m.Command == "gone" || m.Command == "moved" {
		return nil
	}
	rep := echo(m)
	if r.answer != nil {
		rep = r.answer(m)
	}
	if m.Answer != "" {
		return a.Edit(ctx, m.Chat, m.Answer, rep)
	}
	_, err := a.Send(ctx, m.Chat, rep)
	return err
}

func echo(m bot.Message) bot.Reply {
	said := m.Text
	if m.Command != "" {
		said = "command " + m.Command + " " + m.Args
	}
	if m.Choice != "" {
		said = "chose " + m.Choice
	}
	return bot.Reply{Body: markup.Text{markup.Para("You said: " + said)}, Quote: m.ID, Mention: m.From, Lang: "en"}
}

func offering(m bot.Message) bot.Reply {
	rep := echo(m)
	if m.Choice == "" {
		rep.Choices = []answers.Choice{{ID: "first-fact", Label: "The first"}, {ID: "second-fact", Label: "The second"}}
	}
	return rep
}

func (r *robot) messages() []bot.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]bot.Message(nil), r.heard...)
}

// await waits until the bot has heard something.
func (r *robot) await(what string, fits func(bot.Message) bool) bot.Message {
	r.t.Helper()
	for range 3000 {
		for _, m := range r.messages() {
			if fits(m) {
				return m
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("the bot did not hear %s; it heard %d messages\n%s", what, len(r.messages()), r.log)
	return bot.Message{}
}

// with makes a room of a person and the bot, which has joined it.
func (r *robot) with(p *matrixtest.Person, encrypted bool, others ...string) id.RoomID {
	r.t.Helper()
	room := p.Room(r.t, encrypted, append([]string{r.id}, others...)...)
	p.AwaitMember(r.t, room, r.id)
	r.await("that it was added", func(m bot.Message) bool { return m.Command == "added" && m.Chat.ID == room.String() })
	p.Wait(r.t, "the greeting", func(e *event.Event) bool {
		return e.RoomID == room && e.Sender == id.UserID(r.id) && e.Type == event.EventMessage
	})
	return room
}

func person(t *testing.T, name string) *matrixtest.Person {
	t.Helper()
	return matrixtest.NewPerson(t, server, unique(name))
}

func bodyOf(e *event.Event) string { return e.Content.AsMessage().Body }

// once fails unless a question has exactly one answer, after all that is under
// way has arrived: a further question is asked and answered first.
func once(t *testing.T, p *matrixtest.Person, room id.RoomID, questions ...id.EventID) {
	t.Helper()
	p.Reply(t, p.Say(t, room, "and a last one"))
	for _, q := range questions {
		if said := bodyOf(p.Reply(t, q)); strings.Contains(said, "undecryptable") {
			t.Fatalf("a question was answered with %q", said)
		}
		if n := len(p.Seen(matrixtest.RepliesTo(q))); n != 1 {
			t.Fatalf("a question has %d answers", n)
		}
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 1500 {
		if holds() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

func chatOf(room id.RoomID) bot.Chat { return bot.Chat{Network: Network, ID: room.String()} }

func inviteOf(r *robot) *mautrix.ReqInviteUser {
	return &mautrix.ReqInviteUser{UserID: id.UserID(r.id)}
}
