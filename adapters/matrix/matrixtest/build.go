// Package matrixtest gives tests a real homeserver, people who talk on it, and
// a proxy that makes it misbehave. It knows nothing of the adapter.
package matrixtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// Version is the homeserver's.
const Version = "v0.15.2"

// Build builds the homeserver if nobody has yet, tells progress of how far it
// is, and returns the path of the program. Several may ask at once: the file
// lock lets one build.
func Build(progress io.Writer) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "parley-test", "dendrite-"+Version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close() // frees the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	pins, err := os.ReadFile(filepath.Join(module(), "go.sum"))
	if err != nil {
		return "", err
	}
	// Other pins are another homeserver.
	path := filepath.Join(dir, fmt.Sprintf("dendrite-%x", sha256.Sum256(pins))[:24])
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, build(path, progress)
}

// module is the folder of the pinned module, beside this file.
func module() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "dendrite")
}

// build compiles the pinned module. The result appears whole
// or not at all.
func build(path string, progress io.Writer) error {
	cmd := exec.Command("go", "build", "-v", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", path+".new",
		"github.com/element-hq/dendrite/cmd/dendrite")
	cmd.Dir = module()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	var said bytes.Buffer
	cmd.Stdout = io.MultiWriter(&said, progress)
	cmd.Stderr = cmd.Stdout
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build the homeserver: %w\n%s", err, said.Bytes()[max(0, said.Len()-2000):])
	}
	return os.Rename(path+".new", path)
}
