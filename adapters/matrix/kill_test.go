package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/answers/lang"
	"parley/bot"
	"parley/bot/store"
)

// childEnv tells the test program to be a bot of its own, which can be killed.
const childEnv = "PARLEY_MATRIX_TEST_BOT"

type childConfig struct{ URL, User, Dir string }

// beChild runs a bot that echoes, until the process is killed.
func beChild(text string) {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var c childConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		fail(err)
	}
	ctx := context.Background()
	st, err := store.Open(ctx, filepath.Join(c.Dir, "parley.db"))
	if err != nil {
		fail(err)
	}
	packs, err := lang.Load()
	if err != nil {
		fail(err)
	}
	a, err := New(Config{Homeserver: c.URL, User: c.User, Password: matrixtest.Password, Encryption: true, Store: st, Packs: packs,
		RecoveryKeyFile: filepath.Join(c.Dir, "recovery.key"), PickleKeyFile: filepath.Join(c.Dir, "pickle.key")})
	if err != nil {
		fail(err)
	}
	var lanes sync.WaitGroup
	fail(a.Run(ctx, func(ctx context.Context, m bot.Message, done func(error)) error {
		lanes.Go(func() {
			_, err := a.Send(ctx, m.Chat, echo(m))
			done(err)
		})
		return nil
	}))
}

func child(t *testing.T, c childConfig) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
	return cmd
}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may be dead already
	_ = cmd.Wait()
}

func joined(t *testing.T, p *matrixtest.Person, bot string, encrypted bool) id.RoomID {
	t.Helper()
	room := p.Room(t, encrypted, bot)
	p.AwaitMember(t, room, bot)
	return room
}

func TestThirtyKillsInTheMiddleOfTrafficLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	name := unique("bot")
	c := childConfig{server.URL, name, t.TempDir()}
	user := server.Register(t, name)
	cmd := child(t, c)
	p := person(t, "alice")
	rooms := []id.RoomID{joined(t, p, user, false), joined(t, p, user, true)}
	asked := make(map[id.RoomID][]id.EventID)
	for i := range 30 {
		for range 3 {
			for _, room := range rooms {
				asked[room] = append(asked[room], p.Say(t, room, "question "+strconv.Itoa(i)))
			}
			time.Sleep(time.Duration(i%6) * 10 * time.Millisecond)
		}
		kill(cmd)
		cmd = child(t, c)
		time.Sleep(time.Duration(i%10) * 60 * time.Millisecond)
	}
	n := 0
	for room, qs := range asked {
		once(t, p, room, qs...)
		n += len(qs)
	}
	t.Logf("%d questions over 30 kills", n)
}

func TestAllDevicesOfAnAskerReadTheAnswer(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	room := r.with(p, true)
	p.Reply(t, p.Say(t, room, "with one device"))
	var more []*matrixtest.Person
	for range 4 {
		more = append(more, matrixtest.Login(t, server, p.UserID.Localpart()))
	}
	p.Reply(t, more[0].Say(t, room, "from a new device"))
	q := p.Say(t, room, "with many devices")
	for _, d := range append(more, p) {
		if d.Reply(t, q).Mautrix.EventSource&event.SourceDecrypted == 0 {
			t.Error("not encrypted")
		}
	}
}
