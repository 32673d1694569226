package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigShowsWhatHoldsAndWhereItComesFrom(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("parley.yaml", []byte("log:\n  level: warn\ntelegram:\n  token: 1:ZQXJ\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PARLEY_MATRIX_PREFIX", "!q")
	out, code := run(t, "", "config", "--store.url", "x.db")
	if code != 0 || strings.Contains(out, "ZQXJ") {
		t.Errorf("exit %d: %s", code, out)
	}
	for _, want := range []string{"log.level warn parley.yaml:2", "telegram.token (set, hidden) parley.yaml:4", "matrix.prefix !q PARLEY_MATRIX_PREFIX",
		"store.url x.db --store.url", "telegram.mode polling default"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, code = run(t, "", "config", "--json")
	var list []map[string]string
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != 0 || len(list) < 20 {
		t.Errorf("%v: exit %d: %s", err, code, out)
	}
	other := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(other, []byte("log:\n  levle: warn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PARLEY_CONFIG", other)
	if out, code = run(t, "", "config"); code != 2 || !strings.Contains(out, other+`:2: unknown setting "log.levle"`) {
		t.Errorf("exit %d: %s", code, out)
	}
}
