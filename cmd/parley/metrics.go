package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"parley/adapters/telegram"
	"parley/bot"
)

// writeMetrics writes what was counted since the start, as Prometheus reads it.
func writeMetrics(w io.Writer, b *bot.Bot, adapters []bot.Adapter) {
	count := func(name, help string, n int64) {
		fmt.Fprintf(w, "# HELP parley_%s %s\n# TYPE parley_%s counter\nparley_%s %d\n", name, help, name, name, n)
	}
	c := b.Counts()
	count("facts_refused_total", "Changed fact bases that were not sound.", c.Refused.Load())
	count("deliveries_sent_total", "Messages sent unasked.", c.Sent.Load())
	count("deliveries_edited_total", "Pinned and earlier messages edited.", c.Edited.Load())
	count("deliveries_uncertain_total", "Deliveries whose fate was unknown at first.", c.Uncertain.Load())
	for _, a := range adapters {
		t, ok := a.(*telegram.Adapter)
		if !ok {
			continue
		}
		s := t.Stats()
		count("telegram_updates_total", "Updates taken in.", s.Updates)
		count("telegram_sent_total", "Messages sent.", s.Sent)
		count("telegram_flooded_total", "Requests answered with 429.", s.Flooded)
		count("telegram_uncertain_total", "Sends whose fate nobody knows.", s.UncertainSends)
		count("telegram_panics_total", "Panics while an update was handled.", s.Panics)
	}
}

// serveMetrics serves them at an address until ctx ends.
func serveMetrics(ctx context.Context, listen string, b *bot.Bot, adapters []bot.Adapter, log *slog.Logger) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("metrics.listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		writeMetrics(w, b, adapters)
	})
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	log.Info("metrics", "address", l.Addr().String())
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
