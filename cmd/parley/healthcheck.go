package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func healthcheckCommand() *cobra.Command {
	var ready bool
	c := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the program that runs with these settings whether it is well; exit 1 if not",
		Long: "Asks /healthz at http.listen, or /readyz with --ready, and shows what it says. For the health check of a\n" +
			"container, which has no other program to ask with.",
		Args: cobra.NoArgs,
	}
	source := settingsFlags(c)
	c.Flags().BoolVar(&ready, "ready", false, "ask whether it is connected and answers, not only whether it lives")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, _, err := source().Load()
		if err != nil {
			return err
		}
		if cfg.HTTP.Listen == "" {
			return errors.New("http.listen is not set: there is nothing to ask")
		}
		path := "/healthz"
		if ready {
			path = "/readyz"
		}
		if err := ask(c.Context(), c.OutOrStdout(), cfg.HTTP.Listen, path); err != nil {
			fmt.Fprintln(c.OutOrStdout(), err)
			return exit(1)
		}
		return nil
	}
	return c
}

// healthWithin is how long the answer may take.
const healthWithin = 5 * time.Second

func ask(ctx context.Context, out io.Writer, listen, path string) error {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(listen)+path, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: &http.Transport{}}).Do(req) // no proxy between a machine and itself
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(out, io.LimitReader(resp.Body, 64<<10)); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// reachable is where something that listens on all addresses can be asked.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return listen
}
