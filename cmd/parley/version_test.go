package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestVersionTellsWhatTheProgramIs(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "parley")
	cmd := exec.Command("go", "build", "-tags", "goolm", "-ldflags", "-X main.version=v9.8.7", "-o", bin, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(bin, "version", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var b build
	if err := json.Unmarshal(out, &b); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if b.Version != "v9.8.7" || b.Tags != "goolm" || b.Schema < 4 || len(b.Model) != 12 || b.Commit == "" || b.Date == "" {
		t.Errorf("%+v", b)
	}
	text, err := exec.Command(bin, "version").Output()
	if err != nil || !strings.Contains(string(text), "parley v9.8.7") || !strings.Contains(string(text), b.Commit) {
		t.Errorf("%v: %s", err, text)
	}
}
