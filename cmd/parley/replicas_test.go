package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
	"parley/bot/store/storetest"
)

// fleet are processes of the program that share a PostgreSQL database.
type fleet struct {
	*asking
	replicas []*program
	at       []string // where each takes webhooks; empty if they poll
	logs     noteBook // of all
	turns    *turns
}

// newFleet is none where there is no PostgreSQL.
func newFleet(t *testing.T, o telegramtest.Options, replicas, people int) *fleet {
	t.Helper()
	where := storetest.Postgres(t)
	if where == "" {
		return nil
	}
	f := &fleet{asking: newAsking(t, o, people), replicas: make([]*program, replicas), at: make([]string, replicas)}
	t.Setenv("PARLEY_STORE_URL", where)
	f.db = where
	for _, key := range []string{"PERSON", "CHAT"} { // a few people ask as much as many do
		t.Setenv("PARLEY_FLOOD_"+key+"_BURST", "0")
	}
	t.Cleanup(func() {
		for _, p := range f.replicas {
			if p != nil {
				p.kill()
			}
		}
		if t.Failed() {
			text := f.logs.String()
			t.Log(text[max(0, len(text)-4000):])
		}
	})
	return f
}

// start starts a replica, again if it was killed.
func (f *fleet) start(i int) {
	f.t.Helper()
	p := programOf(f.t, "run")
	p.cmd.Env = append(p.cmd.Env, "PARLEY_TELEGRAM_WEBHOOK_LISTEN="+f.at[i])
	p.cmd.Stdout, p.cmd.Stderr = &f.logs, &f.logs
	if err := p.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.replicas[i] = p
}

func (f *fleet) kill(i int) {
	f.replicas[i].kill()
	f.replicas[i] = nil
}

// byWebhook starts the replicas behind a load balancer.
func (f *fleet) byWebhook() {
	f.t.Helper()
	for i := range f.at {
		f.at[i] = freeAddress(f.t)
	}
	f.turns = &turns{at: f.at}
	balancer := httptest.NewServer(f.turns)
	f.t.Cleanup(balancer.Close)
	f.t.Setenv("PARLEY_TELEGRAM_MODE", "webhook")
	f.t.Setenv("PARLEY_TELEGRAM_WEBHOOK_URL", balancer.URL)
	for i := range f.replicas {
		f.start(i)
	}
	if !f.WaitUntil(within*slowdown, func() bool { return strings.Count(f.logs.String(), "listening") >= len(f.at) }) {
		f.t.Fatal("not all replicas are listening")
	}
}

// unsure is how many answers were sent though one may have been sent before.
func (f *fleet) unsure() int { return strings.Count(f.logs.String(), "an answer may be sent twice") }

// awaitAnswers waits until all that was asked is answered, and returns how many
// answers came twice.
func (f *fleet) awaitAnswers(patience time.Duration) (doubled int) {
	f.t.Helper()
	end := time.Now().Add(patience)
	for _, m := range f.asked {
		if _, ok := f.WaitReply(m, time.Until(end)); !ok {
			f.t.Fatalf("update %d was not answered", m.Update)
		}
	}
	time.Sleep(time.Second) // what comes twice comes late
	for _, m := range f.asked {
		doubled += len(f.Replies(m)) - 1
	}
	return doubled
}

// turns is a load balancer: each request goes to the next replica that takes
// connections.
type turns struct {
	at    []string
	again int // each so many-th update is given to the next replica too, at the same time and once more later

	mu   sync.Mutex
	n    int
	took []string // who took what, in order
	wg   sync.WaitGroup
}

func (b *turns) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	b.mu.Lock()
	n := b.n
	b.n++
	b.mu.Unlock()
	if b.again > 0 && n%b.again == 0 {
		b.wg.Go(func() {
			b.pass(r, body, n+1)
			b.pass(r, body, n+2)
		})
	}
	w.WriteHeader(b.pass(r, body, n))
}

// pass hands a request to the n-th replica, or one after it, and returns the status.
func (b *turns) pass(r *http.Request, body []byte, n int) int {
	for i := range b.at {
		at := b.at[(n+i)%len(b.at)]
		req, err := http.NewRequest(r.Method, "http://"+at+r.URL.Path, bytes.NewReader(body))
		if err != nil {
			return http.StatusBadGateway
		}
		req.Header = r.Header.Clone()
		resp, err := toReplicas.Do(req)
		if err != nil && strings.Contains(err.Error(), "refused") {
			continue
		}
		if err != nil {
			break
		}
		resp.Body.Close()
		b.mu.Lock()
		b.took = append(b.took, at)
		b.mu.Unlock()
		return resp.StatusCode
	}
	return http.StatusBadGateway
}

