package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

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
	told := func() {} // ends the telling of the refusal before
	w := factsWatch{dir: cfg.Facts.Dir, moved: moved, log: log, seen: loaded, swap: b.Swap, refused: func(ps facts.Problems) {
		b.Counts().Refused.Add(1)
		told()
		telling, end := context.WithCancel(ctx)
		told = end
		wg.Go(func() { tellCurators(telling, cfg.Announce.Curators, b, ps, log) })
	}}
	wg.Go(func() {
		if err := w.run(ctx); err != nil {
			log.Error("changes of the facts are not seen", "err", err)
		}
	})
	return wg.Wait
}

// tellCurators tells their chat of a refused base, as soon as its network takes it.
func tellCurators(ctx context.Context, where string, b *bot.Bot, ps facts.Problems, log *slog.Logger) {
	c := curators(where)
	if c.ID == "" {
		return
	}
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := b.Refused(ctx, c, len(ps), ps[0].String())
		if err == nil || ctx.Err() != nil {
			return
		}
		log.Warn("curators not told yet", "err", err)
		if errors.Is(err, bot.ErrGone) || errors.Is(err, bot.ErrMuted) || !pause(ctx, wait) {
			return
		}
	}
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
