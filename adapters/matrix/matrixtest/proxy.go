package matrixtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Fault is what goes wrong with a request. The zero value is nothing.
type Fault struct {
	Status     int               // answered instead of the homeserver
	Header     map[string]string // of that answer
	Body       string            // of that answer
	Delay      time.Duration     // before anything else
	CutBefore  bool              // the connection breaks before the request is passed on
	CutAfter   bool              // it breaks once the homeserver has done what was asked
	RewriteRsp func([]byte) []byte
}

// Proxy stands between the bot and its homeserver, and misbehaves when asked.
type Proxy struct {
	URL string

	mu    sync.Mutex
	fault func(*http.Request) Fault
}

// NewProxy starts a proxy in front of a homeserver.
func NewProxy(tb testing.TB, hs *Homeserver) *Proxy {
	tb.Helper()
	target, err := url.Parse(hs.URL)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{}
	rp := httputil.NewSingleHostReverseProxy(target)
	rp.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(rp, w, r) }))
	tb.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	p.URL = srv.URL
	return p
}

// On has f decide what goes wrong from now on; nil is nothing.
func (p *Proxy) On(f func(*http.Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Times returns a decision that applies a fault to the first n requests that
// match.
func Times(n int, match func(*http.Request) bool, f Fault) func(*http.Request) Fault {
	var mu sync.Mutex
	return func(r *http.Request) Fault {
		mu.Lock()
		defer mu.Unlock()
		if n == 0 || !match(r) {
			return Fault{}
		}
		n--
		return f
	}
}

func (p *Proxy) serve(rp *httputil.ReverseProxy, w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	decide := p.fault
	p.mu.Unlock()
	var f Fault
	if decide != nil {
		f = decide(r)
	}
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
		}
	}
	switch {
	case f.CutBefore:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		_, _ = io.Copy(io.Discard, r.Body)
		for k, v := range f.Header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
	case f.CutAfter:
		rp.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case f.RewriteRsp != nil:
		rewrite(rp, w, r, f.RewriteRsp)
	default:
		rp.ServeHTTP(w, r)
	}
}

func rewrite(rp *httputil.ReverseProxy, w http.ResponseWriter, r *http.Request, change func([]byte) []byte) {
	r.Header.Del("Accept-Encoding")
	rec := httptest.NewRecorder()
	rp.ServeHTTP(rec, r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(rec.Code)
	_, _ = w.Write(change(rec.Body.Bytes()))
}
