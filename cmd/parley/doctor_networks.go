package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/adapters/matrix"
	"parley/adapters/telegram"
	"parley/bot"
	"parley/config"
)

func (d *doctor) hasTelegram() bool {
	return d.cfg.Telegram.Token != "" || d.cfg.Telegram.TokenFile != ""
}

const reach = "check the network, DNS and a firewall; parley run waits until it works"

// telegram examines the bot's account in Telegram.
func (d *doctor) telegram(ctx context.Context) (f findings) {
	if !d.hasTelegram() {
		if d.cfg.Matrix.Homeserver == "" {
			f.fail("networks", "neither Telegram nor Matrix is configured", "run parley init, or give telegram.token_file or matrix.homeserver")
		}
		return f
	}
	c := d.cfg.Telegram
	token, err := d.cfg.Secret(c.Token, "telegram.token_file")
	if err != nil {
		return f // told among the secret files
	}
	e, err := telegram.NewExaminer(c.APIURL, token)
	if err != nil {
		f.fail("telegram", err.Error(), "copy the token from @BotFather once more")
		return f
	}
	asking, cancel := context.WithTimeout(ctx, networkPatience)
	defer cancel()
	x, err := e.Examine(asking)
	switch {
	case errors.Is(err, telegram.ErrToken):
		f.fail("telegram", err.Error(), "get a token from @BotFather: /token, and put it into telegram.token_file")
		return f
	case err != nil:
		f.fail("telegram", "cannot be reached: "+err.Error(), reach)
		return f
	}
	f.ok("telegram", "the token is that of @%s", x.Username)
	f.privacy(x)
	f.webhook(x, d.cfg)
	if d.poll && x.Webhook == "" {
		f.poller(ctx, e)
	}
	return append(f, d.pins(ctx, telegram.Network, e.MayPin)...)
}

func (f *findings) privacy(x telegram.Examination) {
	if x.ReadsAll {
		f.warn("telegram", "the privacy mode is off: the bot is sent all that is said in its groups, and drops it", "@BotFather: /setprivacy, Enable")
	} else {
		f.ok("telegram", "the privacy mode is on")
	}
	if !x.Inline {
		f.warn("telegram", "inline mode is off: facts cannot be put into any chat by @"+x.Username, "@BotFather: /setinline, if people shall have it")
	}
}

// webhook compares how updates travel with how they should.
func (f *findings) webhook(x telegram.Examination, cfg *config.Config) {
	c := cfg.Telegram
	switch {
	case c.Mode == "polling" && x.Webhook != "":
		f.warn("telegram", "a webhook is set, and telegram.mode is polling", "parley run removes it; make sure that no other program uses this bot")
	case c.Mode == "webhook" && x.Webhook != "" && x.Webhook != c.Webhook.URL:
		f.warn("telegram", "a webhook with another address is set", "parley run sets its own; make sure that no other program uses this bot")
	case c.Mode == "webhook" && c.Webhook.URL == "":
		f.fail("telegram", "telegram.webhook.url is missing", "give the https address at which Telegram reaches the proxy before telegram.webhook.listen")
	default:
		f.ok("telegram", "%d updates wait", x.Pending)
	}
	if x.LastError != "" && x.Webhook != "" && time.Since(x.LastAt) < time.Hour {
		f.warn("telegram", "the webhook failed at "+x.LastAt.UTC().Format(time.DateTime)+" UTC: "+x.LastError, "look at the proxy: certificate, address, path")
	}
}

func (f *findings) poller(ctx context.Context, e *telegram.Examiner) {
	ctx, cancel := context.WithTimeout(ctx, networkPatience+time.Second)
	defer cancel()
	switch polled, err := e.Polled(ctx); {
	case err != nil:
		f.warn("telegram", "whether another program polls is not known: "+err.Error(), "try again")
	case polled:
		f.warn("telegram", "another program polls this bot's messages (a parley run that works is one)", "run it once only; who else may have the token: /revoke at @BotFather")
	default:
		f.ok("telegram", "no other program polls")
	}
}

// matrix examines the account in Matrix.
func (d *doctor) matrix(ctx context.Context) (f findings) {
	c := d.cfg.Matrix
	if c.Homeserver == "" {
		return f
	}
	password, err := d.cfg.Secret(c.Password, "matrix.password_file")
	token, err2 := d.cfg.Secret("", "matrix.access_token_file")
	if err != nil || err2 != nil {
		return f // told among the secret files
	}
	e, err := matrix.NewExaminer(matrix.Config{Homeserver: c.Homeserver, User: c.User, Password: password, AccessToken: token,
		DeviceName: c.DeviceName, RecoveryKeyFile: c.RecoveryKeyFile, PickleKeyFile: c.PickleKeyFile, Encryption: c.Encryption})
	if err != nil {
		f.fail("matrix", err.Error(), "set it, or leave matrix.homeserver empty")
		return f
	}
	<-d.inspected
	kept := ""
	if d.store != nil {
		kept = d.store.Kept[matrix.KeptSession]
	}
	asking, cancel := context.WithTimeout(ctx, networkPatience)
	defer cancel()
	x, err := e.Examine(asking, kept)
	if err != nil {
		f.fail("matrix", "the homeserver cannot be reached: "+err.Error(), reach)
		return f
	}
	f.ok("matrix", "the homeserver speaks %s", x.Version)
	if x.Login != nil {
		f.fail("matrix", x.Login.Error(), "correct the account; docs/matrix.md says what each file is for")
		return f
	}
	f.ok("matrix", "logged in as %s", x.User)
	if c.Encryption {
		f.identity(x)
	}
	return append(f, d.pins(ctx, matrix.Network, e.MayPin)...)
}

// identity tells whether others can trust the device, and whether a lost one
// can be replaced.
func (f *findings) identity(x matrix.Examination) {
	const repair = "give matrix.password and the account's recovery key in matrix.recovery_key_file, and start again"
	switch {
	case errors.Is(x.Signed, matrix.ErrNoIdentity):
		f.ok("matrix", "no cross-signing identity yet; the first start makes it")
		return
	case x.Signed != nil:
		f.warn("matrix", x.Signed.Error()+": some clients do not talk to it", repair)
	case x.Device != "":
		f.ok("matrix", "device %s is signed", x.Device)
	}
	if x.Key != nil {
		f.warn("matrix", x.Key.Error()+": a new device could not be signed", "put the account's recovery key into matrix.recovery_key_file")
		return
	}
	f.ok("matrix", "the recovery key opens the account's keys")
}

// maxPins is how many chats are asked about; the limits of the networks belong to the bot.
const maxPins = 20

// pins asks whether the bot may still pin where the schedule is pinned.
func (d *doctor) pins(ctx context.Context, network string, may func(context.Context, string) error) (f findings) {
	<-d.inspected
	if d.store == nil {
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, networkPatience/2)
	defer cancel()
	asked, all := 0, 0
	for _, c := range d.store.Pins {
		if c.Network != network {
			continue
		}
		if all++; asked == maxPins || ctx.Err() != nil {
			continue
		}
		asked++
		switch err := may(ctx, c.ID); {
		case errors.Is(err, bot.ErrMayNotPin):
			f.warn("pins", fmt.Sprintf("%s %s: the bot may not pin", network, c.ID), "an administrator of that chat gives it the right to pin")
		case errors.Is(err, bot.ErrGone):
			f.warn("pins", fmt.Sprintf("%s %s: the bot is not there any more", network, c.ID), "nothing; parley run forgets the chat at the next change")
		}
	}
	if all > 0 {
		f.ok("pins", "%s: rights asked about in %d of %d chats", network, asked, all)
	}
	return f
}
