package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"parley/answers/facts"
	"parley/bot"
	"parley/bot/store"
	"parley/config"
)

// atOnce is how many deliveries are under way at the same time.
const atOnce = 32

// announce watches the facts, of which those with the fingerprint loaded are
// served, also where they are moved to, announces what changes, and delivers it,
// until ctx ends.
func announce(ctx context.Context, cfg *config.Config, b *bot.Bot, st *store.Store, loaded string, moved <-chan string, log *slog.Logger) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() { b.Keep(ctx, cfg.Announce.Round) })
	wg.Go(func() {
		if err := st.Work(ctx, atOnce, queueLog(log), b.Do); err != nil {
			log.Error("nothing is delivered", "err", err)
		}
	})
	w := factsWatch{dir: cfg.Facts.Dir, moved: moved, log: log, seen: loaded, swap: b.Swap, refused: func(ps facts.Problems) {
		b.Counts().Refused.Add(1)
		c := curators(cfg.Announce.Curators)
		if c.ID == "" {
			return
		}
		if err := b.Refused(ctx, c, len(ps), ps[0].String()); err != nil {
			log.Warn("curators not told", "err", err)
		}
	}}
	wg.Go(func() {
		if err := w.run(ctx); err != nil {
			log.Error("changes of the facts are not seen", "err", err)
		}
	})
	return wg.Wait
}

// curators reads "telegram:-1001234".
func curators(s string) bot.Chat {
	network, id, _ := strings.Cut(s, ":")
	return bot.Chat{Network: network, ID: id}
}

// queueLog leaves out what the queue says of its daily work.
func queueLog(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

// warnings passes on warnings and errors.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}
