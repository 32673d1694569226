// Package matrixtest gives tests a real homeserver, people who talk on it, and
// a proxy that makes it misbehave. It knows nothing of the adapter.
package matrixtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// Version is the homeserver's.
const Version = "v0.15.2"

// binary returns the path of the homeserver, building it if nobody has yet.
// Several test programs may ask at once: the file lock lets one build.
func binary() (string, error) {
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
	path := filepath.Join(dir, "dendrite")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, build(path)
}

// build compiles the pinned module beside this file. The result appears whole
// or not at all.
func build(path string) error {
	_, here, _, _ := runtime.Caller(0)
	cmd := exec.Command("go", "build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", path+".new",
		"github.com/element-hq/dendrite/cmd/dendrite")
	cmd.Dir = filepath.Join(filepath.Dir(here), "dendrite")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the homeserver: %w\n%s", err, out)
	}
	return os.Rename(path+".new", path)
}
