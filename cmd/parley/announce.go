package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/adapters/console"
	"parley/adapters/matrix"
	"parley/adapters/telegram"
	"parley/answers"
	"parley/answers/facts"
	"parley/answers/lang"
	"parley/bot"
	"parley/bot/store"
	"parley/config"
)

func announceCommand() *cobra.Command {
	var dir string
	var source func() config.Source
	var dry, status, stop, goOn bool
	c := &cobra.Command{
		Use:   "announce",
		Short: "Show what a change of the facts would send where, or how far the deliveries are; stop them all",
		Long: "Changes are announced by parley run as soon as facts.dir changes. This command shows, with --dry-run, what\n" +
			"the facts as they are now would send to whom, and sends nothing; with --status, what became of the deliveries. With --hold\n" +
			"nothing is sent unasked any more, by whatever process that shares the store, until --release.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := source().Load()
			if err != nil {
				return err
			}
			if dir != "" {
				cfg.Facts.Dir = dir
			}
			st, err := store.Open(c.Context(), cfg.Store.URL)
			if err != nil {
				return err
			}
			defer st.Close()
			switch {
			case stop:
				return hold(c.Context(), c.OutOrStdout(), st)
			case goOn:
				return release(c.Context(), c.OutOrStdout(), st)
			case status:
				return showDeliveries(c.Context(), c.OutOrStdout(), st)
			}
			return dryRun(c.Context(), c.OutOrStdout(), cfg, st)
		},
	}
	source = settingsFlags(c)
	c.Flags().StringVar(&dir, "facts", "", "the folder of changed facts, instead of facts.dir")
	c.Flags().BoolVar(&dry, "dry-run", false, "show what would be sent, and send nothing")
	c.Flags().BoolVar(&status, "status", false, "show the deliveries: done, waiting, failed and why")
	c.Flags().BoolVar(&stop, "hold", false, "emergency stop: send nothing unasked, in no process, until --release")
	c.Flags().BoolVar(&goOn, "release", false, "go on after --hold")
	c.MarkFlagsMutuallyExclusive("dry-run", "status", "hold", "release")
	c.MarkFlagsOneRequired("dry-run", "status", "hold", "release")
	return c
}

// dryRun shows what the facts would announce.
func dryRun(ctx context.Context, out io.Writer, cfg *config.Config, st *store.Store) error {
	book, err := openBook(cfg.Facts.Dir)
	if err != nil {
		return err
	}
	packs, err := lang.Load()
	if err != nil {
		return err
	}
	b := bot.New(bot.Options{Book: book, Keeper: st})
	p, first, err := b.Changes(ctx)
	if err != nil {
		return err
	}
	if first {
		fmt.Fprintln(out, "Nothing was announced before: the first run records the facts and sends nothing.")
		return nil
	}
	fmt.Fprintf(out, "%d changes since revision %d\n", len(p.Changes), p.After)
	for _, ch := range p.Changes {
		quiet := ""
		if ch.Quiet {
			quiet = " (shown where it was told; news to nobody)"
		}
		fmt.Fprintf(out, "  %s %s%s\n", ch.Kind, ch.ID, quiet)
	}
	all, err := st.Audience(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(out, "No chat has pinned the schedule or subscribed. What they would see:")
		all = everybody()
	}
	for _, a := range all {
		if err := showOne(ctx, out, b, p, a, packs); err != nil {
			return err
		}
	}
	return nil
}

// everybody is one chat of each sort.
func everybody() (all []bot.Audience) {
	for _, network := range [...]string{telegram.Network, matrix.Network} {
		for _, code := range facts.Languages {
			all = append(all, bot.Audience{Network: network, Kind: bot.TaskCard, Lang: code},
				bot.Audience{Network: network, Kind: bot.TaskNews, Lang: code, Subject: answers.Everything})
		}
	}
	return all
}

// showOne shows what chats of one sort would get, in their network's form.
func showOne(ctx context.Context, out io.Writer, b *bot.Bot, p bot.Publication, a bot.Audience, packs lang.Packs) error {
	subject := a.Subject
	if subject == "" {
		subject = answers.Everything
	}
	card, r, err := b.Preview(ctx, p, a.Lang, subject)
	if err != nil {
		return err
	}
	if a.Kind == bot.TaskCard {
		r = card
	}
	what := map[string]string{bot.TaskCard: "edited cards", bot.TaskNews: "messages on " + a.Subject}[a.Kind]
	fmt.Fprintf(out, "\n== %s, %s: %d %s\n", a.Network, a.Lang, a.Chats, what)
	if len(r.Body) == 0 {
		fmt.Fprintln(out, "nothing to tell them")
		return nil
	}
	var form any = telegram.Preview(r, packs)
	if a.Network == matrix.Network {
		form = matrix.Preview(r, packs)
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(form)
}

// showDeliveries shows what became of the deliveries; on a terminal it shows
// those of the newest edition going on.
func showDeliveries(ctx context.Context, out io.Writer, st *store.Store) error {
	held, err := showHold(ctx, out, st)
	if err != nil {
		return err
	}
	h, err := st.Head(ctx)
	if err != nil {
		return err
	}
	if h.Revision == 0 {
		fmt.Fprintln(out, "Nothing was announced yet.")
		return nil
	}
	fmt.Fprintf(out, "revision %d, announced %s, facts to %s\n", h.Revision, h.AnnouncedAt.UTC().Format(time.DateTime), h.AsOf)
	f, ok := out.(*os.File)
	if !held {
		if err := showProgress(ctx, out, st, strconv.FormatInt(h.Revision, 10), ok && isTerminal(f)); err != nil {
			return err
		}
	}
	d, err := st.Deliveries(ctx, "")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-10s %8s %8s %8s %8s %8s\n", "", "done", "waiting", "running", "retried", "failed")
	for _, s := range d.States {
		fmt.Fprintf(out, "%-10s %8d %8d %8d %8d %8d\n", s.Kind, s.Done, s.Waiting, s.Running, s.Tried, s.Failed)
	}
	for _, f := range d.Failures {
		fmt.Fprintf(out, "%s in %s %s: tried %d times, again at %s: %s\n", f.Task.Kind, f.Task.Chat.Network, f.Task.Chat.ID, f.Tries,
			f.Next.UTC().Format(time.DateTime), f.Why)
	}
	return nil
}

func isTerminal(f *os.File) bool {
	terminal, _ := console.Terminal(f)
	return terminal
}

const barWidth = 40

// bar is how much is done, as a terminal shows it.
func bar(left, all int) string {
	done := barWidth
	if all > 0 {
		done = barWidth * (all - left) / all
	}
	return fmt.Sprintf("[%s%s] %d of %d", strings.Repeat("#", done), strings.Repeat(".", barWidth-done), all-left, all)
}

// showProgress draws a bar of the tasks with a mark: once, or until they are done or
// ctx ends.
func showProgress(ctx context.Context, out io.Writer, st *store.Store, mark string, on bool) error {
	for {
		d, err := st.Deliveries(ctx, mark)
		if err != nil {
			return err
		}
		left, all := d.Left()
		fmt.Fprintf(out, "\r%s", bar(left, all))
		if !on || left == 0 || !pause(ctx, time.Second) {
			fmt.Fprintln(out)
			return nil
		}
	}
}
