package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"parley/bot/store"
	"parley/config"
)

// How long the doctor waits for others. All checks run at once.
const (
	storePatience   = 3 * time.Second
	networkPatience = 5 * time.Second
)

// The states of a finding.
const (
	well    = "ok"
	warning = "warning"
	failure = "failure"
)

// finding is what the doctor found out about one thing.
type finding struct {
	Part  string `json:"part"`
	State string `json:"state"`
	Found string `json:"found"`
	Do    string `json:"do,omitempty"`
}

// findings gather what the checks of one part say.
type findings []finding

func (f *findings) ok(part, format string, args ...any) {
	*f = append(*f, finding{part, well, fmt.Sprintf(format, args...), ""})
}

func (f *findings) warn(part, found, do string) {
	*f = append(*f, finding{part, warning, found, do})
}

func (f *findings) fail(part, found, do string) {
	*f = append(*f, finding{part, failure, found, do})
}

// doctor examines a program that is to start, or runs.
type doctor struct {
	cfg  *config.Config
	poll bool // ask Telegram whether somebody else polls

	inspected chan struct{}     // closed when the next is known
	store     *store.Inspection // nil: the store cannot be read
}

func doctorCommand() *cobra.Command {
	var asJSON, poll bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Prove settings, store, facts and accounts, and say what to do about what is wrong",
		Long: "Proves what parley run needs, all at once and in less than ten seconds, and says what to do about each finding.\n" +
			"It may be called while parley run works: it changes nothing and takes nothing from it. Exit code 1: something failed.",
		Args: cobra.NoArgs,
	}
	source := settingsFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	c.Flags().BoolVar(&poll, "another-poller", false, "find out whether another program polls this bot's messages in Telegram: "+
		"interrupts it, and a parley run that works, once for a second; nothing is lost")
	c.RunE = func(c *cobra.Command, _ []string) error {
		var all findings
		src := source()
		cfg, _, err := src.Load()
		if err != nil {
			all.fail("settings", err.Error(), "correct the setting; parley config shows what holds, docs/operating.md explains")
		} else {
			all.ok("settings", "%s", settingsFrom(src))
			for _, name := range config.Strangers(os.Environ()) {
				all.warn("settings", name+" is no setting", "correct its name, or take it out of the environment; parley config lists all")
			}
			d := doctor{cfg: cfg, poll: poll, inspected: make(chan struct{})}
			all = append(all, d.examine(c.Context())...)
		}
		return all.print(c.OutOrStdout(), asJSON)
	}
	return c
}

func settingsFrom(s config.Source) string {
	if s.File == "" {
		return "from the environment and flags alone"
	}
	return "from " + s.File + ", the environment and flags"
}

// examine does all checks at once. Their findings are in a fixed order.
func (d *doctor) examine(ctx context.Context) (all findings) {
	checks := []func(context.Context) findings{d.secretFiles, d.checkStore, d.facts, d.telegram, d.matrix, d.clock}
	found := make([]findings, len(checks))
	var wg sync.WaitGroup
	for i, check := range checks {
		wg.Go(func() { found[i] = check(ctx) })
	}
	wg.Wait()
	return slices.Concat(found...)
}

func (f findings) print(out io.Writer, asJSON bool) error {
	failed := slices.ContainsFunc(f, func(x finding) bool { return x.State == failure })
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(f); err != nil {
			return err
		}
	} else {
		for _, x := range f {
			fmt.Fprintf(out, "%-8s %s: %s\n", x.State, x.Part, strings.Join(strings.Fields(x.Found), " "))
			if x.Do != "" {
				fmt.Fprintf(out, "         -> %s\n", x.Do)
			}
		}
	}
	if failed {
		return exit(1)
	}
	return nil
}
