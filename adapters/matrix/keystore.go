package matrix

import (
	"context"
	"strconv"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
)

// KeptRestored is the key under which the store keeps when it was restored from a
// backup, in milliseconds since 1970.
const KeptRestored = "matrix.restored"

func (a *Adapter) restored(ctx context.Context) (time.Time, error) {
	text, err := a.cfg.Store.Kept(ctx, KeptRestored)
	if err != nil {
		return time.Time{}, err
	}
	millis, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, nil // it never was
	}
	return time.UnixMilli(millis), nil
}

// keyStore looks for sessions under the store's lock. The library's own look
// races with whoever adds one. Sessions from before a restore are read with and
// never written with: a key that was used since would be used again, and what it
// locks be refused.
type keyStore struct {
	*crypto.SQLCryptoStore
	restored time.Time
}

// HasSession tells whether there is a session to write to a device with.
func (s keyStore) HasSession(ctx context.Context, key id.SenderKey) bool {
	session, err := s.GetLatestSession(ctx, key)
	return err == nil && session != nil
}

// GetLatestSession returns the session to write to a device with, or nil.
func (s keyStore) GetLatestSession(ctx context.Context, key id.SenderKey) (*crypto.OlmSession, error) {
	latest, err := s.SQLCryptoStore.GetLatestSession(ctx, key)
	if err != nil || latest == nil || latest.CreationTime.After(s.restored) {
		return latest, err
	}
	all, err := s.GetSessions(ctx, key)
	if err != nil {
		return nil, err
	}
	latest = nil
	for _, session := range all {
		if session.CreationTime.After(s.restored) && (latest == nil || session.LastDecryptedTime.After(latest.LastDecryptedTime)) {
			latest = session
		}
	}
	return latest, nil
}
