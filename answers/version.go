package answers

import (
	"crypto/sha256"
	"encoding/hex"
)

// ModelVersion names the embedded model: two programs with the same one have
// learnt the same.
func ModelVersion() string {
	sum := sha256.Sum256(embeddedModel)
	return hex.EncodeToString(sum[:6])
}
