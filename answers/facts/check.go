package facts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Undated is the date of a source whose page shows none.
const Undated = "undated"

// Unpublished is the number of an exchange that neither side published.
const Unpublished = "unpublished"

// Sum is the mark of an English text and short form that a translation carries
// in translated_from, so that a later change of the English is noticed.
func Sum(text, short Text) string {
	h := sha256.Sum256([]byte(text[0] + "\n" + short[0]))
	return hex.EncodeToString(h[:3])
}

// Check proves a base that Load has read: every problem, in the order of the
// files. A base without problems is safe to answer from.
func Check(b *Base) Problems {
	c := checker{b: b}
	if !isDate(b.AsOf) || len(b.AsOf) != len("2006-01-02") {
		c.problems = append(c.problems, Problem{Message: "no file says as_of: YYYY-MM-DD, the day to which the facts reach"})
	}
	terms := make(map[*Fact]bool, len(b.Terms)) // defined in our own words, without sources
	for _, t := range b.Terms {
		terms[&t.Fact] = true
	}
	for f := range b.All {
		c.fact(f, !terms[f])
	}
	for _, p := range b.People {
		c.person(p)
	}
	for _, p := range b.Places {
		c.names(p.Pos, p.Names)
	}
	for _, t := range b.Terms {
		c.names(t.Pos, t.Names)
	}
	for _, m := range b.Meetings {
		c.meeting(m)
	}
	for _, e := range b.Events {
		c.event(e)
	}
	for _, x := range b.Exchanges {
		c.exchange(x)
	}
	for _, t := range b.Topics {
		c.topic(t)
	}
	c.problems.sort()
	return c.problems
}

type checker struct {
	b        *Base
	problems Problems
}

func (c *checker) bad(p Pos, format string, args ...any) {
	c.problems = append(c.problems, Problem{p, fmt.Sprintf(format, args...)})
}

