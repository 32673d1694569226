package facts

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// sound is a small base without problems.
const sound = `as_of: 2026-06-16
facts:
  - id: venue
    round: 1
    side: turkey
    date: 2025-05-16
    status: confirmed
    figures:
      visitors: {value: 1200, unit: persons}
    text:
      en: The first round was held in a palace before 1,200 guests.
      uk: Перший раунд відбувся в палаці перед 1200 гостями.
      ru: Первый раунд прошёл во дворце перед 1200 гостями.
      tr: Birinci tur 1.200 konuk önünde bir sarayda yapıldı.
    short: {en: A palace, uk: Палац, ru: Дворец, tr: Bir saray}
    translated_from: %s
    sources:
      - {publisher: P, title: T, url: 'https://example.org/a', date: 2025-05-16}
`

func soundBase() string {
	en := Text{"The first round was held in a palace before 1,200 guests."}
	return fmt.Sprintf(sound, Sum(en, Text{"A palace"}))
}

func problemsOf(text string) (out []string) {
	b, ps := Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}})
	for _, p := range append(ps, Check(b)...) {
		out = append(out, p.String())
	}
	return out
}

func TestASoundBaseHasNoProblems(t *testing.T) {
	if ps := problemsOf(soundBase()); len(ps) > 0 {
		t.Error(ps)
	}
}

func TestEachProblemIsNamedWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"unknown key":           {"    side: turkey", "    sied: turkey", `a.yaml:5:5: unknown key "sied", did you mean "side"?`},
		"wrong type":            {"    round: 1", "    round: [1]", "a.yaml:4:12: should be a text, but is a list"},
		"key twice":             {"    round: 1", "    round: 1\n    round: 2", `a.yaml:5:5: key "round" is given twice`},
		"missing translation":   {"      tr: Birinci tur 1.200 konuk önünde bir sarayda yapıldı.\n", "", "a.yaml:3:5: venue: text is missing in tr"},
		"bad status":            {"status: confirmed", "status: sure", `a.yaml:3:5: status "sure" should be one of`},
		"date that is none":     {"date: 2025-05-16\n    status", "date: 2025-02-30\n    status", `a.yaml:3:5: venue: date "2025-02-30" is not a day`},
		"figure not in text":    {"value: 1200", "value: 1300", "a.yaml:9:7: venue: figure visitors is 1300, which the text in en does not say"},
		"number in one tongue":  {"перед 1200 гостями.\n      ru", "перед 1201 гостями.\n      ru", "venue: the text in uk lacks the number 1200"},
		"source without url":    {"url: 'https://example.org/a'", "url: ''", "a.yaml:3:5: venue: source 1 has no url"},
		"source without date":   {", date: 2025-05-16}", "}", "a.yaml:3:5: venue: source 1 has no date"},
		"too long":              {"en: A palace", "en: " + strings.Repeat("long ", 30), "venue: short in en has 149 characters, 69 more than the limit of 80"},
		"bidirectional mark":    {"uk: Палац", "uk: \"Пал\u202eац\"", "venue: short in uk has the invisible character U+202E"},
		"look-alike letters":    {"uk: Палац", "uk: Пaлац", "venue: short in uk has a word of Latin and Cyrillic letters mixed"},
		"control character":     {"uk: Палац", "uk: \"Пал\\u0007ац\"", "venue: short in uk has the control character U+0007"},
		"contested without by":  {"status: confirmed", "status: disputed", "venue: by (who says so) is missing in en"},
		"translation older":     {"held in a palace before", "held in a big palace before", "venue: the English text has changed since it was translated"},
		"meeting that is none":  {"    round: 1", "    round: 1\n    meeting: nowhere", `venue: meeting "nowhere" does not exist`},
		"anchors":               {"  - id: venue", "  - &x\n    id: venue", "anchors and aliases"},
		"no day of the base":    {"as_of: 2026-06-16\n", "", "no file says as_of"},
		"broken YAML":           {"    round: 1", "    round: [1", "a.yaml:3:1: did not find expected"},
		"id with odd letters":   {"id: venue", "id: Venue!", `id "Venue!" should be`},
		"reference to nothing":  {"as_of: 2026-06-16\n", "as_of: 2026-06-16\ntopics:\n  - id: t\n    title: {en: a, uk: б, ru: б, tr: a}\n    facts: [nothing]\n", `t: there is no fact "nothing"`},
		"exchange without fact": {"as_of: 2026-06-16\n", "as_of: 2026-06-16\nexchanges:\n  - {date: 2025-05-23, kind: prisoners, ukraine: some, russia: 3, fact: venue}\n", `number "some" should be digits`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(soundBase(), c.from, c.to, 1)
			if text == soundBase() {
				t.Fatal("the case changes nothing")
			}
			ps := problemsOf(text)
			for _, p := range ps {
				if strings.Contains(p, c.want) {
					return
				}
			}
			t.Errorf("want %q among %q", c.want, ps)
		})
	}
}

