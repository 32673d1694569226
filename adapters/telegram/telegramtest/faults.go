package telegramtest

import (
	"net/http"
	"time"
)

// Kind is how the server misbehaves.
type Kind int

// The kinds of misbehaviour.
const (
	DropBefore Kind = iota // the connection breaks, nothing was done
	DropAfter              // the connection breaks, it was done
	BadGateway             // 502 with a page of HTML
	Restart                // 500 Internal Server Error: restart
	Slow                   // the answer takes Fault.Delay
	Flood                  // 429 with Fault.Retry
	Refuse                 // Fault.Code and Fault.Text
)

// Fault is a misbehaviour that befalls requests.
type Fault struct {
	Kind   Kind
	Method string  // "": each but getUpdates
	Times  int     // how often; 0: always
	Share  float64 // of the requests; 0: all
	Delay  time.Duration
	Retry  int
	Code   int
	Text   string
	used   int
}

// Fail makes requests fail from now on. It returns a function that ends this.
func (s *Server) Fail(f Fault) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := &f
	s.faults = append(s.faults, fault)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, x := range s.faults {
			if x == fault {
				s.faults = append(s.faults[:i], s.faults[i+1:]...)
				return
			}
		}
	}
}

// fault picks what befalls a request, or nil.
func (s *Server) fault(method string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		fits := f.Method == method || f.Method == "" && method != "getUpdates"
		if !fits || f.Times > 0 && f.used >= f.Times || f.Share > 0 && s.rand.Float64() >= f.Share {
			continue
		}
		f.used++
		got := *f
		return &got
	}
	return nil
}

// drop breaks the connection without an answer.
func drop(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			c.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

const badGateway = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
