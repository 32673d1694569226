package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

// built is the program as it is released. PARLEY_TEST_PROGRAM is another one to
// look at instead.
var built = sync.OnceValues(func() (string, error) {
	if other := os.Getenv("PARLEY_TEST_PROGRAM"); other != "" {
		return other, nil
	}
	dir, err := os.MkdirTemp("", "parley-shipped-")
	if err != nil {
		return "", err
	}
	builtIn = dir
	return buildIn(dir)
})

// buildIn builds the program as it is released, but for what is said besides.
func buildIn(dir string, but ...string) (string, error) {
	bin := filepath.Join(dir, "parley")
	cmd := exec.Command("go", slices.Concat([]string{"build", "-tags", "goolm", "-trimpath", "-ldflags", "-s -w", "-o", bin}, but, []string{"."})...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return bin, nil
}

// builtIn is the folder to remove when all is done.
var builtIn string

// site is where a program runs: its settings, without PARLEY_ before them.
type site map[string]string

// theProgram is, in a site, a program to run there instead of the released one.
const theProgram = "PROGRAM"

// with is the same place with other settings.
func (s site) with(more site) site {
	all := maps.Clone(s)
	maps.Copy(all, more)
	return all
}

func (s site) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	bin, err := s[theProgram], error(nil)
	if bin == "" {
		bin, err = built()
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, args...)
	cmd.Env = os.Environ()
	for key, value := range s {
		if key != theProgram {
			cmd.Env = append(cmd.Env, "PARLEY_"+key+"="+value)
		}
	}
	return cmd
}

// call runs the program to its end.
func (s site) call(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	text, err := s.command(t, args...).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if ended != nil {
		code = ended.ExitCode()
	}
	return string(text), code
}

func (s site) must(t *testing.T, args ...string) string {
	t.Helper()
	out, code := s.call(t, args...)
	if code != 0 {
		t.Fatalf("%v: exit %d: %s", args, code, out)
	}
	return out
}

// shipped is a process of the program that runs.
type shipped struct {
	*program
	address string // of what it serves to operators
	log     noteBook
	began   time.Time
}

// run starts the program. It is killed at the end of the test, if it still lives.
func (s site) run(t *testing.T, args ...string) *shipped {
	t.Helper()
	p := &shipped{address: freeAddress(t)}
	p.program = &program{t, s.with(site{"HTTP_LISTEN": p.address}).command(t, append([]string{"run"}, args...)...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.end()
		if t.Failed() {
			text := p.log.String()
			t.Logf("the end of the log of %d:\n%s", p.cmd.Process.Pid, text[max(0, len(text)-3000):])
		}
	})
	return p
}

// end kills it, unless it has ended.
func (p *shipped) end() {
	if p.cmd.ProcessState == nil {
		p.kill()
	}
}

// stop ends it as systemd does, and returns how long that took.
func (p *shipped) stop() time.Duration {
	p.t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("ended with %v", err)
	}
	return time.Since(began)
}

// await waits until it says what is wanted of its parts, and returns how long
// after the start that was.
func (p *shipped) await(t *testing.T, holds func(readyReport) bool) time.Duration {
	t.Helper()
	var rep readyReport
	for began := time.Now(); time.Since(began) < 2*within; time.Sleep(5 * time.Millisecond) {
		rep = readyReport{}
		if _, text := served(t, p.address, "/readyz"); json.Unmarshal([]byte(text), &rep) == nil && holds(rep) {
			return time.Since(p.began)
		}
	}
	t.Fatalf("it says %+v", rep)
	return 0
}

// measured is a number that it counts.
func (p *shipped) measured(t *testing.T, series string) float64 {
	t.Helper()
	_, text := served(t, p.address, "/metrics")
	v, err := strconv.ParseFloat(value(text, series), 64)
	if err != nil {
		t.Fatalf("%s: %v", series, err)
	}
	return v
}

// telegramSite are the settings of a program that is in Telegram alone.
func telegramSite(t *testing.T, tg *telegramtest.Server) site {
	t.Helper()
	return site{"TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API_URL": tg.URL, "STORE_URL": filepath.Join(t.TempDir(), "parley.db")}
}

// matrixSite are those of one that is in Matrix alone, under a name of its own.
func matrixSite(t *testing.T, hs *matrixtest.Homeserver, url, name string) site {
	t.Helper()
	dir := t.TempDir()
	return site{
		"STORE_URL": filepath.Join(dir, "parley.db"), "MATRIX_HOMESERVER": url, "MATRIX_USER": hs.Register(t, name), "MATRIX_PASSWORD": matrixtest.Password,
		"MATRIX_RECOVERY_KEY_FILE": filepath.Join(dir, "recovery.key"), "MATRIX_PICKLE_KEY_FILE": filepath.Join(dir, "pickle.key"),
	}
}

// withPerson is somebody on a homeserver with rooms in which a bot is.
func withPerson(t *testing.T, hs *matrixtest.Homeserver, proxy *matrixtest.Proxy, name, bot string) *rooms {
	t.Helper()
	return &rooms{t: t, proxy: proxy, bot: bot, Person: matrixtest.NewPerson(t, hs, name)}
}

// questions are what was asked of a bot in Telegram.
type questions struct {
	*telegramtest.Server
	people []*telegramtest.User
	mu     sync.Mutex
	asked  []*telegramtest.Message
}

func newQuestions(tg *telegramtest.Server, people int) *questions {
	q := &questions{Server: tg}
	for range people {
		q.people = append(q.people, tg.User("Ann", "en"))
	}
	return q
}

// ask asks the next question, to which 72 belongs in the answer.
func (q *questions) ask() *telegramtest.Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	u := q.people[len(q.asked)%len(q.people)]
	m := q.Say(q.Private(u), u, asks[0])
	q.asked = append(q.asked, m)
	return m
}

// steadily asks so many a second until ctx ends, and returns how many it asked.
func (q *questions) steadily(ctx context.Context, perSecond float64) (n int) {
	began := time.Now()
	for ctx.Err() == nil {
		for due := int(time.Since(began).Seconds() * perSecond); n < due; n++ {
			q.ask()
		}
		pause(ctx, 5*time.Millisecond)
	}
	return n
}

// judge waits until all is answered, and returns how many answers came twice.
func (q *questions) judge(t *testing.T, patience time.Duration) (doubled int) {
	t.Helper()
	end := time.Now().Add(patience)
	for _, m := range q.asked {
		if _, ok := q.WaitReply(m, time.Until(end)); !ok {
			t.Errorf("update %d was not answered", m.Update)
			continue
		}
		rs := q.Replies(m)
		doubled += len(rs) - 1
		if !strings.Contains(rs[0].Text, "72") {
			t.Errorf("update %d was answered: %s", m.Update, rs[0].Text)
		}
	}
	return doubled
}
