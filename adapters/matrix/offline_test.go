package matrix

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
)

func TestWhatIsOlderThanTheConfiguredAgeIsNotAnsweredAfterALongTimeOffline(t *testing.T) {
	t.Parallel()
	r := newRobot(t, func(c *Config) { c.MaxAge = 4 * time.Second }).start()
	p := person(t, "alice")
	room := r.with(p, true)
	p.Reply(t, p.Say(t, room, "before"))
	r.stop()
	old := p.Say(t, room, "nobody waits for this any more")
	time.Sleep(4100 * time.Millisecond) // the age itself
	recent := p.Say(t, room, "this is recent")
	r.start()
	once(t, p, room, recent)
	if len(p.Seen(matrixtest.RepliesTo(old))) > 0 {
		t.Error("answered what is too old")
	}
}

func TestAGapIsFilledBackToTheConfiguredAgeAndNoFurther(t *testing.T) {
	t.Parallel()
	r := newRobot(t).start()
	p := person(t, "alice")
	room := r.with(p, false)
	r.stop()
	var old, recent []id.EventID
	for range 120 {
		old = append(old, p.Say(t, room, "long ago"))
	}
	time.Sleep(10 * time.Second) // between the old and the recent
	since := time.Now()
	for range 130 {
		recent = append(recent, p.Say(t, room, "lately"))
	}
	r.cfg.MaxAge = time.Since(since) + 9*time.Second
	r.start()
	for _, q := range recent {
		p.Reply(t, q)
	}
	for _, q := range old {
		if len(p.Seen(matrixtest.RepliesTo(q))) > 0 {
			t.Fatal("answered what is too old")
		}
	}
	if n := r.a.Stats().Backfilled; n < 30 || n > 140 {
		t.Errorf("%d events were fetched", n)
	}
}

func TestAQuestionGetsAReadReceiptAndAnAnswerOnItsWayASign(t *testing.T) {
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p := person(t, "alice")
	room := r.with(p, false)
	var receipts, signs atomic.Int64 // a sign is shown and taken back
	proxy.On(func(req *http.Request) matrixtest.Fault {
		switch {
		case strings.Contains(req.URL.Path, "/receipt/m.read/"):
			receipts.Add(1)
		case strings.Contains(req.URL.Path, "/typing/"):
			signs.Add(1)
		}
		return matrixtest.Fault{}
	})
	p.Reply(t, p.Say(t, room, "seen?"))
	eventually(t, "a read receipt", func() bool { return receipts.Load() > 0 })
	if err := r.a.Typing(t.Context(), chatOf(room)); err != nil || signs.Load() < 1 {
		t.Errorf("typing: %v", err)
	}
	p.Reply(t, p.Say(t, room, "and now?"))
	eventually(t, "the sign to be taken back", func() bool { return signs.Load() > 1 })
}
