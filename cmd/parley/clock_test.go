package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is the clock of a machine, which can be set while programs run on it. Such
// a program is the released one, built with a package time that adds what a file
// says: no clock but the system's can be set for a static binary, and that one
// belongs to all. Monotonic time goes on, as it does when a clock is set. The names
// that can be resolved there are in a file of its own, for the same reason.
type clock struct {
	t           *testing.T
	file, hosts string
}

const (
	clockFile = "PARLEY_TEST_CLOCK"
	hostsFile = "PARLEY_TEST_HOSTS"
)

func newClock(t *testing.T) *clock {
	t.Helper()
	dir := t.TempDir()
	c := &clock{t, filepath.Join(dir, "clock"), filepath.Join(dir, "hosts")}
	c.set(0)
	return c
}

// resolve gives a name this machine's address. It takes Go some seconds to see that.
func (c *clock) resolve(name string) {
	c.t.Helper()
	if err := os.WriteFile(c.hosts, []byte("127.0.0.1 "+name+"\n"), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// set makes the clock differ from the true time by so much.
func (c *clock) set(by time.Duration) {
	c.t.Helper()
	f, err := os.OpenFile(c.file, os.O_WRONLY|os.O_CREATE, 0o600) // in place: it is mapped
	if err == nil {
		_, err = f.Write(binary.NativeEndian.AppendUint64(nil, uint64(by/time.Second)))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// site is a place where this clock is.
func (c *clock) site() site {
	c.t.Helper()
	bin, err := movable()
	if err != nil {
		c.t.Fatal(err)
	}
	return site{"TEST_CLOCK": c.file, "TEST_HOSTS": c.hosts, theProgram: bin}
}

// edits are what is changed in Go's own sources. SQLite asks the system for the time
// by itself, not package time.
var edits = []struct{ name, old, by string }{
	{"time/time.go", "import (\n", "import (\n\t\"syscall\"\n"},
	{"time/time.go", "mono := runtimeNow()\n", "mono := runtimeNow()\n\tsec += *syscall.Moved\n"},
	{"net/hook_unix.go", `hostsFilePath = "/etc/hosts"`, `hostsFilePath, _ = syscall.Getenv("` + hostsFile + `")`},
	{"syscall/syscall_linux.go", "(trap, a1, a2, a3, 0, 0, 0)\n\truntime_exitsyscall()\n", `(trap, a1, a2, a3, 0, 0, 0)
	runtime_exitsyscall()
	if trap == SYS_CLOCK_GETTIME && a1 == 0 {
		*(*int64)(unsafe.Pointer(a2)) += *Moved
	}
`},
	{"syscall/syscall_linux.go", "// Pull in entersyscall", `var Moved *int64

func init() {
	name, _ := Getenv("` + clockFile + `")
	fd, err := Open(name, O_RDONLY|O_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	data, err := Mmap(fd, 0, 8, PROT_READ, MAP_SHARED)
	if err != nil {
		panic(err)
	}
	Moved = (*int64)(unsafe.Pointer(&data[0]))
}

// Pull in entersyscall`},
}

// movable is the program with such a clock.
var movable = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	if movableIn, err = os.MkdirTemp("", "parley-clock-"); err != nil {
		return "", err
	}
	texts, files := map[string]string{}, map[string]string{}
	for _, e := range edits {
		name := filepath.Join(strings.TrimSpace(string(root)), "src", e.name)
		if texts[name] == "" {
			text, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			texts[name] = string(text)
		}
		if n := strings.Count(texts[name], e.old); n != 1 {
			return "", fmt.Errorf("%s has %d of %q", name, n, e.old)
		}
		texts[name] = strings.Replace(texts[name], e.old, e.by, 1)
	}
	for name, text := range texts {
		files[name] = filepath.Join(movableIn, filepath.Base(name))
		if err := os.WriteFile(files[name], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		return "", err
	}
	file := filepath.Join(movableIn, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return "", err
	}
	return buildIn(movableIn, "-overlay", file)
})

// movableIn is the folder to remove when all is done.
var movableIn string
