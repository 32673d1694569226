package slots

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	isoDate    = regexp.MustCompile(`\b(20\d\d)-(\d\d)(?:-(\d\d))?\b`)
	dottedDate = regexp.MustCompile(`(?:^|[^\d.,:/])(\d{1,2})[./](\d{1,2})(?:[./](20\d\d|\d\d))?(?:$|[^\d:/])`)
)

// dates finds days, months and years in every usual form: "2 June 2025",
// "June 2nd", "2 июня", "2 Haziran'da", "02.06", "2025-06-02", "in July".
func (r *Reader) dates(raw string, words, skels []string) (out []Date) {
	if hasNumericDate(raw) {
		out = numeric(raw)
	}
	used := make(map[int]bool)
	for i, k := range skels {
		m := r.months.find(k)
		if m == 0 || k == "mai" && !mayIsMonth(words, skels, i) {
			continue
		}
		d := Date{Month: m}
		if i > 0 {
			if n := dayAt(words, i-1); n > 0 {
				d.Day, used[i-1] = n, true
			} else if i > 1 && len(skels[i-1]) <= 3 { // "2-го июня", "2nd of June"
				if n := dayAt(words, i-2); n > 0 {
					d.Day, used[i-2] = n, true
				}
			}
			if d.Day == 0 && i > 2 && skels[i-1] == "of" {
				if n := dayAt(words, i-3); n > 0 {
					d.Day, used[i-3] = n, true
				}
			}
		}
		if d.Day == 0 && i+1 < len(words) {
			if n := dayAt(words, i+1); n > 0 && !nextIsMonth(r, skels, i+1) {
				d.Day, used[i+1] = n, true
			}
		}
		for j := i + 1; j < len(words) && j <= i+3; j++ {
			if y := yearAt(words[j]); y > 0 {
				d.Year, used[j] = y, true
				break
			}
		}
		if d.Year == 0 && i > 0 {
			if y := yearAt(words[i-1]); y > 0 { // "2025 июнь", "2025 yılı haziran"
				d.Year, used[i-1] = y, true
			}
		}
		out = append(out, d)
	}
	if len(out) == 0 || out[0].Year == 0 {
		for i, w := range words {
			if y := yearAt(w); y > 0 && !used[i] {
				if len(out) == 1 && out[0].From == "" {
					out[0].Year = y
				} else {
					out = append(out, Date{Year: y})
				}
				break
			}
		}
	}
	return out
}

// hasNumericDate tells whether a separator stands between two digits; only then
// is it worth while to look closer.
func hasNumericDate(s string) bool {
	for i := 1; i+1 < len(s); i++ {
		switch s[i] {
		case '.', '/', '-':
			if s[i-1] >= '0' && s[i-1] <= '9' && s[i+1] >= '0' && s[i+1] <= '9' {
				return true
			}
		}
	}
	return false
}

func numeric(raw string) (out []Date) {
	for _, m := range isoDate.FindAllStringSubmatch(raw, 4) {
		out = append(out, valid(m[1], m[2], m[3])...)
	}
	if len(out) > 0 {
		return out
	}
	for _, m := range dottedDate.FindAllStringSubmatch(raw, 4) {
		y := m[3]
		if len(y) == 2 {
			y = "20" + y
		}
		out = append(out, valid(y, m[2], m[1])...)
	}
	return out
}

func valid(year, month, day string) []Date {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	if m < 1 || m > 12 || d > 31 || d == 0 && day != "" {
		return nil
	}
	return []Date{{Year: y, Month: m, Day: d}}
}

// mayIsMonth tells the month from the English verb.
func mayIsMonth(words, skels []string, i int) bool {
	if words[i] != "may" {
		return true // май, мае, мая
	}
	if i+1 == len(words) || isNumber(words[i+1]) {
		return true
	}
	if i == 0 {
		return false
	}
	switch words[i-1] {
	case "in", "of", "since", "until", "till", "by", "last", "this", "early", "late", "mid", "on", "from", "to", "before", "after", "th", "st", "nd", "rd":
		return true
	}
	return isNumber(words[i-1])
}

func nextIsMonth(r *Reader, skels []string, i int) bool {
	return i+1 < len(skels) && r.months.find(skels[i+1]) != 0
}

func dayAt(words []string, i int) int {
	if i < 0 || i >= len(words) || len(words[i]) > 2 || !isNumber(words[i]) {
		return 0
	}
	n, err := strconv.Atoi(words[i])
	if err != nil || n < 1 || n > 31 {
		return 0
	}
	return n
}

func yearAt(w string) int {
	if len(w) == 4 && strings.HasPrefix(w, "20") {
		if n, err := strconv.Atoi(w); err == nil && n >= 2014 && n <= 2030 {
			return n
		}
	}
	return 0
}

// spans finds phrases such as "last week" and "geçen yaz", seen from now.
func (r *Reader) spans(skels []string, now time.Time) (out []Date) {
	for i, k := range skels {
		for _, p := range r.relative[k] {
			if hasPrefix(skels[i:], p.words) {
				from, to := span(p.what, now)
				out = append(out, Date{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly)})
			}
		}
	}
	return out
}

func span(what string, now time.Time) (from, to time.Time) {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	first := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
	year := time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	switch what {
	case "yesterday":
		return day.AddDate(0, 0, -1), day.AddDate(0, 0, -1)
	case "tomorrow":
		return day.AddDate(0, 0, 1), day.AddDate(0, 0, 1)
	case "last_week":
		return monday.AddDate(0, 0, -7), monday.AddDate(0, 0, -1)
	case "this_week":
		return monday, monday.AddDate(0, 0, 6)
	case "next_week":
		return monday.AddDate(0, 0, 7), monday.AddDate(0, 0, 13)
	case "last_month":
		return first.AddDate(0, -1, 0), first.AddDate(0, 0, -1)
	case "this_month":
		return first, first.AddDate(0, 1, -1)
	case "next_month":
		return first.AddDate(0, 1, 0), first.AddDate(0, 2, -1)
	case "last_year":
		return year.AddDate(-1, 0, 0), year.AddDate(0, 0, -1)
	case "this_year":
		return year, year.AddDate(1, 0, -1)
	case "last_spring":
		return season(day, time.March)
	case "last_summer":
		return season(day, time.June)
	case "last_autumn":
		return season(day, time.September)
	case "last_winter":
		return season(day, time.December)
	}
	return day, day
}

// season returns the latest season of three months that began in month and was
// over before day.
func season(day time.Time, month time.Month) (from, to time.Time) {
	from = time.Date(day.Year(), month, 1, 0, 0, 0, 0, time.UTC)
	for !from.AddDate(0, 3, 0).Before(day) {
		from = from.AddDate(-1, 0, 0)
	}
	return from, from.AddDate(0, 3, -1)
}

// Covers tells whether an ISO date, month or year lies within d, as far as
// both say.
func (d Date) Covers(iso string) bool {
	if d.From != "" {
		return len(iso) == len(time.DateOnly) && d.From <= iso && iso <= d.To
	}
	return part(iso, 0, 4, d.Year) && part(iso, 5, 7, d.Month) && part(iso, 8, 10, d.Day)
}

// part tells whether the digits of an ISO date from one place to another are
// want; zero is anything.
func part(iso string, from, to, want int) bool {
	if want == 0 {
		return true
	}
	if len(iso) < to {
		return false
	}
	n := 0
	for _, c := range []byte(iso[from:to]) {
		n = 10*n + int(c-'0')
	}
	return n == want
}
