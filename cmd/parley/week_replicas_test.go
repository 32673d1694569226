package main

import (
	"context"
	"flag"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

var (
	storm     = flag.Duration("storm", 20*time.Second, "how long replicas are killed under load")
	perSecond = flag.Float64("rate", 200/slowdown, "how many questions are asked in a second then")
)

// balancer hands requests to replicas in turn, as load balancers do: to those
// that take connections.
type balancer struct {
	backends []string
	next     atomic.Int64
}

func (b *balancer) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	for range b.backends {
		try := r.Clone(r.Context())
		try.URL.Host = b.backends[b.next.Add(1)%int64(len(b.backends))]
		if resp, err = http.DefaultTransport.RoundTrip(try); err == nil || !strings.Contains(err.Error(), "connection refused") {
			return resp, err
		}
	}
	return resp, err
}

// wednesday: three replicas behind a load balancer. One is killed each few
// seconds, and PostgreSQL restarts, while people ask.
func wednesday(t *testing.T, _ *matrixtest.Homeserver) {
	db := newDatabase(t)
	if db == nil {
		return
	}
	tg := telegramtest.New(t, telegramtest.Options{Latency: 10 * time.Millisecond}) // or hardly an answer would be under way at a kill
	all := &balancer{}
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.Out.URL.Scheme = "http" },
		Transport:    all,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	defer front.Close()
	here := telegramSite(t, tg).with(site{"STORE_URL": db.url, "TELEGRAM_MODE": "webhook", "TELEGRAM_WEBHOOK_URL": front.URL, "FLOOD_PERSON_BURST": "0", "FLOOD_CHAT_BURST": "0"})
	replicas := make([]*shipped, 3)
	var dead []*shipped
	for range replicas {
		all.backends = append(all.backends, freeAddress(t))
	}
	start := func(i int) { replicas[i] = here.with(site{"TELEGRAM_WEBHOOK_LISTEN": all.backends[i]}).run(t) }
	for i := range replicas {
		start(i)
	}
	for _, p := range replicas {
		p.await(t, allReady)
	}

	q := newQuestions(tg, 300)
	ctx, cancel := context.WithTimeout(t.Context(), *storm)
	defer cancel()
	asked := make(chan int)
	go func() { asked <- q.steadily(ctx, *perSecond) }()
	kills, restarts := 0, 0
	for i := 0; pause(ctx, 3*time.Second+rand.N(time.Second)); i++ {
		if i%3 == 1 {
			db.restart()
			restarts++
			continue
		}
		victim := i % len(replicas)
		replicas[victim].kill()
		dead = append(dead, replicas[victim])
		start(victim)
		kills++
	}
	n := <-asked
	doubled := q.judge(t, 2*time.Minute)
	unknown := 0
	for _, p := range append(dead, replicas...) {
		unknown += strings.Count(p.log.String(), "an answer may be sent twice")
	}
	t.Logf("%d questions, %.0f a second, %d kills, %d restarts of PostgreSQL: %d doubled of %d whose answers' fate was unknown",
		n, float64(n)/storm.Seconds(), kills, restarts, doubled, unknown)
	if doubled > unknown {
		t.Errorf("%d answers came twice, and %d were known to be of unknown fate", doubled, unknown)
	}
	for _, p := range replicas {
		p.await(t, allReady)
	}
}
