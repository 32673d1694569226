package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"parley/adapters/matrix"
	"parley/adapters/telegram"
	"parley/bot"
	"parley/bot/store"
)

// newRegistry gathers all metrics there are, and those of every Go program.
func newRegistry(b *bot.Bot, st *store.Store, networks []bot.Adapter) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(ourCollectors(b, st, networks)...)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// ourCollectors are our own; docs/metrics.md explains them.
func ourCollectors(b *bot.Bot, st *store.Store, networks []bot.Adapter) []prometheus.Collector {
	return []prometheus.Collector{b, newBuildInfo(), &networkMetrics{b, networks}, &storeMetrics{bot: b, store: st}, &baseMetrics{b}}
}

func newBuildInfo() prometheus.Collector {
	v := thisBuild()
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "parley_build_info", Help: "Which program this is; always 1.",
		ConstLabels: prometheus.Labels{"version": v.Version, "commit": v.Commit, "go": v.Go}})
	g.Set(1)
	return g
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("parley_"+name, help, labels, nil)
}

func describe(ch chan<- *prometheus.Desc, all ...*prometheus.Desc) {
	for _, d := range all {
		ch <- d
	}
}

var (
	connectedDesc = desc("network_connected", "Whether the network answered when it was asked last.", "network")
	syncLagDesc   = desc("sync_lag_seconds", "How long ago the network last answered; a quiet one is heard each minute.", "network")
	handledDesc   = desc("update_handled_timestamp_seconds", "When an update was last dealt with.", "network")
	openDesc      = desc("updates_open", "Updates that were taken and are not dealt with.", "network")
	refusalsDesc  = desc("rate_limit_refusals_total", "Requests that the network answered with 429.", "network")
	waitsDesc     = desc("rate_limit_waits_total", "Requests that waited for the limits of the network.", "network")
	waitedDesc    = desc("rate_limit_wait_seconds_total", "How long requests waited for the limits of the network, all together.", "network")
	uncertainDesc = desc("sends_uncertain_total", "Answers whose fate was unknown at first: at most so many are there twice.", "network")
	receivedDesc  = desc("telegram_updates_total", "Updates of Telegram, by what they were.", "kind")
	sentDesc      = desc("telegram_messages_total", "Messages sent, edited, or stored until their chat may get them.", "kind")
	retriesDesc   = desc("telegram_retries_total", "Further tries after an error.")
	panicsDesc    = desc("telegram_panics_total", "Panics while an update was read.")
	eventsDesc    = desc("matrix_events_total", "Events of Matrix: unreadable ones, and those fetched because a response was cut short.", "kind")
)

// networkMetrics are how the networks are doing.
type networkMetrics struct {
	bot      *bot.Bot
	networks []bot.Adapter
}

func (n *networkMetrics) Describe(ch chan<- *prometheus.Desc) {
	describe(ch, connectedDesc, syncLagDesc, handledDesc, openDesc, refusalsDesc, waitsDesc, waitedDesc, uncertainDesc,
		receivedDesc, sentDesc, retriesDesc, panicsDesc, eventsDesc)
}

