package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/answers"
)

// run runs the program with arguments and gives what it printed and its exit code.
func run(t *testing.T, in string, args ...string) (out string, code int) {
	t.Helper()
	c := root()
	var b bytes.Buffer
	c.SetOut(&b)
	c.SetErr(&b)
	c.SetIn(strings.NewReader(in))
	c.SetArgs(args)
	err := c.ExecuteContext(t.Context())
	var e exit
	switch {
	case errors.As(err, &e):
		return b.String(), int(e)
	case err != nil:
		return b.String() + err.Error(), 2
	}
	return b.String(), 0
}

func TestAskExitsByTheOutcome(t *testing.T) {
	for question, want := range map[string]int{
		"How long did the second round last?": 0,
		"Who will win the war?":               4,
	} {
		if out, code := run(t, "", "ask", question); code != want {
			t.Errorf("%s: exit %d, want %d\n%s", question, code, want, out)
		}
	}
	out, code := run(t, "", "ask", "--json", "--lang", "uk", "How long did the second round last?")
	var l answerLine
	if err := json.Unmarshal([]byte(out), &l); err != nil || code != 0 || l.Lang != "uk" || len(l.Sources) == 0 || l.AsOf != "2026-06-16" {
		t.Errorf("%v, exit %d: %s", err, code, out)
	}
	if out, code := run(t, "", "ask", "--lang", "xx", "hello"); code != 2 || !strings.Contains(out, "en, uk, ru, tr") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestAskAnswersLinesInOrderAndGoesOnAfterABrokenOne(t *testing.T) {
	in := `{"id":"a","turns":["How long did the second round last?","and the third?"]}
{"id":"b","turns":
{"id":"c","turns":["geçen hafta ne oldu"],"today":"2025-07-30"}
{"id":"d","turns":[]}
{"id":"e","turns":["x"],"today":"tomorrow"}

{"id":"f","turns":["Яка погода в Одесі?"]}`
	out, code := run(t, in, "ask", "--jsonl")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 6 {
		t.Fatalf("exit %d, %d lines:\n%s", code, len(lines), out)
	}
	for i, want := range []string{`"facts":["r3-duration"]`, `"line":2,"error":`, `"id":"c"`, `"line":4,"error":`, `"line":5,"error":`, `"status":"unknown"`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d lacks %s: %s", i+1, want, lines[i])
		}
	}
}

func TestAskAnswersManyLinesInOrderAndOneAtOnce(t *testing.T) {
	texts := []string{"How long did the second round last?", "x", strings.Repeat("what did Ukraine want in the first round and ", 40), "Скільки тривав третій раунд?"}
	var in strings.Builder
	for i := range 400 {
		fmt.Fprintf(&in, `{"id":"%d","turns":[%q]}`+"\n", i, texts[i%len(texts)])
	}
	out, code := run(t, in.String(), "ask", "--jsonl")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 400 {
		t.Fatalf("exit %d, %d lines", code, len(lines))
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, fmt.Sprintf(`{"id":"%d",`, i)) {
			t.Fatalf("line %d is %s", i, line)
		}
	}
	b, err := answers.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	asks, in1 := io.Pipe()
	out1, w := io.Pipe()
	ended := make(chan error)
	go func() { ended <- askLines(b, asks, w, time.Now) }()
	got := bufio.NewReader(out1)
	for i := range 3 { // whoever waits for an answer before asking on gets it
		fmt.Fprintf(in1, `{"id":"%d","turns":["hello"]}`+"\n", i)
		if line, err := got.ReadString('\n'); err != nil || !strings.Contains(line, fmt.Sprintf(`"id":"%d"`, i)) {
			t.Fatalf("%q, %v", line, err)
		}
	}
	out1.Close() // nobody reads on
	fmt.Fprintln(in1, `{"id":"last","turns":["hello"]}`)
	if err := <-ended; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

func TestCheckExitsByWhatItFinds(t *testing.T) {
	if out, code := run(t, "", "check"); code != 0 || !strings.HasPrefix(out, "sound: ") {
		t.Errorf("exit %d: %s", code, out)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("facts:\n  - idd: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := run(t, "", "check", dir); code != 1 || !strings.Contains(out, `a.yaml:2:5: unknown key "idd", did you mean "id"?`) {
		t.Errorf("exit %d: %s", code, out)
	}
	out, code := run(t, "", "check", "--json", dir)
	var ps []struct {
		File         string
		Line, Column int
		Message      string
	}
	if err := json.Unmarshal([]byte(out), &ps); err != nil || code != 1 || len(ps) == 0 {
		t.Errorf("%v, exit %d: %s", err, code, out)
	}
}

func TestAFolderOfFactsIsUsedInstead(t *testing.T) {
	if _, code := run(t, "", "ask", "--facts", "../../answers/facts", "How long did the second round last?"); code != 0 {
		t.Errorf("exit %d", code)
	}
	if out, code := run(t, "", "ask", "--facts", t.TempDir(), "hello"); code != 2 || !strings.Contains(out, "no *.yaml files") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestEvalFailsUnderItsThresholds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "q.jsonl")
	if err := os.WriteFile(file, []byte(`{"id":"1","lang":"en","style":"plain","expect":"answer","turns":["Who will win the war?"],"must":[["nobody"]],"facts":[],"topic":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := run(t, "", "eval", file); code != 0 || !strings.Contains(out, "answered right") {
		t.Errorf("exit %d: %s", code, out)
	}
	if out, code := run(t, "", "eval", "--failures", "--min-right", "50", file); code != 1 || !strings.Contains(out, "should have answered") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestWhyExplains(t *testing.T) {
	out, code := run(t, "", "why", "How long did the second round last? | and the third?")
	if code != 0 || !strings.Contains(out, "r3-duration") || !strings.Contains(out, "perhaps round 3") || !strings.Contains(out, "outcome: answered") {
		t.Errorf("exit %d: %s", code, out)
	}
}
