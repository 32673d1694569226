package matrix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/id"
)

// startCrypto opens the keys of this device. Each device has an account of its
// own in the tables, so that a new device does not stumble over the old one.
func (a *Adapter) startCrypto(ctx context.Context, key []byte) error {
	db, err := a.database()
	if err != nil {
		return err
	}
	account := a.me.String() + "/" + a.client.DeviceID.String()
	keys := crypto.NewSQLCryptoStore(db, dbutil.NoopLogger, account, a.client.DeviceID, key)
	if err := keys.DB.Upgrade(ctx); err != nil {
		return fmt.Errorf("tables of keys: %w", err)
	}
	restored, err := a.restored(ctx)
	if err != nil {
		return err
	}
	helper, err := cryptohelper.NewCryptoHelper(a.client, key, keyStore{keys, restored})
	if err != nil {
		return err
	}
	if err := helper.Init(ctx); err != nil {
		return cryptoError(err)
	}
	helper.Machine().SetBackgroundCtx(ctx)
	a.client.Crypto, a.crypto = helper, helper
	return nil
}

// cryptoError says what to do about what mautrix reports.
func cryptoError(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "bad mac"), strings.Contains(text, "bad MAC"):
		return ErrPickleKey
	case strings.Contains(text, "disappeared from the server"),
		strings.Contains(text, "not marked as shared"),
		strings.Contains(text, "mismatching identity key"):
		return fmt.Errorf("the keys of the bot's device on the homeserver are not those in the database "+
			"(was an old copy of the database restored?): log the device %q out and start with a password: %w", "Parley", err)
	}
	return err
}

// crossSign makes the device one that its owner vouches for. Clients show
// others with a red shield, or send them no keys at all.
func (a *Adapter) crossSign(ctx context.Context) error {
	mach := a.crypto.Machine()
	if _, err := mach.FetchKeys(ctx, []id.UserID{a.me}, true); err != nil {
		return err
	}
	made, signed, err := mach.GetOwnVerificationStatus(ctx)
	if err != nil || signed {
		return err
	}
	if !made {
		return a.makeIdentity(ctx)
	}
	return a.joinIdentity(ctx)
}

// makeIdentity makes the account's cross-signing keys. The recovery key is in
// its file, and all it opens is on the homeserver, before anybody sees the new
// identity: a crash at any point leaves a start that can be repeated.
func (a *Adapter) makeIdentity(ctx context.Context) error {
	mach := a.crypto.Machine()
	key, err := ssss.NewKey("")
	if err != nil {
		return err
	}
	if err := writeSecret(a.cfg.RecoveryKeyFile, key.RecoveryKey()+"\n"); err != nil {
		return err
	}
	keys, err := mach.GenerateCrossSigningKeys()
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return mach.SSSS.SetKeyData(ctx, key.ID, key.Metadata) },
		func() error { return mach.UploadCrossSigningKeysToSSSS(ctx, key, keys) },
		func() error { return mach.SSSS.SetDefaultKeyID(ctx, key.ID) },
		func() error { return mach.PublishCrossSigningKeys(ctx, keys, a.proof()) },
		func() error { return mach.SignOwnDevice(ctx, mach.OwnIdentity()) },
		func() error { return mach.SignOwnMasterKey(ctx) },
	} {
		if err := step(); err != nil {
			return a.unsigned(err)
		}
	}
	a.log.InfoContext(ctx, "the bot's device is cross-signed", "recovery_key_file", a.cfg.RecoveryKeyFile)
	return nil
}

// proof answers the homeserver that asks for the password once more.
func (a *Adapter) proof() mautrix.UIACallback {
	if a.cfg.Password == "" {
		return nil
	}
	return func(r *mautrix.RespUserInteractive) any {
		return &mautrix.ReqUIAuthLogin{
			BaseAuthData: mautrix.BaseAuthData{Type: mautrix.AuthTypePassword, Session: r.Session},
			User:         a.me.String(), Password: a.cfg.Password,
		}
	}
}

// joinIdentity signs a new device with the keys that the recovery key opens.
func (a *Adapter) joinIdentity(ctx context.Context) error {
	text, err := os.ReadFile(a.cfg.RecoveryKeyFile)
	if err != nil {
		return a.unsigned(fmt.Errorf("the account has an identity, and its recovery key is not in %s", a.cfg.RecoveryKeyFile))
	}
	if err := a.crypto.Machine().VerifyWithRecoveryKey(ctx, strings.TrimSpace(string(text))); err != nil {
		return a.unsigned(err)
	}
	a.log.InfoContext(ctx, "the bot's new device is cross-signed with the recovery key")
	return nil
}

// unsigned lets the bot go on without a signature, unless trying again helps:
// most clients still talk to it.
func (a *Adapter) unsigned(err error) error {
	if temporary(err) || errors.Is(err, context.Canceled) {
		return err
	}
	a.log.Error("the bot's device is not cross-signed, and some clients will not talk to it: "+
		"set matrix.password, and put the account's recovery key into matrix.recovery_key_file",
		"file", a.cfg.RecoveryKeyFile, "err", harmless(err))
	return nil
}
