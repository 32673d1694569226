package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"parley/adapters/telegram/telegramtest"
	"parley/answers"
	"parley/bot"
	"parley/bot/store"
)

var description = regexp.MustCompile(`^Desc\{fqName: "([^"]+)".*constLabels: \{[^}]*\}, variableLabels: \{([^}]*)\}\}$`)

// declared are the metrics of the code, each with its labels.
func declared(t *testing.T) map[string]string {
	t.Helper()
	book, err := answers.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	ch := make(chan *prometheus.Desc, 1000)
	for _, c := range ourCollectors(bot.New(bot.Options{Book: book, Keeper: st}), st, nil) {
		c.Describe(ch)
	}
	close(ch)
	all := map[string]string{}
	for d := range ch {
		m := description.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("not understood: %s", d)
		}
		all[m[1]] = m[2]
	}
	return all
}

// documented are the metrics of the page, each with its labels.
func documented(t *testing.T) (labels, types map[string]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	labels, types = map[string]string{}, map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 || !strings.Contains(cells[1], "`parley_") {
			continue
		}
		name := strings.Trim(cells[1], " `")
		labels[name] = strings.NewReplacer("`", "", " ", "").Replace(cells[3])
		types[name] = strings.TrimSpace(cells[2])
	}
	return labels, types
}

func TestEveryMetricIsDocumentedAndEveryDocumentedOneExists(t *testing.T) {
	code := declared(t)
	page, _ := documented(t)
	for name, labels := range code {
		if got, ok := page[name]; !ok || got != labels {
			t.Errorf("%s{%s} is documented as {%s}, %v", name, labels, got, ok)
		}
	}
	for name := range page {
		if _, ok := code[name]; !ok {
			t.Errorf("%s is documented and does not exist", name)
		}
	}
	if len(code) < 25 {
		t.Errorf("only %d metrics", len(code))
	}
}

var (
	quoted     = regexp.MustCompile(`"[^"]*"`)
	metricName = regexp.MustCompile(`\b(?:parley|go|process)_[a-z0-9_]+\b`)
	suffix     = regexp.MustCompile(`_(bucket|sum|count)$`)
	ofProgram  = []string{"go_goroutines", "go_memstats_heap_inuse_bytes", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds"}
)

// checkExpression looks at what a query names.
func checkExpression(t *testing.T, where, expr string, types map[string]string) {
	t.Helper()
	plain := quoted.ReplaceAllString(expr, `""`)
	names := metricName.FindAllString(plain, -1)
	if len(names) == 0 && !strings.Contains(plain, "up{") {
		t.Errorf("%s: %q names no metric", where, expr)
	}
	for _, name := range names {
		base := suffix.ReplaceAllString(name, "")
		switch {
		case types[name] == "histogram":
			t.Errorf("%s: %s is a histogram: name a part of it", where, name)
		case types[name] != "", types[base] == "histogram", slices.Contains(ofProgram, name):
		default:
			t.Errorf("%s: there is no metric %s", where, name)
		}
	}
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(plain, pair[:1]) != strings.Count(plain, pair[1:]) {
			t.Errorf("%s: %q is not closed", where, expr)
		}
	}
}