var (
	idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,49}$`)
	sides  = []string{"", "ukraine", "russia", "turkey", "us", "europe", "both", "us-russia", "us-ukraine", "multiple", "none"}
	rounds = []string{"", "2022", "1", "2", "3"}
)

func (c *checker) fact(f *Fact, sourced bool) {
	for _, id := range append([]string{f.ID}, f.Aliases...) {
		if !idForm.MatchString(id) {
			c.bad(f.Pos, "id %q should be 1 to 50 of a-z, 0-9 and -", id)
		}
	}
	c.oneOf(f.Pos, "side", f.Side, sides)
	c.oneOf(f.Pos, "round", f.Round, rounds)
	c.oneOf(f.Pos, "status", string(f.Status), []string{string(Confirmed), string(Claimed), string(Disputed), string(Reported)})
	if f.Meeting != "" && c.meetingOf(f.Meeting) == nil {
		c.bad(f.Pos, "%s: meeting %q does not exist", f.ID, f.Meeting)
	}
	for _, d := range [...]struct{ key, date string }{{"date", f.Date}, {"from", f.From}, {"until", f.Until}} {
		if d.date != "" && !isDate(d.date) {
			c.bad(f.Pos, "%s: %s %q is not a day, month or year that exists", f.ID, d.key, d.date)
		}
	}
	if f.Tells != "" {
		c.refs(f.Pos, f.ID, []string{f.Tells})
	}
	if f.Tells == "" || f.Text != (Text{}) {
		c.text(f.Pos, f.ID, "text", f.Text, MaxText)
		c.text(f.Pos, f.ID, "short", f.Short, MaxShort)
		c.translated(f)
	}
	if f.Status != Confirmed && f.Status != "" || f.By != (Text{}) {
		c.text(f.Pos, f.ID, "by (who says so)", f.By, MaxShort*2)
	}
	if sourced && len(f.Sources) == 0 {
		c.bad(f.Pos, "%s has no sources", f.ID)
	}
	for i, s := range f.Sources {
		c.source(f, i, s)
	}
}

func (c *checker) translated(f *Fact) {
	if want := Sum(f.Text, f.Short); f.Of != want {
		c.bad(f.Pos, "%s: the English text has changed since it was translated; check the translations, then write translated_from: %s", f.ID, want)
	}
	c.figures(f)
}

func (c *checker) oneOf(p Pos, key, got string, known []string) {
	if !slices.Contains(known, got) {
		c.bad(p, "%s %q should be one of: %s", key, got, strings.TrimPrefix(strings.Join(known, ", "), ", "))
	}
}

func (c *checker) text(p Pos, id, key string, t Text, limit int) {
	for i, lang := range Languages {
		s := t[i]
		if s == "" {
			c.bad(p, "%s: %s is missing in %s", id, key, lang)
			continue
		}
		if n := utf8.RuneCountInString(s); n > limit {
			c.bad(p, "%s: %s in %s has %d characters, %d more than the limit of %d", id, key, lang, n, n-limit, limit)
		}
		if msg := odd(s); msg != "" {
			c.bad(p, "%s: %s in %s %s", id, key, lang, msg)
		}
	}
}

// odd says what is suspicious about the characters of a text, if anything.
func odd(s string) string {
	var latin, cyrillic bool
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return "has a broken character"
		case r != '\n' && unicode.IsControl(r):
			return fmt.Sprintf("has the control character %U", r)
		case unicode.Is(unicode.Bidi_Control, r), r == '\u200b', r == '\u200d', r == '\ufeff', r == '\u00ad':
			return fmt.Sprintf("has the invisible character %U", r)
		case unicode.IsLetter(r):
			latin = latin || unicode.Is(unicode.Latin, r)
			cyrillic = cyrillic || unicode.Is(unicode.Cyrillic, r)
			if latin && cyrillic {
				return "has a word of Latin and Cyrillic letters mixed, look-alikes perhaps"
			}
			if !unicode.Is(unicode.Latin, r) && !unicode.Is(unicode.Cyrillic, r) {
				return fmt.Sprintf("has the letter %q of another script", r)
			}
		default:
			latin, cyrillic = false, false
		}
	}
	return ""
}

// figures compares the figures with the numbers of the texts, and the numbers
// of the translations with those of the original.
func (c *checker) figures(f *Fact) {
	var nums [len(Languages)]map[string]bool
	for i := range Languages {
		nums[i] = Numbers(f.Text[i])
	}
	for _, g := range f.Figures {
		for want := range Numbers(g.Value) {
			for i, lang := range Languages {
				if !small(want) && f.Text[i] != "" && !nums[i][want] {
					c.bad(g.Pos, "%s: figure %s is %s, which the text in %s does not say", f.ID, g.Name, g.Value, lang)
				}
			}
		}
	}
	for i, lang := range Languages[1:] {
		if f.Text[i+1] == "" {
			continue
		}
		if diff := missing(nums[0], nums[i+1]); diff != "" {
			c.bad(f.Pos, "%s: the text in %s lacks the number %s of the English one", f.ID, lang, diff)
		}
		if diff := missing(nums[i+1], nums[0]); diff != "" {
			c.bad(f.Pos, "%s: the text in %s has the number %s, which the English one lacks", f.ID, lang, diff)
		}
	}
}

func missing(want, have map[string]bool) string {
	var out []string
	for n := range want {
		if !have[n] && !small(n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// small tells whether people write the number as a word as often as in digits.
func small(n string) bool { return len(n) == 1 || n == "10" || n == "11" || n == "12" || n == "100" }

var (
	numberForm = regexp.MustCompile(`\d+(?:[\s\x{a0}\x{202f}.,]\d{3})*(?:[.,:]\d+)?`)
	thousands  = regexp.MustCompile(`[\s\x{a0}\x{202f}.,](\d{3})`)
)

// Numbers returns the numbers in a text in one form: thousands joined, 20:37
// and 20.37 as 20 and 37, decimals as their two parts.
func Numbers(s string) map[string]bool {
	out := make(map[string]bool)
	for _, m := range numberForm.FindAllString(s, -1) {
		if isThousands(m) {
			m = thousands.ReplaceAllString(m, "$1")
		}
		for part := range strings.FieldsFuncSeq(m, func(r rune) bool { return r < '0' || r > '9' }) {
			if t := strings.TrimLeft(part, "0"); t != "" {
				out[t] = true
			}
		}
	}
	return out
}

var groupedForm = regexp.MustCompile(`^[1-9]\d{0,2}(?:[\s\x{a0}\x{202f}.,]\d{3})+$`)

func isThousands(s string) bool { return groupedForm.MatchString(s) }

func (c *checker) source(f *Fact, i int, s Source) {
	if s.Publisher == "" || s.Title == "" {
		c.bad(f.Pos, "%s: source %d lacks its publisher or title", f.ID, i+1)
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		c.bad(f.Pos, "%s: source %d has no url that can be opened: %q", f.ID, i+1, s.URL)
	}
	if s.Date != Undated && !isDate(s.Date) {
		c.bad(f.Pos, "%s: source %d has no date; write the day of the page, or %q if it shows none", f.ID, i+1, Undated)
	}
	if msg := odd(s.Title); msg != "" {
		c.bad(f.Pos, "%s: title of source %d %s", f.ID, i+1, msg)
	}
}

func (c *checker) names(p Pos, t Text) {
	for i, lang := range Languages {
		if t[i] == "" {
			c.bad(p, "the name is missing in %s", lang)
		}
	}
}

func (c *checker) person(p *Person) {
	c.names(p.Pos, p.Names)
	for _, r := range p.Roles {
		if !isDate(r.AsOf) {
			c.bad(p.Pos, "%s: role as of %q, which is no date", p.ID, r.AsOf)
		}
		c.text(p.Pos, p.ID, "role", r.Role, MaxText)
	}
	for _, r := range p.Delegate {
		c.oneOf(p.Pos, "delegate_in", r, rounds)
	}
}

func (c *checker) meeting(m *Meeting) {
	for _, d := range m.Dates {
		if !isDate(d) {
			c.bad(m.Pos, "%s: date %q does not exist", m.ID, d)
		}
	}
	if len(m.Dates) == 0 && m.Held {
		c.bad(m.Pos, "%s: held, but without dates", m.ID)
	}
	c.refs(m.Pos, m.ID, m.Proposals, m.Agreed, m.NotAgreed, m.Outcome, m.Next)
	for _, ids := range m.Agenda {
		c.refs(m.Pos, m.ID, ids)
	}
	for _, g := range m.Delegations {
		for _, d := range g.Members {
			if d.Person != "" && c.b.Find(d.Person) == nil {
				c.bad(m.Pos, "%s: person %q does not exist", m.ID, d.Person)
			}
			if d.Person == "" && d.Name == "" {
				c.bad(m.Pos, "%s: a delegate without person or name", m.ID)
			}
		}
	}
}

func (c *checker) event(e *Event) {
	c.oneOf(e.Pos, "kind", string(e.Kind), []string{string(Announced), string(Approved), string(Moved), string(Postponed), string(Cancelled), string(Held)})
	for _, d := range [...]string{e.AnnouncedOn, e.ForDate} {
		if d != "" && !isDate(d) {
			c.bad(e.Pos, "%s: date %q does not exist", e.ID, d)
		}
	}
	if _, err := time.Parse("15:04", e.ForTime); e.ForTime != "" && (err != nil || e.ForDate == "") {
		c.bad(e.Pos, "%s: for_time %q should be an hour as 15:04, beside a for_date", e.ID, e.ForTime)
	}
	if _, err := time.LoadLocation(e.Zone); err != nil {
		c.bad(e.Pos, "%s: zone %q should be one as Europe/Istanbul", e.ID, e.Zone)
	}
}

func (c *checker) exchange(x *Exchange) {
	c.oneOf(x.Pos, "kind", x.Kind, []string{"prisoners", "bodies"})
	if !isDate(x.Date) {
		c.bad(x.Pos, "date %q does not exist", x.Date)
	}
	for _, n := range [...]string{x.Ukraine, x.Russia} {
		if n != Unpublished && strings.Trim(n, "0123456789") != "" || n == "" {
			c.bad(x.Pos, "number %q should be digits, or %q", n, Unpublished)
		}
	}
	c.refs(x.Pos, "exchange of "+x.Date, []string{x.Fact})
}

func (c *checker) topic(t *Topic) {
	if !idForm.MatchString(t.ID) {
		c.bad(t.Pos, "topic id %q should be 1 to 50 of a-z, 0-9 and -", t.ID)
	}
	if c.b.Find(t.ID) != nil {
		c.bad(t.Pos, "topic %q has the id of a fact", t.ID)
	}
	c.text(t.Pos, t.ID, "title", t.Title, MaxShort)
	if len(t.Facts) == 0 {
		c.bad(t.Pos, "topic %s lists no facts", t.ID)
	}
	c.refs(t.Pos, t.ID, t.Facts)
}

func (c *checker) refs(p Pos, id string, lists ...[]string) {
	for _, ids := range lists {
		for _, ref := range ids {
			if c.b.Find(ref) == nil {
				c.bad(p, "%s: there is no fact %q", id, ref)
			}
		}
	}
}

func (c *checker) meetingOf(id string) *Meeting {
	for _, m := range c.b.Meetings {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// isDate accepts 2025, 2025-05 and 2025-05-16 where they exist.
func isDate(s string) bool {
	for _, form := range [...]string{"2006-01-02", "2006-01", "2006"} {
		if len(s) == len(form) {
			_, err := time.Parse(form, s)
			return err == nil
		}
	}
	return false
}
