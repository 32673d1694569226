package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"parley/adapters/matrix"
	"parley/adapters/telegram"
	"parley/answers"
	"parley/answers/lang"
	"parley/bot"
	"parley/bot/store"
	"parley/config"
)

func runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Answer in Telegram and in Matrix rooms, by the settings of a file, the environment and flags",
		Args:  cobra.NoArgs,
	}
	source := settingsFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		load := func() (*config.Config, error) {
			cfg, _, err := source().Load()
			return cfg, err
		}
		cfg, err := load()
		if err != nil {
			return err
		}
		for {
			if err = serve(c.Context(), cfg, load); c.Context().Err() != nil || !errors.Is(err, bot.ErrRestart) {
				return err
			}
		}
	}
	return c
}

// serve answers on every network that is configured until ctx ends. At SIGHUP it
// loads the settings anew.
func serve(ctx context.Context, cfg *config.Config, load func() (*config.Config, error)) error {
	giveBack := saveMemory()
	signals, ignore := hangUps()
	defer ignore()
	level := new(slog.LevelVar)
	setLevel(level, cfg)
	names := newPseudonyms()
	log := newLog(os.Stderr, level, cfg.Log.Format, names)
	for _, name := range config.Strangers(os.Environ()) {
		log.Warn("a variable that is no setting; parley config lists them", "name", name)
	}
	loaded, _ := fingerprint(cfg.Facts.Dir)
	book, err := openBook(cfg.Facts.Dir)
	if err != nil {
		return err
	}
	packs, err := lang.Load()
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, cfg.Store.URL)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := names.from(ctx, st); err != nil {
		return err
	}
	giveBack()
	b := bot.New(bot.Options{Book: book, Keeper: st, Log: log, Flood: floodOf(cfg.Flood), Blocked: bot.Blocked(cfg.Block)})
	var adapters []bot.Adapter
	for _, open := range [...]func() (bot.Adapter, error){
		func() (bot.Adapter, error) { return openTelegram(cfg, b, st, packs, log) },
		func() (bot.Adapter, error) { return openMatrix(cfg, st, packs, log) },
	} {
		a, err := open()
		if err != nil {
			return err
		}
		if a != nil {
			adapters = append(adapters, a)
		}
	}
	if len(adapters) == 0 {
		return errors.New("no network is configured: give PARLEY_TELEGRAM_TOKEN, or PARLEY_MATRIX_HOMESERVER with a user, or see config/example.yaml")
	}
	var operators *front
	if cfg.HTTP.Listen != "" {
		if operators, err = openFront(cfg.HTTP.Listen, &readiness{b, st, adapters}, newRegistry(b, st, adapters), log); err != nil {
			return err
		}
	}
	log.Info("answering", "facts_to", book.AsOf(), "networks", len(adapters))
	var wg sync.WaitGroup
	pruning, stop := context.WithCancel(ctx)
	if st.Shared() {
		wg.Go(func() { repeat(pruning, time.Minute, func() { pruneTalks(pruning, st, log) }) })
	}
	wg.Go(func() { rest(pruning, b, adapters) })
	life := max(inboxLife, 2*cfg.Matrix.MaxAge)
	wg.Go(func() { repeat(pruning, time.Hour, func() { prune(pruning, st, life, log) }) })
	if operators != nil {
		wg.Go(func() { operators.run(pruning) })
	}
	moved := make(chan string, 1)
	announced := announce(pruning, cfg, b, st, loaded, moved, log)
	r := reloading{load: load, started: cfg, log: log, apply: map[string]func(*config.Config){
		"facts.dir": func(c *config.Config) { moveTo(moved, c.Facts.Dir) },
		"log.level": func(c *config.Config) { setLevel(level, c) },
	}}
	guard(b, r.apply)
	wg.Go(func() { r.run(pruning, signals) })
	err = b.Run(ctx, adapters...)
	stop()
	announced()
	wg.Wait()
	return err
}

// inboxLife is how long it is remembered which updates were dealt with. Telegram
// gives an update again for a day at the most, Matrix for max_age.
const inboxLife = 7 * 24 * time.Hour