func TestAlertRulesNameOnlyMetricsThatExist(t *testing.T) {
	data, err := os.ReadFile("../../docs/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(string(data)))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	_, types := documented(t)
	n := 0
	for _, g := range f.Groups {
		for _, r := range g.Rules {
			n++
			checkExpression(t, r.Alert, r.Expr, types)
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s does not say how bad it is, what and what to do", r.Alert)
			}
			if r.For != "" {
				if _, err := time.ParseDuration(r.For); err != nil {
					t.Errorf("%s: %v", r.Alert, err)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d rules", n)
	}
}

func TestTheDashboardNamesOnlyMetricsThatExist(t *testing.T) {
	data, err := os.ReadFile("../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title, UID    string
		SchemaVersion int
		Panels        []struct {
			ID      int
			Title   string
			Type    string
			GridPos struct{ H, W, X, Y int }
			Targets []struct{ Expr, RefID string }
		}
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	_, types := documented(t)
	shown, ids := map[string]bool{}, map[int]bool{}
	for _, p := range board.Panels {
		if p.Title == "" || ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 || p.Type != "row" && (len(p.Targets) == 0 || p.GridPos.W == 0) {
			t.Errorf("panel %d %q: %+v", p.ID, p.Title, p)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			checkExpression(t, p.Title, target.Expr, types)
			for _, name := range metricName.FindAllString(target.Expr, -1) {
				shown[suffix.ReplaceAllString(name, "")] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if !shown[name] && !shown[suffix.ReplaceAllString(name, "")] {
			t.Logf("%s is on no panel", name)
		}
	}
	if board.Title == "" || board.UID == "" || len(board.Panels) < 12 {
		t.Errorf("%q, %d panels", board.Title, len(board.Panels))
	}
}

// value is that of a line of what Prometheus reads.
func value(text, series string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// awaitMetric waits until a series has a value.
func awaitMetric(t *testing.T, address, series, want string) {
	t.Helper()
	got := ""
	for began := time.Now(); time.Since(began) < within; time.Sleep(50 * time.Millisecond) {
		_, text := served(t, address, "/metrics")
		if got = value(text, series); got == want {
			return
		}
	}
	t.Errorf("%s is %q, not %q", series, got, want)
}

func TestWhatHappensIsCounted(t *testing.T) {
	address := freeAddress(t)
	t.Setenv("PARLEY_HTTP_LISTEN", address)
	s := newScene(t, telegramtest.Options{})
	s.tell("/pin")
	s.pinned("none announced")
	u := s.User("Ann", "uk")
	c := s.Private(u)
	for _, text := range []string{"Скільки тривав другий раунд?", "яка погода", "/next", "/nonsense"} {
		if _, ok := s.WaitReply(s.Say(c, u, text), within); !ok {
			t.Fatalf("%s was not answered", text)
		}
	}
	for series, want := range map[string]string{
		`parley_questions_total{language="uk",network="telegram",outcome="unknown"}`: "2",
		`parley_commands_total{command="next",network="telegram"}`:                   "1",
		`parley_commands_total{command="other",network="telegram"}`:                  "1",
		`parley_commands_total{command="pin",network="telegram"}`:                    "1",
		`parley_network_connected{network="telegram"}`:                               "1",
		`parley_updates_open{network="telegram"}`:                                    "0",
		`parley_match_duration_seconds_count`:                                        "2",
		`parley_answer_duration_seconds_count{network="telegram"}`:                   "4",
		`parley_pins{network="telegram",state="true"}`:                               "1",
		`parley_store_up`: "1",
		`parley_telegram_updates_total{kind="taken"}`: "",
		`parley_base_facts`:                           "0",
	} {
		if want != "" {
			awaitMetric(t, address, series, want)
		}
	}
	_, text := served(t, address, "/metrics")
	_, types := documented(t)
	for line := range strings.Lines(text) {
		var name, kind string
		if n, _ := fmt.Sscanf(line, "# TYPE %s %s", &name, &kind); n == 2 && strings.HasPrefix(name, "parley_") && types[name] != kind {
			t.Errorf("%s is a %s, and documented as %q", name, kind, types[name])
		}
	}
	if strings.Contains(text, s.Token) || !strings.Contains(text, "go_goroutines") || !strings.Contains(text, "process_resident_memory_bytes") {
		t.Error("the token is shown, or the program's own metrics are not")
	}
	// the pin shows something else while the network does not let it be edited
	allow := s.Fail(telegramtest.Fault{Kind: telegramtest.Refuse, Method: "editMessageText", Code: 429, Text: "Too Many Requests", Retry: 2})
	s.put("ev-rome-announced", "announced", "2026-11-20", "2027-01-05")
	s.save()
	awaitMetric(t, address, `parley_pins{network="telegram",state="untrue"}`, "1")
	if _, text := served(t, address, "/metrics"); value(text, `parley_rate_limit_refusals_total{network="telegram"}`) == "0" {
		t.Error("answers 429 are not counted")
	}
	allow()
	awaitMetric(t, address, `parley_pins{network="telegram",state="true"}`, "1")
}
