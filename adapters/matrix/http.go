package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"parley/bot"
)

// How long one attempt of a request may take. A long poll is answered after
// pollTime by the homeserver itself; a first sync takes as long as it takes.
const (
	pollTime      = 30 * time.Second
	requestTime   = 45 * time.Second
	syncTime      = pollTime + 45*time.Second
	firstSyncTime = 15 * time.Minute
	maxErrorBody  = 64 << 10
	maxBody       = 256 << 20
)

// transport mends what mautrix does not do: it reads retry_after_ms from the
// body, retries 500 like the other server errors, and gives up an attempt
// whose connection has gone dead.
type transport struct {
	next http.RoundTripper
	seen *traffic
}

// traffic is what is seen of the homeserver.
type traffic struct {
	contact         bot.Contact
	limited, waited atomic.Int64 // answers 429, and how many nanoseconds they ask to wait in all
	ahead           atomic.Int64 // how many nanoseconds its clock is ahead of ours, if by much
}

func newTransport(seen *traffic) *transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	return &transport{t, seen}
}

// note sees whether the homeserver answers. A failure counts where the bot asks
// for news, or has not come so far: it asks all the time, and others are retried.
func (t *traffic) note(req *http.Request, status int) {
	switch {
	case status > 0 && status < 500:
		t.contact.Answered()
	case req.Context().Err() == nil && (isSync(req) || !t.contact.Connection().Up):
		t.contact.Failed()
	}
}

// noteClock sees what time it is there. That comes in whole seconds, so a small
// difference is taken for none.
func (t *traffic) noteClock(resp *http.Response) {
	now, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return
	}
	ahead := time.Until(now)
	if ahead.Abs() < clockSkew {
		ahead = 0
	}
	t.ahead.Store(int64(ahead))
}

func isSync(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/sync") }

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), patienceFor(req))
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		t.seen.note(req, 0)
		cancel()
		return nil, err
	}
	t.seen.note(req, resp.StatusCode)
	t.seen.noteClock(resp)
	resp.Body = &body{resp.Body, cancel}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		err = honourBody(resp)
		t.seen.limited.Add(1)
		if secs, e := strconv.Atoi(resp.Header.Get("Retry-After")); e == nil && secs > 0 {
			t.seen.waited.Add(int64(secs) * int64(time.Second))
		}
	case http.StatusInternalServerError:
		// mautrix retries 502 to 504. All that is sent here may be repeated:
		// events carry transaction ids, logins their device.
		resp.StatusCode = http.StatusServiceUnavailable
	}
	return resp, err
}

func patienceFor(req *http.Request) time.Duration {
	switch {
	case !isSync(req):
		return requestTime
	case req.URL.Query().Has("since"):
		return syncTime
	}
	return firstSyncTime
}

// honourBody sets the Retry-After header from the body if only that says it.
func honourBody(resp *http.Response) error {
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		resp.Body.Close()
		return err
	}
	whole := resp.Body
	resp.Body = &body{io.NopCloser(bytes.NewReader(data)), func() { whole.Close() }}
	if resp.Header.Get("Retry-After") != "" {
		return nil
	}
	var said struct {
		Millis float64 `json:"retry_after_ms"`
	}
	if json.Unmarshal(data, &said) == nil && said.Millis > 0 && said.Millis < 1e9 {
		secs := int((said.Millis + 999) / 1000)
		resp.Header.Set("Retry-After", strconv.Itoa(secs))
	}
	return nil
}

// body frees the timer of its request when it is closed.
type body struct {
	io.ReadCloser
	done func()
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}
