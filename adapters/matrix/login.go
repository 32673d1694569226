package matrix

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// session is what is kept of a login. The token is sealed with the pickle key.
// It is kept because transaction ids hold for one token: with a new one, an
// answer that is sent again after a crash would appear twice.
type session struct {
	User   id.UserID   `json:"user"`
	Device id.DeviceID `json:"device"`
	Token  string      `json:"token,omitempty"`
}

const (
	keptSession = "matrix.session"
	keptStarted = "matrix.started"
)

// login brings the adapter from nothing to a client that can sync. It may be
// called again after it failed.
func (a *Adapter) login(ctx context.Context) error {
	kept, err := a.keptSession(ctx)
	if err != nil {
		return err
	}
	key, err := pickleKey(a.cfg.PickleKeyFile, kept.Token != "")
	if err != nil {
		return err
	}
	if err := a.connect(ctx); err != nil {
		return err
	}
	fresh, err := a.authenticate(ctx, kept, key)
	if err != nil {
		return err
	}
	if err := a.openState(ctx); err != nil {
		return err
	}
	if a.cfg.Encryption {
		if err := a.startCrypto(ctx, key); err != nil {
			return err
		}
		if err := a.crossSign(ctx); err != nil {
			return err
		}
	}
	if fresh {
		a.nameOldDevices(ctx)
	}
	if err := a.noteStart(ctx); err != nil {
		return err
	}
	a.learnName(ctx)
	return nil
}

// connect makes the client. Of what mautrix logs only what is harmless gets
// through: its lines may contain requests whole.
func (a *Adapter) connect(ctx context.Context) error {
	base := a.cfg.Homeserver
	if !strings.Contains(base, "://") {
		found, err := mautrix.DiscoverClientAPIWithClient(ctx, &http.Client{Transport: newTransport(&a.traffic)}, base)
		if err != nil {
			return mautrix.HTTPError{Message: "discovery failed", WrappedError: err}
		}
		base = "https://" + a.cfg.Homeserver
		if found != nil && found.Homeserver.BaseURL != "" {
			base = found.Homeserver.BaseURL
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return errors.New("matrix.homeserver is neither a URL nor a server name")
	}
	client, err := mautrix.NewClient(base, "", "")
	if err != nil {
		return err
	}
	a.syncer = newSyncer()
	client.Log = libraryLog(a.log)
	client.Client = &http.Client{Transport: newTransport(&a.traffic)}
	client.Syncer = a.syncer
	client.UserAgent = "Parley"
	client.DefaultHTTPRetries = 6
	client.DefaultHTTPBackoff = a.backoff
	client.MaxHTTPBackoff = 30 * time.Second
	client.ResponseSizeLimit = maxBody
	a.client = client
	return nil
}

func (a *Adapter) keptSession(ctx context.Context) (session, error) {
	var s session
	text, err := a.cfg.Store.Kept(ctx, keptSession)
	if err != nil || text == "" {
		return s, err
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("read the session that was kept: %w", err)
	}
	if want := a.cfg.User; want != "" && s.User != "" && want != s.User.String() && want != s.User.Localpart() {
		return s, fmt.Errorf("%w (it is that of %s)", ErrOtherAccount, s.User)
	}
	return s, nil
}

func (a *Adapter) keepSession(ctx context.Context, s session) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return a.cfg.Store.Keep(ctx, keptSession, string(text))
}

// authenticate gives the client a token that works. fresh tells that the
// device is a new one.
func (a *Adapter) authenticate(ctx context.Context, kept session, key []byte) (fresh bool, err error) {
	token := a.cfg.AccessToken
	if token == "" && kept.Token != "" {
		if token, err = unseal(key, kept.Token); err != nil {
			return false, err
		}
	}
	if token == "" {
		return true, a.loginWithPassword(ctx, kept, key)
	}
	a.client.AccessToken = token
	who, err := a.client.Whoami(ctx)
	switch {
	case errors.Is(err, mautrix.MUserDeactivated):
		return false, ErrDeactivated
	case errors.Is(err, mautrix.MUnknownToken) && a.cfg.Password != "":
		a.log.WarnContext(ctx, "the session was logged out; logging in as a new device")
		return true, a.loginWithPassword(ctx, session{User: kept.User}, key)
	case errors.Is(err, mautrix.MUnknownToken), errors.Is(err, mautrix.MMissingToken):
		return false, ErrLoggedOut
	case err != nil:
		return false, err
	}
	if kept.User != "" && who.UserID != kept.User || !a.isUser(who.UserID) {
		return false, fmt.Errorf("%w (the homeserver says that this is %s)", ErrOtherAccount, who.UserID)
	}
	if who.DeviceID == "" {
		return false, errors.New("the access token belongs to no device: log in as a user to get one")
	}
	return who.DeviceID != kept.Device, a.become(ctx, session{who.UserID, who.DeviceID, token}, key)
}

