// Package telegram carries Telegram's messages to the bot and the bot's replies
// back. It knows the Bot API, its limits and its errors; it knows no facts and
// decides nothing about what is said.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parley/answers/lang"
	"parley/bot"
	"parley/bot/store"
)

var (
	_ bot.Adapter = (*Adapter)(nil)
	_ bot.Editor  = (*Adapter)(nil)
	_ bot.Pinner  = (*Adapter)(nil)
	_ bot.Typer   = (*Adapter)(nil)

	_ bot.Forgetter = (*Adapter)(nil)

	_ bot.Connected = (*Adapter)(nil)
)

// Network is the name of this network in bot.Chat and in the store.
const Network = "telegram"

// DefaultAPIURL is Telegram's own Bot API server.
const DefaultAPIURL = "https://api.telegram.org"

// Mode is how updates come in.
type Mode string

// The two modes there are; the empty one is Polling.
const (
	Polling Mode = "polling"
	Webhook Mode = "webhook"
)

// WebhookConfig is how Telegram reaches this process in webhook mode.
type WebhookConfig struct {
	URL    string // where Telegram sends updates, https
	Listen string // the address the own server listens on
	Secret string // what Telegram shows in each request; empty: made up at each start
}

// Config is what New needs. Token, Store and Packs are required.
type Config struct {
	Token   string
	APIURL  string
	Mode    Mode
	Webhook WebhookConfig
	Store   *store.Store
	Log     *slog.Logger
	Packs   lang.Packs
	Limits  Limits
	// Inline answers inline queries; nil: they are not asked for.
	Inline Inline
	// Commands are set as menus when Run starts; nil leaves them as they are.
	Commands Menu
	// OnMoved is told when a group has got another id, before anything is
	// sent there. It may be called from several goroutines.
	OnMoved func(from, to bot.Chat)
}

// Adapter is Telegram. It is safe for concurrent use; Run may be called once.
type Adapter struct {
	cfg     Config
	log     *slog.Logger
	client  *client
	gov     *governor
	track   *tracker
	tickets *tickets
	memory  *remembered
	outbox  *outbox
	forms   *forms
	stats   counters
	secret  string

	self  atomic.Pointer[identity]
	noted int // the highest update that an earlier process noted; set before any is taken

	// stop ends when Run is told to end: nothing new is begun. hard ends when
	// Run returns: what is still under way is broken off.
	stop, hard         context.Context
	endStop, endHard   context.CancelFunc
	keeping            sync.Mutex     // held while answers are stored
	wg                 sync.WaitGroup // all goroutines of Run
	gate               sync.RWMutex   // guards closed
	closed             bool           // Run waits for the last goroutines; no new ones
	endBy              atomic.Int64   // when Run is to have ended, Unix nanoseconds; 0: it was not told to end
	refused            chan struct{}  // closed by refuse: Telegram does not know the token
	refuse             func()
	sending            atomic.Int64 // sends that have begun and not ended
	lastSend           atomic.Int64 // when one last began or ended, Unix nanoseconds
	inlineSlots, extra chan struct{}
	inlineWaiting      chan struct{}
}

// identity is who the bot is, as getMe said.
type identity struct {
	id       int64
	username string
}