// toReplicas keeps as many connections as Telegram does.
var toReplicas = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Timeout: time.Minute}

// whoTook are the replicas that took the last n updates.
func (b *turns) whoTook(n int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.took[len(b.took)-n:])
}

func TestThreeReplicasAnswerEachUpdateOnceThoughItComesAgainAndOneIsKilled(t *testing.T) {
	f := newFleet(t, telegramtest.Options{Latency: 5 * time.Millisecond}, 3, 50)
	if f == nil {
		return
	}
	f.byWebhook()
	f.turns.again = 5
	for i := range 30 {
		f.ask(10)
		switch i {
		case 8:
			f.kill(0)
		case 16:
			f.start(0)
		}
		time.Sleep(20 * time.Millisecond * slowdown) // so that something is under way when it is killed
	}
	doubled := f.awaitAnswers(40 * time.Second * slowdown) // what the dead one had taken is another's soon
	f.turns.wg.Wait()
	t.Logf("%d questions, each fifth given to others too: %d doubled of %d whose fate was unknown", len(f.asked), doubled, f.unsure())
	if doubled > f.unsure() {
		t.Error("more were doubled than were of unknown fate")
	}
}

func TestReplicasThatAreAllWellDoubleNothing(t *testing.T) {
	f := newFleet(t, telegramtest.Options{Latency: 5 * time.Millisecond}, 3, 50)
	if f == nil {
		return
	}
	f.byWebhook()
	f.turns.again = 2
	f.ask(300)
	if n := f.awaitAnswers(within * slowdown); n != 0 || f.unsure() != 0 {
		t.Errorf("%d doubled, %d of unknown fate", n, f.unsure())
	}
	f.turns.wg.Wait()
}

func TestAFollowUpIsUnderstoodByAnotherReplica(t *testing.T) {
	f := newFleet(t, telegramtest.Options{}, 3, 1)
	if f == nil {
		return
	}
	f.byWebhook()
	u := f.people[0]
	took := map[string]bool{}
	for _, x := range []struct{ ask, want string }{
		{"How long did the second round last?", "72 minutes"}, {"and the first?", "105 minutes"}, {"and the second?", "72 minutes"},
	} {
		m, ok := f.WaitReply(f.Say(f.Private(u), u, x.ask), within*slowdown)
		if !ok || !strings.Contains(m.Text, x.want) {
			t.Errorf("%s: %q", x.ask, m.Text)
		}
	}
	if !f.WaitUntil(within, func() bool { f.turns.mu.Lock(); defer f.turns.mu.Unlock(); return len(f.turns.took) >= 3 }) {
		t.Fatal("not all were taken")
	}
	for _, at := range f.turns.whoTook(3) {
		took[at] = true
	}
	if len(took) != 3 {
		t.Errorf("three replicas were to be asked, not %d", len(took))
	}
}

func TestOfThreePollersAnotherTakesOverFromOneThatIsKilled(t *testing.T) {
	f := newFleet(t, telegramtest.Options{Latency: 5 * time.Millisecond}, 3, 20)
	if f == nil {
		return
	}
	listening := func() int { return strings.Count(f.logs.String(), "listening") }
	f.start(0)
	if !f.WaitUntil(within*slowdown, func() bool { return listening() == 1 }) {
		t.Fatal("the first does not listen")
	}
	f.start(1)
	f.start(2)
	if !f.WaitUntil(within*slowdown, func() bool {
		return strings.Count(f.logs.String(), `"answering"`)+strings.Count(f.logs.String(), "msg=answering") == 3
	}) {
		t.Fatal("not all have started")
	}
	f.ask(100)
	time.Sleep(100 * time.Millisecond) // so that something is under way
	if n := listening(); n != 1 {
		t.Errorf("%d poll", n)
	}
	began := time.Now()
	f.kill(0)
	f.ask(1)
	last := f.asked[len(f.asked)-1]
	_, ok := f.WaitReply(last, 15*time.Second*slowdown)
	took := time.Since(began)
	doubled := f.awaitAnswers(within * slowdown)
	t.Logf("answered again after %s; %d of %d doubled, %d of unknown fate", took.Round(10*time.Millisecond), doubled, len(f.asked), f.unsure())
	if !ok || took > 15*time.Second*slowdown || listening() != 2 || doubled > f.unsure() {
		t.Errorf("%d have polled", listening())
	}
}
