package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"parley/answers"
	"parley/bot/store"
)

// version is set by the linker for releases: -X main.version=v1.2.3.
var version string

// build is what the program knows of how it was made.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"` // with "+changed" if the source was not as committed
	Date     string `json:"date"`   // of the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Tags     string `json:"tags"`
	Schema   int    `json:"schema"`
	Model    string `json:"model"`
}

// thisBuild reads what the Go toolchain noted in the binary.
func thisBuild() build {
	b := build{Version: version, Commit: "unknown", Date: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Schema: store.SchemaVersion(), Model: answers.ModelVersion()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	set := make(map[string]string, len(info.Settings))
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	b.Tags = set["-tags"]
	if set["vcs.revision"] != "" {
		b.Commit, b.Date = set["vcs.revision"], set["vcs.time"]
	}
	if set["vcs.modified"] == "true" {
		b.Commit += "+changed"
	}
	if b.Version == "" {
		b.Version = strings.Trim(info.Main.Version, "()")
	}
	return b
}

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Tell which program this is and how it was built",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			b, out := thisBuild(), c.OutOrStdout()
			if asJSON {
				return json.NewEncoder(out).Encode(b)
			}
			fmt.Fprintf(out, "parley %s\ncommit %s\ndate %s\n%s %s, tags %s\nschema %d, model %s\n",
				b.Version, b.Commit, b.Date, b.Go, b.Platform, b.Tags, b.Schema, b.Model)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}
