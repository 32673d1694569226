package matrixtest

import (
	"context"
	"maps"
	"sync"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
)

// keys mends the library's store of keys in memory, which gives out its own maps
// and changes them under a lock for readers.
type keys struct {
	*crypto.MemoryStore
	mu sync.Mutex
}

func (k *keys) PutSignature(ctx context.Context, signed id.UserID, key id.Ed25519, signer id.UserID, by id.Ed25519, signature string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.MemoryStore.PutSignature(ctx, signed, key, signer, by, signature)
}

func (k *keys) GetSignaturesForKeyBy(ctx context.Context, user id.UserID, key id.Ed25519, signer id.UserID) (map[id.Ed25519]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.MemoryStore.GetSignaturesForKeyBy(ctx, user, key, signer)
	return maps.Clone(all), err
}

func (k *keys) IsKeySignedBy(ctx context.Context, user id.UserID, key id.Ed25519, signer id.UserID, by id.Ed25519) (bool, error) {
	all, err := k.GetSignaturesForKeyBy(ctx, user, key, signer)
	return all[by] != "", err
}

func (k *keys) DropSignaturesByKey(ctx context.Context, user id.UserID, key id.Ed25519) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.MemoryStore.DropSignaturesByKey(ctx, user, key)
}

func (k *keys) PutCrossSigningKey(ctx context.Context, user id.UserID, usage id.CrossSigningUsage, key id.Ed25519) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.MemoryStore.PutCrossSigningKey(ctx, user, usage, key)
}

func (k *keys) GetCrossSigningKeys(ctx context.Context, user id.UserID) (map[id.CrossSigningUsage]id.CrossSigningKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.MemoryStore.GetCrossSigningKeys(ctx, user)
	return maps.Clone(all), err
}

func (k *keys) ResetMasterKeyTOFU(ctx context.Context, user id.UserID, key id.Ed25519) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.MemoryStore.ResetMasterKeyTOFU(ctx, user, key)
}

func (k *keys) GetDevices(ctx context.Context, user id.UserID) (map[id.DeviceID]*id.Device, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.MemoryStore.GetDevices(ctx, user)
	return maps.Clone(all), err
}

func (k *keys) PutDevice(ctx context.Context, user id.UserID, device *id.Device) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.MemoryStore.PutDevice(ctx, user, device)
}
