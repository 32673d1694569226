// Package telegramtest is a Bot API server for tests. It checks every request
// against the API's description and misbehaves as Telegram's does: its errors
// word for word, its limits, repeated updates, broken connections. It knows
// nothing of the bot under test but its requests.
package telegramtest

import (
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Options are how the server is to be. The zero value is a friendly Telegram
// without limits.
type Options struct {
	Token    string // default "123456:TEST-token_of-the-bot"
	Username string // of the bot, default "parley_bot"
	Limits   Limits
	// ReadsAll turns privacy mode off: the bot gets everything said in groups.
	ReadsAll bool
	// Repeat is the share of updates that are given a second time although
	// they were confirmed. Reorder shuffles the updates of each answer.
	Repeat  float64
	Reorder bool
	Seed    uint64
	Latency time.Duration // of every answer but those to getUpdates
	FirstID int           // of the updates, default 1000
	Addr    string        // to listen on, for runs by hand; default any port
}

// BotID is the user id of the bot.
const BotID int64 = 123456

// Server is a Bot API server. It is safe for concurrent use.
type Server struct {
	URL   string
	Token string

	o    Options
	http *httptest.Server
	spec *spec

	mu         sync.Mutex
	rand       *rand.Rand
	users      map[int64]*User
	chats      map[int64]*Chat
	lastUser   int64
	updates    []update
	lastUpdate int
	polling    *poller
	hook       *webhook
	news       chan struct{} // closed and made anew whenever something happens
	faults     []*Fault
	limits     limiter
	callbacks  map[string]time.Time // when asked; removed when answered
	answered   map[string]time.Duration
	inline     map[string]Request
	requests   []Request
	violations []string
	commands   map[string]string
	quiet      int                        // how many requests came during a retry_after
	asked      map[[2]int64]chan struct{} // closed when the message is replied to
	stopping   chan struct{}
	hooks      sync.WaitGroup
}

// New starts a server that ends with the test.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	s, err := Start(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// Start starts a server by hand.
func Start(o Options) (*Server, error) {
	sp, err := loadSpec()
	if err != nil {
		return nil, err
	}
	if o.Token == "" {
		o.Token = "123456:TEST-token_of-the-bot"
	}
	if o.Username == "" {
		o.Username = "parley_bot"
	}
	if o.FirstID == 0 {
		o.FirstID = 1000
	}
	s := &Server{
		Token: o.Token, o: o, spec: sp, rand: rand.New(rand.NewPCG(o.Seed, 7)), lastUpdate: o.FirstID - 1,
		users: map[int64]*User{}, chats: map[int64]*Chat{}, lastUser: 5000, news: make(chan struct{}),
		limits: newLimiter(o.Limits), callbacks: map[string]time.Time{}, answered: map[string]time.Duration{},
		inline: map[string]Request{}, commands: map[string]string{}, asked: map[[2]int64]chan struct{}{}, stopping: make(chan struct{}),
	}
	if o.Addr != "" {
		l, err := net.Listen("tcp", o.Addr)
		if err != nil {
			return nil, err
		}
		s.http = &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(s.serve)}}
		s.http.Start()
	} else {
		s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	}
	s.URL = s.http.URL
	return s, nil
}

// Close ends the server and breaks off what is under way.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.stopping:
	default:
		close(s.stopping)
	}
	s.mu.Unlock()
	s.http.CloseClientConnections()
	s.http.Close()
	s.hooks.Wait()
}

// tell wakes all who wait for something to happen. It is called with the lock held.
func (s *Server) tell() {
	close(s.news)
	s.news = make(chan struct{})
}

// wait waits until cond holds, which is called with the server locked and must
// not call it. It returns false if that takes longer than timeout.
func (s *Server) wait(timeout time.Duration, cond func() bool) bool {
	end := time.NewTimer(timeout)
	defer end.Stop()
	for {
		s.mu.Lock()
		ok, news := cond(), s.news
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-news:
		case <-end.C:
			return false
		}
	}
}
