package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
)

// KeptSession is the key under which the store keeps the login.
const KeptSession = keptSession

// Examiner looks at an account without changing what a running bot relies on.
type Examiner struct{ a *Adapter }

// Examination is what the homeserver says of the account. Each error tells
// about one thing and is nil if that is well.
type Examination struct {
	Version string // the newest of the protocol that the homeserver speaks
	User    string
	Device  string // empty before the first start
	Login   error
	Signed  error // whether the device is signed by the account's own identity
	Key     error // whether the recovery key opens what it is kept for
}

// What Examination tells of signature and key.
var (
	ErrNoIdentity    = errors.New("the account has no cross-signing identity yet; the first start makes it")
	ErrUnsigned      = errors.New("the device is not signed by the account's own identity")
	ErrNoRecoveryKey = errors.New("there is no recovery key in its file")
	ErrOtherKey      = errors.New("the recovery key in its file is not that of the account")
)

// NewExaminer needs what New needs but the store.
func NewExaminer(cfg Config) (*Examiner, error) {
	a := &Adapter{cfg: cfg, log: slog.New(slog.DiscardHandler)}
	switch {
	case cfg.User == "" && cfg.AccessToken == "":
		return nil, errors.New("matrix.user is not set")
	case cfg.Password == "" && cfg.AccessToken == "":
		return nil, errors.New("neither matrix.password nor an access token is set")
	}
	return &Examiner{a}, nil
}

// Examine asks the homeserver. kept is what the store keeps under KeptSession:
// with it the running bot's own session is asked; without it, before the first
// start, the password is tried by logging in and out again.
func (e *Examiner) Examine(ctx context.Context, kept string) (x Examination, err error) {
	if err := e.a.connect(ctx); err != nil {
		return x, harmless(err)
	}
	e.a.client.DefaultHTTPRetries = 0
	versions, err := e.a.client.Versions(ctx)
	if err != nil {
		return x, harmless(err)
	}
	x.Version = versions.GetLatest().String()
	out, err := e.login(ctx, kept)
	if err != nil {
		x.Login = harmless(err)
		return x, nil
	}
	defer out()
	x.User, x.Device = e.a.me.String(), e.a.client.DeviceID.String()
	if kept == "" && e.a.cfg.AccessToken == "" {
		x.Device = ""
	}
	if e.a.cfg.Encryption {
		x.Signed, x.Key = e.signed(ctx, x.Device), e.key(ctx)
	}
	return x, nil
}

// login returns how to log out again, which is nothing to do for a session that
// is kept.
func (e *Examiner) login(ctx context.Context, kept string) (out func(), err error) {
	a, stay := e.a, func() {}
	var s session
	if kept != "" {
		if err := json.Unmarshal([]byte(kept), &s); err != nil {
			return nil, fmt.Errorf("read the session that was kept: %w", err)
		}
	}
	token := a.cfg.AccessToken
	if token == "" && s.Token != "" {
		key, err := pickleKey(a.cfg.PickleKeyFile, true)
		if err != nil {
			return nil, err
		}
		if token, err = unseal(key, s.Token); err != nil {
			return nil, err
		}
	}
	if token == "" {
		return e.tryPassword(ctx)
	}
	a.client.AccessToken = token
	who, err := a.client.Whoami(ctx)
	if errors.Is(err, mautrix.MUnknownToken) || errors.Is(err, mautrix.MMissingToken) {
		return stay, ErrLoggedOut
	}
	if err != nil {
		return nil, err
	}
	if s.User != "" && who.UserID != s.User || !a.isUser(who.UserID) {
		return nil, fmt.Errorf("%w (the homeserver says that this is %s)", ErrOtherAccount, who.UserID)
	}
	a.me, a.client.UserID, a.client.DeviceID = who.UserID, who.UserID, who.DeviceID
	return stay, nil
}

// examDevice is the device with which a password is tried.
const examDevice = "PARLEYDOCTOR"

func (e *Examiner) tryPassword(ctx context.Context) (out func(), err error) {
	a := e.a
	resp, err := a.client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: a.cfg.User},
		Password:   a.cfg.Password, DeviceID: examDevice, InitialDeviceDisplayName: a.cfg.DeviceName + " doctor",
		StoreCredentials: true,
	})
	switch {
	case errors.Is(err, mautrix.MUserDeactivated):
		return nil, ErrDeactivated
	case errors.Is(err, mautrix.MForbidden), errors.Is(err, mautrix.MInvalidUsername):
		return nil, ErrPassword
	case err != nil:
		return nil, err
	}
	a.me = resp.UserID
	return func() { _, _ = a.client.Logout(context.WithoutCancel(ctx)) }, nil // it has no rights beyond its password's
}

// signed follows the signatures from the account's identity to the device.
func (e *Examiner) signed(ctx context.Context, device string) error {
	me := e.a.me
	resp, err := e.a.client.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{me: {}}})
	if err != nil {
		return harmless(err)
	}
	master, own := resp.MasterKeys[me], resp.SelfSigningKeys[me]
	if len(master.Keys) == 0 || len(own.Keys) == 0 {
		return ErrNoIdentity
	}
	if device == "" {
		return nil
	}
	keys, ok := resp.DeviceKeys[me][id.DeviceID(device)]
	if !ok {
		return ErrUnsigned
	}
	keys.Unsigned = nil
	for _, step := range []struct {
		what any
		by   id.Ed25519
	}{{own, master.FirstKey()}, {keys, own.FirstKey()}} {
		if ok, err := signatures.VerifySignatureJSON(step.what, me, step.by.String(), step.by); err != nil || !ok {
			return ErrUnsigned
		}
	}
	return nil
}

// key tells whether the recovery key fits the account's.
func (e *Examiner) key(ctx context.Context) error {
	text, err := os.ReadFile(e.a.cfg.RecoveryKeyFile)
	if errors.Is(err, os.ErrNotExist) {
		return ErrNoRecoveryKey
	}
	if err != nil {
		return fmt.Errorf("recovery key: %w", err)
	}
	keyID, data, err := ssss.NewSSSSMachine(e.a.client).GetDefaultKeyData(ctx)
	if errors.Is(err, mautrix.MNotFound) || errors.Is(err, ssss.ErrNoDefaultKeyID) {
		return ErrNoIdentity
	}
	if err != nil {
		return harmless(err)
	}
	if _, err := data.VerifyRecoveryKey(keyID, strings.TrimSpace(string(text))); err != nil && !errors.Is(err, ssss.ErrUnverifiableKey) {
		return ErrOtherKey
	}
	return nil
}

// MayPin tells whether the bot may pin in a room: nil, bot.ErrMayNotPin,
// bot.ErrGone, or why it is not known. Examine must have been called.
func (e *Examiner) MayPin(ctx context.Context, room string) error {
	var levels event.PowerLevelsEventContent
	err := e.a.client.StateEvent(ctx, id.RoomID(room), event.StatePowerLevels, "", &levels)
	switch {
	case errors.Is(err, mautrix.MForbidden):
		return bot.ErrGone
	case err != nil && !errors.Is(err, mautrix.MNotFound):
		return harmless(err)
	}
	if levels.GetUserLevel(e.a.me) < levels.GetEventLevel(event.StatePinnedEvents) {
		return bot.ErrMayNotPin
	}
	return nil
}