var (
	validToken  = regexp.MustCompile(`^[A-Za-z0-9_:-]{1,256}$`)
	validSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// New checks the configuration. It does not talk to Telegram, so a bot can
// start while Telegram is down.
func New(cfg Config) (*Adapter, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	cfg.Limits.Try = cfg.Limits.Try && !cfg.atTelegram()
	a := &Adapter{
		cfg: cfg, forms: newForms(), log: cfg.Log, client: newClient(cfg.APIURL, cfg.Token),
		gov: newGovernor(cfg.Limits), track: newTracker(), tickets: newTickets(), memory: newRemembered(), outbox: newOutbox(),
		secret: cfg.Webhook.Secret, inlineSlots: make(chan struct{}, 16), inlineWaiting: make(chan struct{}, 1000), extra: make(chan struct{}, 64),
	}
	if a.secret == "" {
		a.secret = secretOf(a.cfg.Token)
	}
	a.stop, a.endStop = context.WithCancel(context.Background())
	a.hard, a.endHard = context.WithCancel(context.Background())
	a.refused = make(chan struct{})
	a.refuse = sync.OnceFunc(func() { close(a.refused) })
	return a, nil
}

func (c *Config) check() error {
	if c.APIURL == "" {
		c.APIURL = DefaultAPIURL
	}
	c.APIURL = strings.TrimRight(c.APIURL, "/")
	if c.Mode == "" {
		c.Mode = Polling
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	u, err := url.Parse(c.APIURL)
	switch {
	case c.Token == "":
		return errors.New("no token; @BotFather gives one")
	case !validToken.MatchString(c.Token):
		return errors.New("the token contains characters that no token has")
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("api_url is no http or https address")
	case c.Store == nil:
		return errors.New("no store")
	case c.Packs == nil:
		return errors.New("no language packs")
	case c.Mode != Polling && c.Mode != Webhook:
		return fmt.Errorf("mode %q is neither polling nor webhook", c.Mode)
	case c.Mode == Webhook:
		return c.Webhook.check()
	}
	return nil
}

// atTelegram tells whether the server is Telegram's own.
func (c *Config) atTelegram() bool {
	u, err := url.Parse(c.APIURL)
	return err == nil && (u.Hostname() == "telegram.org" || strings.HasSuffix(u.Hostname(), ".telegram.org"))
}

func (w WebhookConfig) check() error {
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("webhook.url is no web address")
	case w.Listen == "":
		return errors.New("webhook.listen is missing")
	case w.Secret != "" && !validSecret.MatchString(w.Secret):
		return errors.New("the webhook's secret may have 1 to 256 of A-Z a-z 0-9 _ -")
	}
	return nil
}

// Name is the network's name.
func (a *Adapter) Name() string { return Network }

// Username is the bot's name without its @, or "" before Telegram told it.
func (a *Adapter) Username() string {
	if me := a.self.Load(); me != nil {
		return me.username
	}
	return ""
}

// Connection tells whether Telegram answered when it was asked for updates last.
func (a *Adapter) Connection() bot.Connection { return a.client.contact.Connection() }

// grace is how long Run waits for what is under way when it is told to end.
const grace = 4 * time.Second

// Run takes updates in until ctx ends, then lets what is being sent finish and
// returns within 5 seconds. It returns an error if the token is wrong.
func (a *Adapter) Run(ctx context.Context, handle bot.Handler) error {
	defer a.endHard()
	run, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(run, func() {
		a.endBy.CompareAndSwap(0, time.Now().Add(grace).UnixNano())
		a.endStop()
	})()
	a.spawn(func() {
		select {
		case <-a.refused:
			end()
		case <-run.Done():
		}
	})
	err := a.begin(run)
	if err == nil && a.cfg.Mode == Webhook {
		err = a.listen(run, handle)
	} else if err == nil {
		err = a.poll(run, handle)
	}
	a.endStop()
	a.settle()
	if a.cfg.Mode == Webhook {
		a.removeWebhook()
	}
	a.storeAnswers(a.hard)
	a.endHard()
	end() // an error may have ended Run: what runs beside the updates ends too
	a.gate.Lock()
	a.closed = true
	a.gate.Unlock()
	a.wg.Wait()
	select {
	case <-a.refused:
		return ErrToken
	default:
	}
	if ctx.Err() != nil && !errors.Is(err, ErrToken) {
		return nil
	}
	return err
}

// begin learns who the bot is and starts what runs beside the updates.
func (a *Adapter) begin(ctx context.Context) error {
	if err := a.whoami(ctx); err != nil {
		return err
	}
	if a.cfg.Mode == Webhook {
		a.look(ctx)
	}
	a.resume(ctx)
	a.spawn(func() { a.keepAnswers(ctx) })
	if a.cfg.Commands != nil {
		a.spawn(func() { a.SetCommands(ctx, a.cfg.Commands) })
	}
	return nil
}

// settle waits until what is being sent has been sent and noted, or until Run is
// to have ended, however often that is waited for.
func (a *Adapter) settle() {
	deadline := time.Now().Add(grace)
	if by := a.endBy.Load(); by != 0 {
		deadline = time.Unix(0, by)
	}
	for time.Now().Before(deadline) && !a.settled() {
		time.Sleep(5 * time.Millisecond)
	}
}

// settled tells whether nothing is under way. What has been handed over and
// has not begun to send for a while waits in a lane that has stopped: it stays
// unconfirmed and is asked for again at the next start.
func (a *Adapter) settled() bool {
	if a.sending.Load() > 0 {
		return false
	}
	quiet := time.Since(time.Unix(0, a.lastSend.Load())) > 300*time.Millisecond
	return a.track.underWay() == 0 || quiet
}

// pause waits, and returns the context's error if that ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// spawn starts a goroutine that Run waits for, and tells whether it did: once
// Run ends it does not.
func (a *Adapter) spawn(f func()) bool {
	a.gate.RLock()
	defer a.gate.RUnlock()
	if a.closed {
		return false
	}
	a.wg.Go(f)
	return true
}
