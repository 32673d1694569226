package telegramtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Request is what the bot asked for.
type Request struct {
	Method string
	Form   url.Values
	At     time.Time
	Status int
}

// failure is an error as the Bot API tells it.
type failure struct {
	Code   int
	Text   string
	Retry  int
	MoveTo int64
}

func bad(text string) *failure       { return &failure{Code: 400, Text: "Bad Request: " + text} }
func forbidden(text string) *failure { return &failure{Code: 403, Text: "Forbidden: " + text} }

// ServeHTTP answers a request as the server does, without a network in between.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/bot")
	i := strings.LastIndexByte(rest, '/')
	if !ok || i < 0 {
		write(w, nil, &failure{Code: 404, Text: "Not Found"})
		return
	}
	token, method := rest[:i], rest[i+1:]
	if token != s.Token {
		write(w, nil, &failure{Code: 401, Text: "Unauthorized"})
		return
	}
	form, err := readForm(r)
	if err != nil {
		write(w, nil, bad("the request cannot be read"))
		return
	}
	s.misbehave(w, r, method, form)
}

// readForm takes forms and JSON, as the Bot API does.
func readForm(r *http.Request) (url.Values, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err := r.ParseForm()
		return r.Form, err
	}
	var m map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return nil, err
	}
	form := url.Values{}
	for k, v := range m {
		text := string(v)
		var str string
		if json.Unmarshal(v, &str) == nil {
			text = str
		}
		form.Set(k, text)
	}
	return form, nil
}

// misbehave carries out the request, unless a fault befalls it.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, method string, form url.Values) {
	f := s.fault(method)
	if f == nil {
		result, fail := s.dispatch(r, method, form)
		if method != "getUpdates" && s.o.Latency > 0 {
			time.Sleep(s.o.Latency)
		}
		write(w, result, fail)
		return
	}
	switch f.Kind {
	case DropBefore:
		drop(w)
	case DropAfter:
		_, _ = s.dispatch(r, method, form)
		drop(w)
	case BadGateway:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte(badGateway))
	case Restart:
		write(w, nil, &failure{Code: 500, Text: "Internal Server Error: restart"})
	case Flood:
		write(w, nil, &failure{Code: 429, Text: "Too Many Requests: retry after " + strconv.Itoa(f.Retry), Retry: f.Retry})
	case Refuse:
		write(w, nil, &failure{Code: f.Code, Text: f.Text})
	case Slow:
		result, fail := s.dispatch(r, method, form)
		select {
		case <-time.After(f.Delay):
			write(w, result, fail)
		case <-s.stopping:
			drop(w)
		}
	}
}

// dispatch checks a request and carries it out.
func (s *Server) dispatch(r *http.Request, method string, form url.Values) (any, *failure) {
	if _, ok := s.spec.Methods[method]; !ok {
		return nil, &failure{Code: 404, Text: "Not Found: method not found"}
	}
	if p := s.spec.check(method, form); p != "" {
		s.mu.Lock()
		s.violations = append(s.violations, method+": "+p)
		s.mu.Unlock()
		return nil, bad(p)
	}
	if method == "getUpdates" {
		return s.getUpdates(r.Context(), form)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result, fail := s.carryOut(method, form)
	status := 200
	if fail != nil {
		status = fail.Code
	}
	s.requests = append(s.requests, Request{method, form, time.Now(), status})
	s.tell()
	return result, fail
}

func write(w http.ResponseWriter, result any, f *failure) {
	w.Header().Set("Content-Type", "application/json")
	if f == nil {
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
		return
	}
	body := map[string]any{"ok": false, "error_code": f.Code, "description": f.Text}
	p := map[string]any{}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.Retry))
		p["retry_after"] = f.Retry
	}
	if f.MoveTo != 0 {
		p["migrate_to_chat_id"] = f.MoveTo
	}
	if len(p) > 0 {
		body["parameters"] = p
	}
	w.WriteHeader(f.Code)
	_ = json.NewEncoder(w).Encode(body)
}