func (n *networkMetrics) Collect(ch chan<- prometheus.Metric) {
	for _, a := range n.networks {
		n.general(ch, a)
		switch a := a.(type) {
		case *telegram.Adapter:
			ofTelegram(ch, a.Stats())
		case *matrix.Adapter:
			ofMatrix(ch, a.Stats())
		}
	}
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func count(ch chan<- prometheus.Metric, d *prometheus.Desc, n int64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func (n *networkMetrics) general(ch chan<- prometheus.Metric, a bot.Adapter) {
	h := n.bot.Handling(a.Name())
	gauge(ch, openDesc, float64(h.Open), a.Name())
	if !h.Last.IsZero() {
		gauge(ch, handledDesc, float64(h.Last.Unix()), a.Name())
	}
	c, ok := a.(bot.Connected)
	if !ok {
		return
	}
	link, up := c.Connection(), 0.0
	if link.Up && !h.Ended {
		up = 1
	}
	gauge(ch, connectedDesc, up, a.Name())
	if !link.Heard.IsZero() {
		gauge(ch, syncLagDesc, time.Since(link.Heard).Seconds(), a.Name())
	}
}

func ofTelegram(ch chan<- prometheus.Metric, s telegram.Stats) {
	limited(ch, telegram.Network, s.Flooded, s.Waits, s.Waited)
	count(ch, uncertainDesc, s.UncertainSends, telegram.Network)
	count(ch, receivedDesc, s.Updates, "taken")
	count(ch, receivedDesc, s.Repeated, "repeated")
	count(ch, receivedDesc, s.Dropped, "not_for_the_bot")
	count(ch, sentDesc, s.Sent, "sent")
	count(ch, sentDesc, s.Edited, "edited")
	count(ch, sentDesc, s.Postponed, "postponed")
	count(ch, retriesDesc, s.Retries)
	count(ch, panicsDesc, s.Panics)
}

func ofMatrix(ch chan<- prometheus.Metric, s matrix.Stats) {
	limited(ch, matrix.Network, s.Limited, s.Limited, s.Waited)
	count(ch, uncertainDesc, s.UncertainSends, matrix.Network)
	count(ch, eventsDesc, s.Dropped, "unreadable")
	count(ch, eventsDesc, s.Backfilled, "backfilled")
}

func limited(ch chan<- prometheus.Metric, network string, refusals, waits int64, waited time.Duration) {
	count(ch, refusalsDesc, refusals, network)
	count(ch, waitsDesc, waits, network)
	ch <- prometheus.MustNewConstMetric(waitedDesc, prometheus.CounterValue, waited.Seconds(), network)
}

var (
	baseAgeDesc  = desc("base_age_seconds", "How long ago the day ended to which the facts reach.")
	baseInfoDesc = desc("base_facts", "How many facts the base has.")
)

// baseMetrics are about the facts.
type baseMetrics struct{ bot *bot.Bot }

func (b *baseMetrics) Describe(ch chan<- *prometheus.Desc) { describe(ch, baseAgeDesc, baseInfoDesc) }

func (b *baseMetrics) Collect(ch chan<- prometheus.Metric) {
	base := b.bot.Book().Base()
	gauge(ch, baseInfoDesc, float64(len(base.Facts)))
	if day, err := time.Parse(time.DateOnly, base.AsOf); err == nil {
		gauge(ch, baseAgeDesc, max(0, time.Since(day.AddDate(0, 0, 1)).Seconds()))
	}
}

var (
	deliveriesDesc = desc("deliveries", "Deliveries that are remembered, by what they are and what became of them.", "kind", "state")
	pinsDesc       = desc("pins", "Pinned schedules: true, unpinned (true, and somebody took the pin away) or untrue.", "network", "state")
	heldDesc       = desc("announcements_held", "1 while nothing is sent unasked because of parley announce --hold.")
	scrapeDesc     = desc("store_up", "Whether the store could be asked for deliveries and pins.")
)

// storeMetrics are what the store knows. It is asked so often at the most,
// however often metrics are read: it may have a million rows to count.
type storeMetrics struct {
	bot   *bot.Bot
	store *store.Store

	mu     sync.Mutex
	at     time.Time
	states []bot.State
	cards  []bot.CardCount
	held   bool
	err    error
}

const (
	storeAgain  = 5 * time.Second
	storeWithin = 5 * time.Second
)

func (s *storeMetrics) Describe(ch chan<- *prometheus.Desc) {
	describe(ch, deliveriesDesc, pinsDesc, heldDesc, scrapeDesc)
}

func (s *storeMetrics) Collect(ch chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.at) > storeAgain || s.err != nil {
		s.err = s.ask()
		s.at = time.Now()
	}
	if s.err != nil {
		gauge(ch, scrapeDesc, 0)
		return
	}
	gauge(ch, scrapeDesc, 1)
	held := 0.0
	if s.held {
		held = 1
	}
	gauge(ch, heldDesc, held)
	for _, x := range s.states {
		for state, n := range map[string]int{"done": x.Done, "waiting": x.Waiting, "running": x.Running, "retried": x.Tried, "failed": x.Failed} {
			gauge(ch, deliveriesDesc, float64(n), x.Kind, state)
		}
	}
	sum := make(map[[2]string]int)
	for _, c := range s.cards {
		sum[[2]string{c.Network, string(c.State)}] += c.Cards
	}
	for k, n := range sum {
		gauge(ch, pinsDesc, float64(n), k[0], k[1])
	}
}

func (s *storeMetrics) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	d, err := s.store.Deliveries(ctx, "")
	if err != nil {
		return err
	}
	s.states = d.States
	if s.cards, err = s.bot.CardStates(ctx); err != nil {
		return err
	}
	since, err := s.store.Held(ctx)
	s.held = !since.IsZero()
	return err
}
