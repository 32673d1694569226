package matrix

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// pickleKey reads the key that locks what the database keeps secret, or makes
// it on the first start. used tells that the database was made with one.
func pickleKey(path string, used bool) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if used {
			return nil, fmt.Errorf("%s is missing: %w", path, ErrPickleKey)
		}
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		return key, writeSecret(path, hex.EncodeToString(key)+"\n")
	}
	if err != nil {
		return nil, fmt.Errorf("read the pickle key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(data)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s holds no pickle key (64 hexadecimal digits): %w", path, ErrPickleKey)
	}
	return key, nil
}

// writeSecret writes a file that only its owner can read, whole or not at all.
func writeSecret(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".parley-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// seal locks a text with the pickle key, so that the database alone lets
// nobody in.
func seal(key []byte, text string) (string, error) {
	g, err := sealer(key)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(g.Seal(nil, nil, []byte(text), nil)), nil
}

// unseal returns ErrPickleKey if the text was locked with another key.
func unseal(key []byte, sealed string) (string, error) {
	g, err := sealer(key)
	if err != nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", ErrPickleKey
	}
	text, err := g.Open(nil, nil, data, nil)
	if err != nil {
		return "", ErrPickleKey
	}
	return string(text), nil
}

// sealer derives a key of its own, so that the pickle key serves one purpose.
func sealer(key []byte) (cipher.AEAD, error) {
	sum := sha256.Sum256(append([]byte("parley matrix session\x00"), key...))
	b, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(b)
}