// prune forgets what is kept no longer.
func prune(ctx context.Context, st *store.Store, life time.Duration, log *slog.Logger) {
	if err := st.PruneInbox(ctx, time.Now().Add(-life)); err != nil && ctx.Err() == nil {
		log.Warn("old updates not forgotten", "err", err)
	}
	if err := st.Prune(ctx, time.Now()); err != nil && ctx.Err() == nil {
		log.Warn("old announcements not forgotten", "err", err)
	}
}

// pruneTalks forgets talks that count no more.
func pruneTalks(ctx context.Context, st *store.Store, log *slog.Logger) {
	if err := st.PruneTalks(ctx, st.Now()); err != nil && ctx.Err() == nil {
		log.Warn("old talks not forgotten", "err", err)
	}
}

// repeat calls do at once and then after each span of time, until ctx ends.
func repeat(ctx context.Context, span time.Duration, do func()) {
	for do(); pause(ctx, span); do() {
	}
}

func openTelegram(cfg *config.Config, b *bot.Bot, st *store.Store, packs lang.Packs, log *slog.Logger) (bot.Adapter, error) {
	c := cfg.Telegram
	token, err := cfg.Secret(c.Token, "telegram.token_file")
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, nil
	}
	secret, err := cfg.Secret("", "telegram.webhook.secret_file")
	if err != nil {
		return nil, err
	}
	return telegram.New(telegram.Config{
		Token: token, APIURL: c.APIURL, Mode: telegram.Mode(c.Mode),
		Webhook: telegram.WebhookConfig{URL: c.Webhook.URL, Listen: c.Webhook.Listen, Secret: secret},
		Store:   st, Log: log, Packs: packs, Limits: telegram.Limits{Off: c.Limits == "off", Try: c.Limits == "auto"},
		Inline: inline{b}, Commands: menu(packs),
		OnMoved: func(from, to bot.Chat) {
			if err := st.Move(context.Background(), from.Network, from.ID, to.ID); err != nil {
				log.Error("chat not carried over", "err", err)
			}
		},
	})
}

// menu is the table of commands as Telegram shows it.
func menu(packs lang.Packs) telegram.Menu {
	return func(scope telegram.Scope, code string) (out []telegram.Command) {
		for _, c := range bot.Commands() {
			if c.Rooms || c.Admin && scope == telegram.GroupChats {
				continue
			}
			out = append(out, telegram.Command{Name: c.Name, Description: packs.In(code).Say("cmd."+c.Name, nil)})
		}
		return out
	}
}

// inline offers facts for what is typed behind the bot's name in any chat.
type inline struct{ b *bot.Bot }

const maxOffers = 10

func (i inline) Inline(_ context.Context, query, code string) (out []telegram.InlineResult) {
	book := i.b.Book()
	if !lang.Has(code) {
		code = lang.Codes[0]
	}
	q := answers.Question{Text: query, Lang: code, Now: time.Now()}
	for _, o := range book.Offers(q, maxOffers) {
		a := book.Open(o.ID, answers.Question{Lang: code, Now: q.Now})
		preview := strings.TrimSpace(strings.TrimPrefix(a.Body.String(), o.Label)) // a summary begins with its title
		out = append(out, telegram.InlineResult{ID: o.ID, Title: o.Label, Preview: preview, Lang: a.Lang, Body: a.Body, Sources: a.Sources})
	}
	return out
}

func openMatrix(cfg *config.Config, st *store.Store, packs lang.Packs, log *slog.Logger) (bot.Adapter, error) {
	c := cfg.Matrix
	if c.Homeserver == "" {
		return nil, nil
	}
	password, err := cfg.Secret(c.Password, "matrix.password_file")
	if err != nil {
		return nil, err
	}
	token, err := cfg.Secret("", "matrix.access_token_file")
	if err != nil {
		return nil, err
	}
	words := make([]string, 0, len(bot.Commands()))
	for _, c := range bot.Commands() {
		words = append(words, c.Name)
	}
	return matrix.New(matrix.Config{
		Homeserver: c.Homeserver, User: c.User, Password: password, AccessToken: token, DeviceName: c.DeviceName,
		RecoveryKeyFile: c.RecoveryKeyFile, PickleKeyFile: c.PickleKeyFile, Invites: c.Invites, Prefix: c.Prefix,
		Encryption: c.Encryption, Commands: words, MaxAge: c.MaxAge, Store: st, Log: log, Packs: packs,
	})
}
