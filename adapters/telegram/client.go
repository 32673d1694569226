package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"parley/bot"
)

// client is the one place where the library's BotAPI is used. It adds what
// that lacks: contexts, timeouts, a limit for bodies, errors without the token.
type client struct {
	api   tgbotapi.BotAPI
	http  *http.Client
	token string

	contact bot.Contact
}

// params are a method's parameters as the library takes them.
type params = tgbotapi.Params

const (
	callTimeout = 30 * time.Second
	maxBody     = 16 << 20 // a hundred updates of the longest texts fit
)

// The library would log addresses that contain the token.
func init() { _ = tgbotapi.SetLogger(silence{}) }

type silence struct{}

func (silence) Println(...any)        {}
func (silence) Printf(string, ...any) {}

func newClient(apiURL, token string) *client {
	c := &client{token: token, http: &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          512,
			MaxIdleConnsPerHost:   256,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
		},
		// An address to go to instead would get the token, so it is refused.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	c.api = tgbotapi.BotAPI{Token: token}
	c.api.SetAPIEndpoint(strings.ReplaceAll(apiURL, "%", "%%") + "/bot%s/%s")
	return c
}

// call carries out one method, once. Its errors are *callError.
func (c *client) call(ctx context.Context, method string, p params, timeout time.Duration) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	trip := &trip{ctx: ctx, http: c.http, body: bodyOf(p)}
	api := c.api // a copy for this call, as the library has no other place for a context
	api.Client = trip
	_, err := api.MakeRequest(method, nil)
	if trip.status > 0 && trip.status < 500 {
		c.contact.Answered()
	}
	if err != nil {
		return nil, c.explain(method, trip, err)
	}
	return trip.result, nil
}

// explain turns whatever went wrong into an error that says what became of the
// request and does not contain the token.
func (c *client) explain(method string, t *trip, err error) error {
	e := &callError{Method: method}
	var api *tgbotapi.Error
	switch {
	case errors.As(err, &api):
		e.Code, e.Text = api.Code, api.Message
		e.After = time.Duration(api.RetryAfter) * time.Second
		e.MovedTo = api.MigrateToChatID
	case t.status >= 300:
		e.Code, e.Text = t.status, http.StatusText(t.status)
	case !t.sent.Load():
		e.Text, e.Unsent = err.Error(), true
	default:
		e.Text, e.Unknown = err.Error(), true
	}
	e.Text = strings.ReplaceAll(e.Text, c.token, "TOKEN")
	e.Text = strings.ReplaceAll(e.Text, url.QueryEscape(c.token), "TOKEN")
	return e
}

// trip is the library's HTTP client for a single call.
type trip struct {
	ctx    context.Context
	http   *http.Client
	body   []byte
	sent   atomic.Bool // the request, or a part of it, has left
	status int
	result json.RawMessage
}

// Do reads the whole body, so that the connection can be used again and a
// connection that breaks in the middle is told from an answer that makes no sense.
func (t *trip) Do(req *http.Request) (*http.Response, error) {
	t.replaceBody(req)
	trace := &httptrace.ClientTrace{WroteHeaders: func() { t.sent.Store(true) }}
	resp, err := t.http.Do(req.WithContext(httptrace.WithClientTrace(t.ctx, trace)))
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	body, err := readBody(resp)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", withoutURL(err))
	}
	t.status = resp.StatusCode
	if t.result, err = resultOf(body); err == nil {
		body = []byte(`{"ok":true}`) // the library need not read a long result once more
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// replaceBody sends the parameters as JSON. The library would send a form, in which
// a Cyrillic letter takes six bytes.
func (t *trip) replaceBody(req *http.Request) {
	req.Header.Set("Content-Type", "application/json")
	req.ContentLength = int64(len(t.body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(t.body)), nil }
	req.Body, _ = req.GetBody()
}

// plain are the parameters that are texts whatever they look like.
var plain = map[string]bool{
	"text": true, "caption": true, "action": true, "callback_query_id": true, "inline_query_id": true,
	"url": true, "secret_token": true, "language_code": true,
}

func bodyOf(p params) []byte {
	size := 2
	for k, v := range p {
		size += len(k) + len(v) + 16
	}
	b := append(make([]byte, 0, size), '{')
	for k, v := range p {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), k...), '"', ':')
		if plain[k] || !isJSON(v) {
			v = jsonOf(v)
		}
		b = append(b, v...)
	}
	return append(b, '}')
}

// isJSON tells whether a parameter, which is no text, stands in JSON as it is: an
// object, a list, a truth value or a whole number.
func isJSON(v string) bool {
	switch {
	case v == "":
		return false
	case v[0] == '{', v[0] == '[', v == "true", v == "false":
		return true
	}
	n, err := strconv.ParseInt(v, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == v
}

const usualBody = 4 << 10

func readBody(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxBody {
		return nil, errTooLong
	}
	size := int64(usualBody)
	if resp.ContentLength >= 0 {
		size = resp.ContentLength + bytes.MinRead
	}
	body := bytes.NewBuffer(make([]byte, 0, size))
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, maxBody+1)); err != nil {
		return nil, err
	}
	if body.Len() > maxBody {
		return nil, errTooLong
	}
	return body.Bytes(), nil
}

var errTooLong = errors.New("the answer is too long")

// resultOf is the result in an answer that says ok.
func resultOf(body []byte) (json.RawMessage, error) {
	if rest, ok := bytes.CutPrefix(body, []byte(`{"ok":true,"result":`)); ok { // the server's usual form
		if rest, ok = bytes.CutSuffix(bytes.TrimSpace(rest), []byte("}")); ok && (isMessage(rest) || json.Valid(rest)) {
			return rest, nil
		}
	}
	var r struct {
		OK     bool            `json:"ok"`
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(body, &r); err != nil || !r.OK {
		return nil, errors.New("no result")
	}
	return r.Result, nil
}

// isMessage tells whether a result is a message that begins with its id, of which
// no more is read.
func isMessage(result json.RawMessage) bool {
	_, ok := leading(result, idFirst)
	return ok && bytes.HasSuffix(result, []byte("}"))
}

// withoutURL removes the address, which contains the token, from an error.
func withoutURL(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// jsonOf encodes a parameter. What is encoded here has no cycles or channels,
// so it cannot fail.
func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(b)
}
