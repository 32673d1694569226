package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// front serves what operators ask a running program.
type front struct {
	listener net.Listener
	handler  http.Handler
	log      *slog.Logger
}

// openFront takes the address, so that one that is taken ends the start.
func openFront(listen string, ready *readiness, metrics prometheus.Gatherer, log *slog.Logger) (*front, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("http.listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok") // whoever answers lives
	})
	mux.Handle("GET /readyz", ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
	}))
	return &front{l, mux, log}, nil
}

// run serves until ctx ends.
func (f *front) run(ctx context.Context) {
	s := &http.Server{
		Handler: f.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(f.log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	f.log.Info("serving health and metrics", "address", f.listener.Addr().String())
	if err := s.Serve(f.listener); !errors.Is(err, http.ErrServerClosed) {
		f.log.Error("health and metrics are served no more", "err", err)
	}
}
