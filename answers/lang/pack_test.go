package lang

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func packs(t *testing.T) Packs {
	t.Helper()
	ps, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func TestEveryLanguageHasEveryPhraseWithItsPlaceholders(t *testing.T) {
	ps := packs(t)
	en := ps["en"]
	for _, code := range Codes[1:] {
		p := ps[code]
		if got, want := p.Keys(), en.Keys(); !slices.Equal(got, want) {
			t.Errorf("%s: keys differ from English: %v", code, difference(want, got))
		}
		for _, key := range en.Keys() {
			want := placeholders(en.phrases[key][anyForm])
			for form, s := range p.phrases[key] {
				if s == "" {
					t.Errorf("%s: %s (%s) is empty", code, key, form)
				}
				if got := placeholders(s); !slices.Equal(got, want) {
					t.Errorf("%s: %s (%s) has placeholders %v, English has %v", code, key, form, got, want)
				}
			}
		}
	}
}

func TestEveryPluralFormIsThere(t *testing.T) {
	forms := map[string][]string{"en": {"one", "other"}, "tr": {"one", "other"},
		"uk": {"few", "many", "one", "other"}, "ru": {"few", "many", "one", "other"}}
	for code, p := range packs(t) {
		for key, ph := range p.phrases {
			if len(ph) > 1 && !slices.Equal(slices.Sorted(maps.Keys(ph)), forms[code]) {
				t.Errorf("%s: %s has forms %v, the language has %v", code, key, slices.Sorted(maps.Keys(ph)), forms[code])
			}
		}
	}
}

func TestCountFollowsTheRulesOfTheLanguage(t *testing.T) {
	ps := packs(t)
	for _, c := range []struct {
		code string
		n    int
		want string
	}{
		{"en", 1, "1 fact"}, {"en", 2, "2 facts"},
		{"uk", 1, "1 факт"}, {"uk", 3, "3 факти"}, {"uk", 11, "11 фактів"}, {"uk", 21, "21 факт"},
		{"ru", 2, "2 факта"}, {"ru", 5, "5 фактов"}, {"ru", 112, "112 фактов"},
		{"tr", 1, "1 bilgi"}, {"tr", 7, "7 bilgi"},
	} {
		if got := ps[c.code].Count("facts.count", c.n, nil); got != c.want {
			t.Errorf("%s %d: got %q, want %q", c.code, c.n, got, c.want)
		}
	}
}

func TestDatesAreWrittenAsTheLanguageDoes(t *testing.T) {
	ps := packs(t)
	for _, c := range []struct{ code, iso, want string }{
		{"en", "2025-06-02", "2 June 2025"}, {"uk", "2025-06-02", "2 червня 2025 року"},
		{"ru", "2025-05-16", "16 мая 2025 года"}, {"tr", "2025-07-23", "23 Temmuz 2025"},
		{"uk", "2025-11", "листопад 2025 року"}, {"en", "2014", "2014"}, {"en", "soon", "soon"},
	} {
		if got := ps[c.code].Date(c.iso); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.code, c.iso, got, c.want)
		}
	}
}

func placeholders(s string) []string {
	out := placeholder.FindAllString(s, -1)
	slices.Sort(out)
	return slices.Compact(out)
}

func difference(a, b []string) string {
	var out []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, "-"+x)
		}
	}
	for _, x := range b {
		if !slices.Contains(a, x) {
			out = append(out, "+"+x)
		}
	}
	return strings.Join(out, " ")
}
