package bot

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/answers"
)

// metrics are what the bot counts, as Prometheus reads it; docs/metrics.md
// explains each. No label takes what people write or who they are.
type metrics struct {
	questions *prometheus.CounterVec
	commands  *prometheus.CounterVec
	lag       *prometheus.HistogramVec
	took      *prometheus.HistogramVec
	matched   prometheus.Histogram
	failed    *prometheus.CounterVec
	heldBack  *prometheus.CounterVec
	all       []prometheus.Collector
	names     map[string]bool // commands that are told apart
}

// Why an update was not answered.
const (
	failedTimeout = "timeout"
	failedPanic   = "panic"
	failedSend    = "send"
)

var (
	answerTimes = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 180}
	matchTimes  = []float64{.0002, .0005, .001, .002, .005, .01, .025, .05, .1, .5}
	lagTimes    = []float64{.1, .5, 1, 2, 5, 15, 60, 300, 3600}
)

func newMetrics(c *Counts, names map[string]bool) *metrics {
	m := &metrics{
		questions: counters("questions_total", "Questions, by what became of them.", "network", "language", "outcome"),
		commands:  counters("commands_total", "Commands, those that the program does not know as other.", "network", "command"),
		failed:    counters("updates_failed_total", "Updates that were not answered: timeout, panic, or send if the network refused the answer.", "network", "reason"),
		heldBack:  counters("updates_held_back_total", "Updates not answered because somebody is blocked or writes too much: a person, a chat, or all together.", "network", "reason"),
		lag:       histogram("update_lag_seconds", "From when an update was written to when the bot took it.", lagTimes, "network"),
		took:      histogram("answer_duration_seconds", "From when an update was taken to when its answer was sent.", answerTimes, "network"),
		matched: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "parley_match_duration_seconds",
			Help: "How long finding an answer took, without the networks.", Buckets: matchTimes}),
	}
	m.names = names
	m.all = []prometheus.Collector{m.questions, m.commands, m.failed, m.heldBack, m.lag, m.took, m.matched,
		counted("deliveries_sent_total", "Messages sent unasked.", &c.Sent),
		counted("deliveries_edited_total", "Pinned and earlier messages edited.", &c.Edited),
		counted("deliveries_uncertain_total", "Deliveries whose fate was unknown at first.", &c.Uncertain),
		counted("facts_refused_total", "Changed fact bases that were not sound.", &c.Refused),
	}
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_" + name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "parley_" + name, Help: help, Buckets: buckets}, labels)
}

func counted(name, help string, n *atomic.Int64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "parley_" + name, Help: help}, func() float64 { return float64(n.Load()) })
}

// Describe and Collect make the bot a prometheus.Collector.
func (b *Bot) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range b.metrics.all {
		c.Describe(ch)
	}
}

// Collect hands out what was counted.
func (b *Bot) Collect(ch chan<- prometheus.Metric) {
	for _, c := range b.metrics.all {
		c.Collect(ch)
	}
}

// taken counts an update that came.
func (m *metrics) taken(msg Message, now time.Time) {
	if !msg.At.IsZero() && msg.At.Unix() > 0 {
		m.lag.WithLabelValues(msg.Chat.Network).Observe(max(0, now.Sub(msg.At).Seconds()))
	}
	if msg.Command != "" {
		name := msg.Command
		if !m.names[name] {
			name = "other"
		}
		m.commands.WithLabelValues(msg.Chat.Network, name).Inc()
	}
}

// commandNames are those of the commands and signals: what else people type is no
// label.
func commandNames(table []Command) map[string]bool {
	names := make(map[string]bool, len(table)+len(signals))
	for _, c := range table {
		names[c.Name] = true
	}
	for name := range signals {
		names[name] = true
	}
	return names
}

// held counts an update that was not answered on purpose.
func (m *metrics) held(network, why string) { m.heldBack.WithLabelValues(network, why).Inc() }

func (m *metrics) answered(network string, a answers.Answer, took time.Duration) {
	m.matched.Observe(took.Seconds())
	m.questions.WithLabelValues(network, a.Lang, string(a.Status)).Inc()
}