func (a *Adapter) isUser(user id.UserID) bool {
	want := a.cfg.User
	return want == "" || want == user.String() || want == user.Localpart()
}

// loginWithPassword keeps the id of its device first: if the answer gets lost,
// the next attempt leaves no second device behind.
func (a *Adapter) loginWithPassword(ctx context.Context, kept session, key []byte) error {
	if kept.Device == "" {
		kept.Device = id.DeviceID("PARLEY" + strings.ToUpper(rand.Text()[:8]))
		if err := a.keepSession(ctx, session{User: kept.User, Device: kept.Device}); err != nil {
			return err
		}
	}
	a.client.AccessToken = ""
	resp, err := a.client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: a.cfg.User},
		Password:   a.cfg.Password, DeviceID: kept.Device, InitialDeviceDisplayName: a.cfg.DeviceName,
	})
	switch {
	case errors.Is(err, mautrix.MUserDeactivated):
		return ErrDeactivated
	case errors.Is(err, mautrix.MForbidden), errors.Is(err, mautrix.MInvalidUsername), errors.Is(err, mautrix.MUnknownToken):
		return ErrPassword
	case err != nil:
		return err
	}
	if !a.isUser(resp.UserID) || kept.User != "" && kept.User != resp.UserID {
		return fmt.Errorf("%w (the homeserver says that this is %s)", ErrOtherAccount, resp.UserID)
	}
	return a.become(ctx, session{resp.UserID, resp.DeviceID, resp.AccessToken}, key)
}

func (a *Adapter) become(ctx context.Context, s session, key []byte) error {
	a.me = s.User
	a.client.UserID, a.client.DeviceID, a.client.AccessToken = s.User, s.Device, s.Token
	sealed, err := seal(key, s.Token)
	if err != nil {
		return err
	}
	s.Token = sealed
	return a.keepSession(ctx, s)
}

// database is the one of the store; it must not be closed here.
func (a *Adapter) database() (*dbutil.Database, error) {
	return dbutil.NewWithDB(a.cfg.Store.DB(), a.cfg.Store.Engine())
}

// noteStart remembers the moment of the first start: what was said before it
// is history.
func (a *Adapter) noteStart(ctx context.Context) error {
	text, err := a.cfg.Store.Kept(ctx, keptStarted)
	if err != nil {
		return err
	}
	if millis, err := strconv.ParseInt(text, 10, 64); err == nil {
		a.started = time.UnixMilli(millis)
		return nil
	}
	a.started = a.now()
	return a.cfg.Store.Keep(ctx, keptStarted, strconv.FormatInt(a.started.UnixMilli(), 10))
}

func (a *Adapter) learnName(ctx context.Context) {
	p, err := a.client.GetOwnDisplayName(ctx)
	if err != nil {
		a.log.WarnContext(ctx, "own display name not read", "err", harmless(err))
		return
	}
	a.name = p.DisplayName
}

// nameOldDevices tells the operator of devices that an earlier database left
// behind: they go on receiving keys that nobody reads.
func (a *Adapter) nameOldDevices(ctx context.Context) {
	resp, err := a.client.GetDevicesInfo(ctx)
	if err != nil {
		return
	}
	for _, d := range resp.Devices {
		if d.DeviceID != a.client.DeviceID && d.DisplayName == a.cfg.DeviceName {
			a.log.WarnContext(ctx, "an old device of the bot is left: remove it in any Matrix client that is logged in "+
				"as the bot, under sessions", "device", d.DeviceID)
		}
	}
}
