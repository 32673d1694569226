package main

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"parley/config"
)

// reloading applies changed settings to a program that runs.
type reloading struct {
	load    func() (*config.Config, error)
	started *config.Config // what the program began with
	log     *slog.Logger
	// apply are the settings that take effect at once; the others need a restart.
	apply map[string]func(*config.Config)
}

// run loads the settings again at each SIGHUP until ctx ends.
func (r *reloading) run(ctx context.Context, hangUps <-chan os.Signal) {
	last, sums := r.started, r.started.SecretSums()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangUps:
		}
		next, err := r.load()
		if err != nil {
			r.log.Error("settings not reloaded; the old ones go on holding", "err", err)
			continue
		}
		r.change(last, next)
		if rest := r.rest(next, sums); len(rest) > 0 {
			r.log.Warn("changed settings that need a restart", "settings", rest)
		}
		last = next
	}
}

// change applies what can take effect at once.
func (r *reloading) change(last, next *config.Config) {
	changed := []string{}
	for _, key := range config.Changed(last, next) {
		if f := r.apply[key]; f != nil {
			f(next)
			changed = append(changed, key)
		}
	}
	r.log.Info("settings reloaded", "changed", changed)
}

// rest are the settings that differ from those the program began with and that
// need a restart, files of secrets with other contents among them.
func (r *reloading) rest(next *config.Config, sums map[string][sha256.Size]byte) []string {
	rest := slices.DeleteFunc(config.Changed(r.started, next), func(key string) bool { return r.apply[key] != nil })
	for key, sum := range next.SecretSums() {
		if sums[key] != sum && !slices.Contains(rest, key) {
			rest = append(rest, key)
		}
	}
	slices.Sort(rest)
	return rest
}

// hangUps returns the SIGHUPs that come from now on, which no longer end the
// program.
func hangUps() (signals <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
