package telegram

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"parley/bot"
	"parley/bot/store"
)

const (
	maxUpdate = 1 << 20
	// Telegram waits about a minute; what takes longer is given again.
	webhookWait   = 50 * time.Second
	claimLife     = time.Minute // then another process takes an update over
	webhookAtOnce = 100         // connections that Telegram may use, its maximum
)

// secretOf is the secret of a webhook for which none was given. It is the same in
// all processes that have the token, since each sets the webhook.
func secretOf(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("parley webhook"))
	return hex.EncodeToString(mac.Sum(nil))
}

// listen receives updates on an own server until ctx ends.
func (a *Adapter) listen(ctx context.Context, handle bot.Handler) error {
	l, err := net.Listen("tcp", a.cfg.Webhook.Listen)
	if err != nil {
		return fmt.Errorf("telegram: webhook.listen: %w", err)
	}
	srv := &http.Server{
		Handler: a.webhookHandler(ctx, handle), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		MaxHeaderBytes: 64 << 10, IdleTimeout: 2 * time.Minute, ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	a.spawn(func() { served <- srv.Serve(l) })
	defer srv.Close()
	if err := a.insist(ctx, func() error { return a.setWebhook(ctx) }); err != nil {
		return err
	}
	a.log.InfoContext(ctx, "listening", "bot", a.Username(), "at", l.Addr().String())
	a.spawn(func() { a.keepInTouch(ctx) })
	select {
	case err := <-served:
		return fmt.Errorf("telegram: webhook: %w", err)
	case <-ctx.Done():
	}
	down, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := srv.Shutdown(down); err != nil {
		a.log.WarnContext(ctx, "webhook requests cut off", "err", err)
	}
	return ctx.Err()
}

// lookWhether is how often it is looked whether Telegram can be reached.
const lookWhether = 30 * time.Second

// keepInTouch looks now and then whether Telegram can be reached: whoever is only
// called does not see that nobody calls.
func (a *Adapter) keepInTouch(ctx context.Context) {
	for pause(ctx, lookWhether) == nil {
		switch err := a.whoami(ctx); {
		case errors.Is(err, ErrToken):
			a.refuse()
		case err != nil && ctx.Err() == nil:
			a.client.contact.Failed()
			a.log.WarnContext(ctx, "Telegram does not say who the bot is", "err", err)
		}
	}
}

func (a *Adapter) setWebhook(ctx context.Context) error {
	_, err := a.client.call(ctx, "setWebhook", params{
		"url": a.cfg.Webhook.URL, "secret_token": a.secret, "allowed_updates": a.allowedUpdates(),
		"max_connections": strconv.Itoa(webhookAtOnce),
	}, callTimeout)
	return err
}

// removeWebhook lets Telegram keep what comes, unless other processes take it.
func (a *Adapter) removeWebhook() {
	if a.cfg.Store.Shared() {
		return
	}
	if _, err := a.client.call(a.hard, "deleteWebhook", nil, time.Second/2); err != nil {
		a.log.Warn("webhook not removed", "err", err)
	}
}

// webhookHandler looks at the secret before it reads anything else.
func (a *Adapter) webhookHandler(ctx context.Context, handle bot.Handler) http.Handler {
	path := "/"
	if u, err := url.Parse(a.cfg.Webhook.URL); err == nil && u.Path != "" {
		path = u.Path
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
		if subtle.ConstantTimeCompare([]byte(given), []byte(a.secret)) != 1 {
			w.Header().Set("Connection", "close") // else the server would read the body before it answers
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		if r.URL.Path != path || r.Method != http.MethodPost {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpdate))
		if err != nil {
			status := http.StatusBadRequest
			if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
				status = http.StatusRequestEntityTooLarge
			}
			http.Error(w, http.StatusText(status), status)
			return
		}
		w.WriteHeader(a.receive(ctx, body, handle))
	})
}

// claim takes an update for this process where others may get it too, and returns
// the status to answer with if it is another's.
func (a *Adapter) claim(ctx context.Context, id int) int {
	if !a.claims() {
		return 0
	}
	was, mine, err := a.cfg.Store.Claim(ctx, Network, a.inboxID(id), a.cfg.Store.Now(), claimLife)
	switch {
	case err != nil:
		a.log.ErrorContext(ctx, "inbox cannot be written", "err", err)
	case mine && was == store.New:
		return 0
	case mine:
		a.stats.uncertain.Add(1)
		a.log.InfoContext(ctx, "an answer may be sent twice: another process left it", "update", id)
		return 0
	}
	a.stats.repeated.Add(1)
	if was == store.Done {
		a.track.finish(id, true)
		return http.StatusOK
	}
	a.track.leave(id)
	return http.StatusServiceUnavailable // to be asked again
}

// receive deals with one update and returns the status to answer with. 200
// says that Telegram may forget the update, so it waits until the update was
// dealt with; a line of handlers at work is what Telegram's connections are for.
func (a *Adapter) receive(ctx context.Context, body []byte, handle bot.Handler) int {
	id, ok := updateID(body)
	if !ok {
		return http.StatusBadRequest
	}
	if ctx.Err() != nil {
		return http.StatusServiceUnavailable
	}
	if !a.track.take(id) {
		a.stats.repeated.Add(1)
		if a.track.isDone(id) {
			return http.StatusOK
		}
		return http.StatusServiceUnavailable // still under way: to be asked again
	}
	if status := a.claim(ctx, id); status != 0 {
		return status
	}
	finished := make(chan bool, 1)
	a.take(ctx, id, body, handle, func(dealt bool) { finished <- dealt })
	wait := time.NewTimer(webhookWait)
	defer wait.Stop()
	select {
	case dealt := <-finished:
		if dealt {
			return http.StatusOK
		}
	case <-wait.C:
	case <-a.hard.Done():
	}
	return http.StatusServiceUnavailable
}
