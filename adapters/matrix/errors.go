package matrix

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
)

// Errors that end Run. Each says what to do.
var (
	// ErrPickleKey: the database was made with another pickle key.
	ErrPickleKey = errors.New("the pickle key does not fit the database: restore the file of matrix.pickle_key_file " +
		"that was made with it, or start with a new database (the bot becomes a new device then)")
	// ErrLoggedOut: the device or its token was revoked.
	ErrLoggedOut = errors.New("the bot has been logged out (M_UNKNOWN_TOKEN), or its account deactivated: " +
		"give it a new access token, or start it again with a password")
	// ErrPassword: the homeserver refuses user and password.
	ErrPassword = errors.New("the homeserver refuses this user and password: check matrix.user and matrix.password, " +
		"and that the account has not been deactivated")
	// ErrDeactivated: the account is no more.
	ErrDeactivated = errors.New("the account has been deactivated: make another one and set matrix.user")
	// ErrOtherAccount: the database belongs to another account.
	ErrOtherAccount = errors.New("the database belongs to another account or server name: " +
		"set matrix.homeserver and matrix.user as they were, or use a new database")
	// ErrNoHomeserver: what answers speaks another protocol.
	ErrNoHomeserver = errors.New("what answers is no Matrix homeserver: check matrix.homeserver")
)

// lasting is what ends the bot for an error of its start.
func lasting(err error) error {
	var he mautrix.HTTPError
	if errors.As(err, &he) && he.RespError == nil {
		return fmt.Errorf("%w (%w)", ErrNoHomeserver, harmless(err))
	}
	return harmless(err)
}

// temporary tells whether trying again may help: the network failed, the
// server did, or it asks to wait.
func temporary(err error) bool {
	var he mautrix.HTTPError
	if !errors.As(err, &he) {
		return false
	}
	if he.Response == nil {
		return true
	}
	code := he.Response.StatusCode
	return code >= 500 || code == http.StatusTooManyRequests || (code < 300 && he.WrappedError != nil)
}

// outage is how long a request that a message depends on is tried again.
const outage = 10 * time.Minute

// persistent tries something again while the homeserver is down or busy.
func persistent[T any](ctx context.Context, wait time.Duration, try func() (T, error)) (T, error) {
	for end := time.Now().Add(outage); ; wait = min(2*wait, 30*time.Second) {
		v, err := try()
		if err == nil || !temporary(err) || time.Now().After(end) || !sleep(ctx, jitter(wait)) {
			return v, err
		}
	}
}

// harmless makes an error fit for the log: what it is, without what a request
// or a response contained.
func harmless(err error) error {
	if err == nil {
		return nil
	}
	var he mautrix.HTTPError
	if !errors.As(err, &he) {
		return err
	}
	switch {
	case he.RespError != nil && he.Response != nil:
		return fmt.Errorf("%s (HTTP %d)", he.RespError.ErrCode, he.Response.StatusCode)
	case he.Response != nil:
		return fmt.Errorf("HTTP %d", he.Response.StatusCode)
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	}
	return fmt.Errorf("connection failed: %s", unconnected(err))
}

// unconnected is why there is no connection, without where to.
func unconnected(err error) string {
	var (
		name *net.DNSError
		cert *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &name):
		return "there is no such host"
	case errors.As(err, &cert):
		return "its certificate is not trusted"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there"
	}
	return "it broke"
}

// refused maps what a send to a room came to to what the bot knows. Who may not
// write is told apart from who is not there: a muted bot is not forgotten.
func (a *Adapter) refused(ctx context.Context, room id.RoomID, err error) error {
	if !errors.Is(err, mautrix.MForbidden) && !errors.Is(err, mautrix.MNotFound) {
		return sendError(err)
	}
	var own event.MemberEventContent
	e := a.client.StateEvent(ctx, room, event.StateMember, a.me.String(), &own)
	switch {
	case e == nil && own.Membership == event.MembershipJoin:
		return fmt.Errorf("%w: %w", bot.ErrMuted, harmless(err))
	case e == nil, errors.Is(e, mautrix.MForbidden), errors.Is(e, mautrix.MNotFound):
		return fmt.Errorf("%w: %w", bot.ErrGone, harmless(err))
	}
	return harmless(err)
}

// sendError maps what a request came to to what the bot knows.
func sendError(err error) error {
	var he mautrix.HTTPError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, mautrix.MLimitExceeded):
		return bot.Busy{After: retryAfter(err)}
	case errors.As(err, &he) && (he.Response == nil || he.Response.StatusCode >= 500):
		return fmt.Errorf("%w: %w", bot.ErrUncertain, harmless(err))
	}
	return harmless(err)
}

// retryAfter is how long a 429 asks to wait.
func retryAfter(err error) time.Duration {
	var he mautrix.HTTPError
	if errors.As(err, &he) && he.Response != nil {
		if s, err := strconv.Atoi(he.Response.Header.Get("Retry-After")); err == nil && s > 0 {
			return time.Duration(s) * time.Second
		}
	}
	return time.Second
}

// jitter spreads a wait, so that bots cut off together do not return together.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}

// sleep returns false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
