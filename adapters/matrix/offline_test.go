package matrix

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

func TestAQuestionGetsAReadReceiptAndAnAnswerOnItsWayASign(t *testing.T) {
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p := person(t, "alice")
	room := r.with(p, false)
	var receipts, signs atomic.Int64
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
	if err := r.a.Typing(t.Context(), chatOf(room)); err != nil || signs.Load() != 1 {
		t.Errorf("typing: %v", err)
	}
}