func TestTheSameIDTwiceIsAProblem(t *testing.T) {
	_, ps := Load(fstest.MapFS{"a.yaml": {Data: []byte(soundBase())}, "b.yaml": {Data: []byte(soundBase())}})
	if len(ps) == 0 || ps[0].String() != `b.yaml:3:5: id "venue" is already used at a.yaml:3:5` {
		t.Error(ps)
	}
}

func TestAHostileFileIsRefusedQuickly(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	deep := strings.Repeat("- ", 30_000) + "x\n"
	for name, data := range map[string][]byte{
		"alias bomb":     []byte(bomb),
		"deep brackets":  []byte("facts: " + strings.Repeat("[", 100_000)),
		"deep lists":     []byte(deep),
		"100 MB":         bytes.Repeat([]byte("# padding\n"), 10<<20),
		"invalid UTF-8":  []byte("as_of: \xff\xfe\n"),
		"NUL":            []byte("as_of: \x00\n"),
		"empty":          {},
		"a single value": []byte("hello"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			b, ps := Load(fstest.MapFS{"a.yaml": {Data: data}})
			if ps = append(ps, Check(b)...); len(ps) == 0 {
				t.Error("not refused")
			}
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("took %s", d)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(soundBase())
	f.Add("facts:\n  - id: x\n    text: {en: a}\n")
	f.Add("people: [{id: a, roles: [{as_of: 1}]}]\nmeetings: [{delegations: [{members: [{}]}]}]")
	f.Fuzz(func(t *testing.T, text string) {
		b, _ := Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}})
		Check(b)
	})
}

// manyFacts is a base n times as large as the one we have.
func manyFacts(tb testing.TB, n int) fs.FS {
	tb.Helper()
	out := fstest.MapFS{}
	names, _ := fs.Glob(Embedded, "*.yaml")
	ids := make(map[string]bool)
	for id := range loaded(tb).byID {
		ids[id] = true
	}
	for _, name := range names {
		data, err := Embedded.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		if !bytes.Contains(data, []byte("\nfacts:")) {
			out[name] = &fstest.MapFile{Data: data}
			continue
		}
		for i := range n {
			text := data
			if i > 0 {
				lines := strings.Split(string(data), "\n")
				for j, l := range lines {
					if id, ok := strings.CutPrefix(l, "  - id: "); ok {
						lines[j] = fmt.Sprintf("  - id: %s-x%d", id, i)
					} else if strings.HasPrefix(l, "    aliases:") || strings.HasPrefix(l, "    meeting:") {
						lines[j] = ""
					}
				}
				text = []byte(strings.Join(lines, "\n"))
			}
			out[fmt.Sprintf("%s-%03d.yaml", strings.TrimSuffix(name, ".yaml"), i)] = &fstest.MapFile{Data: text}
		}
	}
	return out
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range [...]int{1, 10, 21} {
		fsys := manyFacts(b, n)
		b.Run(fmt.Sprintf("facts=%d", 480*n), func(b *testing.B) {
			for b.Loop() {
				base, ps := Load(fsys)
				if ps = append(ps, Check(base)...); len(ps) > 0 {
					b.Fatal(ps)
				}
			}
		})
	}
}
