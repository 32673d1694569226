// Package matrix carries talks over the Matrix network, in plain and in
// end-to-end encrypted rooms, as a plain account on any homeserver. It knows
// rooms and events, no facts and no answers.
package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/id"

	"parley/answers/lang"
	"parley/bot"
	"parley/bot/store"
)

// What the adapter can do, checked by the compiler.
var (
	_ bot.Adapter  = (*Adapter)(nil)
	_ bot.Editor   = (*Adapter)(nil)
	_ bot.Verifier = (*Adapter)(nil)
	_ bot.Typer    = (*Adapter)(nil)
	_ bot.Leaver   = (*Adapter)(nil)

	_ bot.Connected = (*Adapter)(nil)
	_ bot.Standby   = (*Adapter)(nil)
)

// Network is the name under which chats and updates of Matrix are kept.
const Network = "matrix"

// Config is what the adapter is told.
type Config struct {
	Homeserver string // a URL, or the name of a server whose URL it tells itself
	User       string // @name:server, or the name alone
	// Password or AccessToken lets the bot in. With a password it makes a
	// device of its own; an access token belongs to a device that exists.
	Password        string
	AccessToken     string
	DeviceName      string   // what people see among the bot's devices; default Parley
	RecoveryKeyFile string   // made on first start, readable by its owner only
	PickleKeyFile   string   // the same; it locks the keys in the database
	Invites         []string // "everyone" (also if empty), "nobody", or servers and user ids
	Prefix          string   // what commands start with; default !parley
	Encryption      bool     // read and write encrypted rooms; matrix.encryption, which is on by default
	Commands        []string // the words that are commands after the prefix
	// MaxAge is how old an unanswered message may be after a long time
	// offline; default an hour.
	MaxAge time.Duration
	Store  *store.Store
	Log    *slog.Logger
	Packs  lang.Packs
}

// Adapter is the Matrix network. Make it with New.
type Adapter struct {
	cfg    Config
	policy invites
	log    *slog.Logger

	client  *mautrix.Client
	crypto  *cryptohelper.CryptoHelper // nil without encryption
	syncer  *syncer
	me      id.UserID
	name    string        // the bot's display name
	started time.Time     // of the very first start; nothing older is answered
	running time.Time     // since when Run does
	ready   chan struct{} // closed once logged in: Send waits for it
	standby atomic.Bool

	handle  bot.Handler
	ledger  *ledger
	rooms   *rooms
	orders  orders
	members members
	sending roomLocks
	waiting waiting
	receipt chan receipt
	typing  sync.Map // rooms that are shown that an answer is on its way
	past    past
	patience
	stats   counters
	traffic traffic
}

// patience is how long the adapter waits for what may still come; tests are
// less patient.
type patience struct {
	firstKeys, moreKeys time.Duration // for the keys of a message
	retry               time.Duration // between attempts to start or to sync, at first
	backoff             time.Duration // between attempts of a request, at first
	again               time.Duration // until an answer that did not get through is tried again
	settle              time.Duration // for what the process before may still have under way
}

type counters struct{ uncertain, dropped, backfilled atomic.Int64 }

// Stats tells what happened since the start.
type Stats struct {
	UncertainSends int64         // answers sent again because their fate was not known
	Dropped        int64         // events that could not be read at all
	Backfilled     int64         // events fetched because a timeline was cut short
	Limited        int64         // answers 429
	Waited         time.Duration // for how long they asked to wait in all
}

// Stats returns the counts so far. It may be called at any time.
func (a *Adapter) Stats() Stats {
	return Stats{a.stats.uncertain.Load(), a.stats.dropped.Load(), a.stats.backfilled.Load(),
		a.traffic.limited.Load(), time.Duration(a.traffic.waited.Load())}
}

// Connection tells whether the homeserver answered when it was asked for news last.
func (a *Adapter) Connection() bot.Connection { return a.traffic.contact.Connection() }

// New checks the configuration. It talks to nobody: the homeserver may be down.
func New(cfg Config) (*Adapter, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("matrix: %w", err)
	}
	policy, err := parseInvites(cfg.Invites)
	if err != nil {
		return nil, fmt.Errorf("matrix: %w", err)
	}
	a := &Adapter{
		cfg: cfg, policy: policy, log: cfg.Log.With("network", Network),
		ready:   make(chan struct{}),
		ledger:  newLedger(),
		orders:  newOrders(cfg.Prefix, cfg.Commands),
		receipt: make(chan receipt, 256),
		past:    newPast(),
		patience: patience{firstKeys: 3 * time.Second, moreKeys: 22 * time.Second,
			retry: time.Second, backoff: 250 * time.Millisecond, again: 20 * time.Second, settle: 2 * time.Second},
	}
	a.rooms = newRooms(a.log)
	return a, nil
}

func (c *Config) complete() error {
	switch {
	case c.Homeserver == "":
		return errors.New("matrix.homeserver is not set")
	case c.User == "" && c.AccessToken == "":
		return errors.New("matrix.user is not set")
	case c.Password == "" && c.AccessToken == "":
		return errors.New("neither matrix.password nor an access token is set")
	case c.PickleKeyFile == "":
		return errors.New("matrix.pickle_key_file is not set")
	case c.RecoveryKeyFile == "" && c.Encryption:
		return errors.New("matrix.recovery_key_file is not set")
	case c.Store == nil:
		return errors.New("there is no store")
	}
	if c.DeviceName == "" {
		c.DeviceName = "Parley"
	}
	if c.Prefix == "" {
		c.Prefix = "!parley"
	}
	if c.MaxAge == 0 {
		c.MaxAge = time.Hour
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Name is the name of the network.
func (a *Adapter) Name() string { return Network }

// Run logs in and passes what people say to handle until ctx ends. It waits
// for a homeserver that is down. It returns an error only for what waiting
// does not mend, and says then what to do. It may be called once. Of several
// processes that share the storage one is in Matrix, since it has one device; the
// others wait. If the storage is lost it returns bot.ErrRestart.
func (a *Adapter) Run(ctx context.Context, handle bot.Handler) error {
	a.standby.Store(true)
	return a.cfg.Store.Alone(ctx, Network+"."+a.cfg.User, func(alone context.Context) error {
		a.standby.Store(false)
		err := a.run(alone, handle)
		if err == nil && ctx.Err() == nil {
			return fmt.Errorf("another process may have taken over: %w", bot.ErrRestart)
		}
		return err
	})
}

// StandsBy tells whether another process is in Matrix, or may be.
func (a *Adapter) StandsBy() bool { return a.standby.Load() }

func (a *Adapter) run(ctx context.Context, handle bot.Handler) error {
	a.handle, a.running = handle, time.Now()
	if err := a.startUp(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	close(a.ready)
	ctx, cancel := context.WithCancel(ctx)
	saving, stopSaving := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { a.sendReceipts(ctx) })
	wg.Go(func() { a.saveTokens(saving) })
	err := a.syncLoop(ctx)
	cancel()
	a.rooms.wait()
	stopSaving()
	wg.Wait()
	return err
}

// startUp logs in, again and again while the homeserver cannot be reached.
func (a *Adapter) startUp(ctx context.Context) error {
	for wait := a.retry; ; wait = min(2*wait, time.Minute) {
		err := a.login(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		if !temporary(err) {
			return lasting(err)
		}
		a.log.WarnContext(ctx, "homeserver cannot be reached, will try again", "in", wait, "err", harmless(err))
		if !sleep(ctx, jitter(wait)) {
			return nil
		}
	}
}

// online waits until the adapter is logged in.
func (a *Adapter) online(ctx context.Context) error {
	select {
	case <-a.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
