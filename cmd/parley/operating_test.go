package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var (
	aCommand  = regexp.MustCompile(`\bparley ([a-z]+)\b([^\n` + "`" + `]*)`)
	aFlag     = regexp.MustCompile(`--([a-z][a-z.-]*)`)
	aVariable = regexp.MustCompile(`\bPARLEY_[A-Z_]+\b`)
	aSetting  = regexp.MustCompile("`([a-z]+(?:\\.[a-z_]+)+)(?:[:=`])")
	aTarget   = regexp.MustCompile(`\bmake ([a-z-]+)`)
)

func TestWhatTheOperatorsPageNamesExists(t *testing.T) {
	var settings []map[string]string
	if err := json.Unmarshal([]byte(must(t, "config", "--json")), &settings); err != nil {
		t.Fatal(err)
	}
	variables, keys, groups := []string{"PARLEY_CONFIG"}, []string{}, []string{}
	for _, s := range settings {
		group, _, _ := strings.Cut(s["key"], ".")
		keys, groups = append(keys, s["key"]), append(groups, group)
		variables = append(variables, "PARLEY_"+strings.ToUpper(strings.ReplaceAll(s["key"], ".", "_")))
	}
	makefile := read(t, "../../Makefile")
	for _, page := range []string{"../../docs/operating.md", "../../docs/parley.service", "../../Dockerfile", "../../README.md"} {
		text := read(t, page)
		for _, m := range aCommand.FindAllStringSubmatch(text, -1) {
			c, _, err := root().Find([]string{m[1]})
			if err != nil || !c.HasParent() {
				if strings.Contains(page, "operating") {
					t.Errorf("%s: no command %q", page, m[0])
				}
				continue
			}
			for _, f := range aFlag.FindAllStringSubmatch(strings.Split(m[2], "&&")[0], -1) {
				if flagOf(c, f[1]) {
					continue
				}
				t.Errorf("%s: parley %s has no flag --%s", page, m[1], f[1])
			}
		}
		for _, v := range aVariable.FindAllString(text, -1) {
			if !slices.Contains(variables, v) {
				t.Errorf("%s: nothing reads %s", page, v)
			}
		}
		for _, m := range aSetting.FindAllStringSubmatch(text, -1) {
			group, _, _ := strings.Cut(m[1], ".")
			credential := m[1] == "telegram.webhook.secret" || m[1] == "matrix.access_token" // by which systemd passes them
			if slices.Contains(groups, group) && !slices.Contains(keys, m[1]) && !credential {
				t.Errorf("%s: no setting %s", page, m[1])
			}
		}
		for _, m := range aTarget.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: no make %s", page, m[1])
			}
		}
	}
}

func flagOf(c *cobra.Command, name string) bool {
	return c.Flags().Lookup(name) != nil || name == "help"
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
