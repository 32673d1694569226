// Package e2e runs the program as people run it, against a real homeserver:
// parley run with settings from the environment, asked by a client that shares
// no code with it.
package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
)

var (
	js    = flag.String("js", "", "folder with talk.mjs and its packages; without it nobody asks with matrix-js-sdk")
	rooms = flag.Int("rooms", 40, "in how many rooms the memory is measured")
)

// most is how many megabytes the program may use.
const most = 80

// program is parley run.
type program struct {
	cmd   *exec.Cmd
	id    string
	log   bytes.Buffer // to be read once it has ended
	ended chan struct{}
	err   error // how it ended
}

// built is the program, as make build builds it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parley-e2e-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-tags", "goolm", "-trimpath", "-ldflags", "-s -w", "-o", bin, "parley/cmd/parley")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	bin, err := built()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(filepath.Dir(bin))
	os.Exit(code)
}

// start runs the program against a homeserver until the test ends, with more
// settings if need be.
func start(t *testing.T, hs *matrixtest.Homeserver, settings ...string) *program {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{id: hs.Register(t, "parley"), cmd: exec.Command(bin, "run")}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stderr = &p.log
	p.cmd.Env = append(os.Environ(), "PARLEY_MATRIX_HOMESERVER="+hs.URL, "PARLEY_MATRIX_USER=parley", "PARLEY_MATRIX_PASSWORD="+matrixtest.Password)
	p.cmd.Env = append(p.cmd.Env, settings...)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.ended = make(chan struct{})
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		if p.stop(); p.err != nil || t.Failed() {
			t.Logf("the program ended: %v\n%s", p.err, p.log.String())
		}
	})
	return p
}

// stop ends the program as a service manager does.
func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-p.ended
}

func TestAnIndependentClientIsAnsweredInRoomsOfAllKinds(t *testing.T) {
	if *js == "" {
		t.Log("left out: make e2e asks with matrix-js-sdk")
		return
	}
	hs := matrixtest.Start(t)
	p := start(t, hs)
	hs.Register(t, "alice")
	hs.Register(t, "bob")
	cmd := exec.Command("node", "talk.mjs")
	cmd.Dir = *js
	cmd.Env = append(os.Environ(), "HOMESERVER="+hs.URL, "BOT="+p.id, "PASSWORD="+matrixtest.Password)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
}

func TestTheProgramStaysSmallInManyRooms(t *testing.T) {
	hs := matrixtest.Start(t)
	p := start(t, hs, "PARLEY_FLOOD_PERSON_BURST=0") // one person asks in all rooms
	alice := matrixtest.NewPerson(t, hs, "alice")
	asked := make(chan id.EventID, *rooms)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := i; n < *rooms; n += 4 {
				room := alice.Room(t, n%2 == 0, p.id)
				alice.AwaitMember(t, room, p.id)
				asked <- alice.Say(t, room, "How long did the second round last?")
			}
		})
	}
	wg.Wait()
	close(asked)
	for q := range asked {
		body := alice.Wait(t, "an answer", matrixtest.RepliesTo(q)).Content.AsMessage().Body
		if !strings.Contains(body, "72 minutes") {
			t.Fatalf("answered %q", body)
		}
	}
	if n := len(alice.Seen(func(e *event.Event) bool { return e.Mautrix.EventSource&event.SourceDecrypted != 0 })); n < *rooms/2 {
		t.Errorf("%d messages were encrypted", n)
	}
	peak, now := memory(t, p.cmd.Process.Pid)
	t.Logf("in %d rooms, half of them encrypted, a question answered in each: %d MB, at most %d MB", *rooms, now, peak)
	if now > most {
		t.Errorf("%d MB, more than %d", now, most)
	}
}

func TestTwoHundredQuestionsInABurstOverTenRoomsAreAnsweredOnceEach(t *testing.T) {
	hs := matrixtest.Start(t)
	p := start(t, hs)
	const people, questions = 10, 20
	var took [people]time.Duration
	var wg sync.WaitGroup
	began := time.Now()
	for i := range people {
		asker := matrixtest.NewPerson(t, hs, "asker-"+strconv.Itoa(i))
		room := asker.Room(t, i%2 == 0, p.id)
		asker.AwaitMember(t, room, p.id)
		first := time.Now()
		asker.Reply(t, asker.Say(t, room, "How long did the second round last?"))
		took[i] = time.Since(first)
		wg.Go(func() {
			var asked []id.EventID
			for n := range questions {
				asked = append(asked, asker.Say(t, room, "Where was round "+strconv.Itoa(n%3+1)+" held?"))
			}
			for _, q := range asked {
				asker.Reply(t, q)
			}
			asker.Reply(t, asker.Say(t, room, "Who led the Russian side?")) // by now a second answer would be there
			for _, q := range asked {
				if n := len(asker.Seen(matrixtest.RepliesTo(q))); n != 1 {
					t.Errorf("a question has %d answers", n)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d questions in %d rooms, half of them encrypted, in %s; first answers, asked to decrypted: %v", people*questions, people, time.Since(began), took)
}

// memory is how much a process holds in RAM, in megabytes.
func memory(t *testing.T, pid int) (peak, now int) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	read := func(key string) int {
		_, rest, _ := strings.Cut(string(data), key+":")
		kb, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			t.Fatal(err)
		}
		return kb >> 10
	}
	return read("VmHWM"), read("VmRSS")
}

func TestTheProgramEndsWithinSecondsAndSaysNothingSecret(t *testing.T) {
	hs := matrixtest.Start(t)
	p := start(t, hs)
	alice := matrixtest.NewPerson(t, hs, "alice")
	room := alice.Room(t, true, p.id)
	alice.AwaitMember(t, room, p.id)
	began := time.Now()
	alice.Reply(t, alice.Say(t, room, "How long did the second round last?"))
	t.Logf("the first answer in an encrypted room, asked to decrypted: %s", time.Since(began))
	began = time.Now()
	p.stop()
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %s to end", d)
	}
	if p.err != nil {
		t.Error(p.err)
	}
	for _, secret := range []string{matrixtest.Password, "second round", alice.UserID.Localpart()} {
		if strings.Contains(p.log.String(), secret) {
			t.Errorf("logged %q", secret)
		}
	}
}
