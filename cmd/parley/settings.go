package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parley/config"
)

// usualFile is the file of settings that is read if it is there and no other is named.
const usualFile = "parley.yaml"

// settingsFlags adds --config and a flag for each setting, and returns the
// function that tells where the settings come from.
func settingsFlags(c *cobra.Command) func() config.Source {
	file := c.Flags().String("config", "", "the file of settings; else $PARLEY_CONFIG, else ./"+usualFile+" if there is one")
	config.AddFlags(c.Flags())
	return func() config.Source { return config.Source{File: settingsFile(*file), Flags: c.Flags()} }
}

func settingsFile(named string) string {
	if named != "" {
		return named
	}
	if named = os.Getenv("PARLEY_CONFIG"); named != "" {
		return named
	}
	if _, err := os.Stat(usualFile); err == nil {
		return usualFile
	}
	return ""
}

func configCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "config",
		Short: "Show the settings that hold and where each comes from; secrets are hidden",
		Args:  cobra.NoArgs,
	}
	source := settingsFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		_, all, err := source().Load()
		if err != nil {
			return err
		}
		if asJSON {
			return settingsAsJSON(c.OutOrStdout(), all)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		for _, s := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, s.Value, s.Origin)
		}
		return w.Flush()
	}
	return c
}

func settingsAsJSON(out io.Writer, all []config.Setting) error {
	type setting struct {
		Key    string `json:"key"`
		Value  string `json:"value"`
		Origin string `json:"origin"`
	}
	list := make([]setting, len(all))
	for i, s := range all {
		list[i] = setting{s.Key, s.Value, s.Origin.String()}
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}
