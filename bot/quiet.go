package bot

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Quiet are the hours of the day in which a chat is not told anything. The zero
// value is none.
type Quiet struct {
	From, To int // full hours
	Zone     string
}

var quietForm = regexp.MustCompile(`^([01]?\d|2[0-4])(?::00)?-([01]?\d|2[0-4])(?::00)? ?(\S*)$`)

// ParseQuiet reads "22-07 Europe/Kyiv". Without a zone it is UTC.
func ParseQuiet(s string) (Quiet, error) {
	if s == "" {
		return Quiet{}, nil
	}
	m := quietForm.FindStringSubmatch(s)
	if m == nil {
		return Quiet{}, fmt.Errorf("quiet hours %q are not as 22-07 Europe/Kyiv", s)
	}
	from, _ := strconv.Atoi(m[1]) // the form has digits only
	to, _ := strconv.Atoi(m[2])
	q := Quiet{from % 24, to % 24, m[3]}
	if q.Zone == "" {
		q.Zone = "UTC"
	}
	if _, err := time.LoadLocation(q.Zone); err != nil {
		return Quiet{}, fmt.Errorf("time zone %q does not exist", q.Zone)
	}
	if q.From == q.To {
		return Quiet{}, fmt.Errorf("quiet hours %q have no end", s)
	}
	return q, nil
}

func (q Quiet) String() string {
	if q.From == q.To {
		return ""
	}
	return fmt.Sprintf("%02d-%02d %s", q.From, q.To, q.Zone)
}

// Left is how long the quiet hours still last at a moment; zero outside them.
func (q Quiet) Left(now time.Time) time.Duration {
	zone, err := time.LoadLocation(q.Zone)
	if q.From == q.To || err != nil {
		return 0
	}
	t := now.In(zone)
	h := t.Hour()
	within := h >= q.From && h < q.To
	if q.From > q.To {
		within = h >= q.From || h < q.To
	}
	if !within {
		return 0
	}
	end := time.Date(t.Year(), t.Month(), t.Day(), q.To, 0, 0, 0, zone)
	if !end.After(t) {
		end = time.Date(t.Year(), t.Month(), t.Day()+1, q.To, 0, 0, 0, zone)
	}
	return end.Sub(t)
}
