// Command homeserver builds the homeserver of the Matrix tests, and with -run
// runs it, to try a bot and a client on it by hand. Ctrl-C ends it, and all that
// was said on it is gone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"parley/adapters/matrix/matrixtest"
)

func main() {
	run := flag.Bool("run", false, "run it, with the users parley, alice and bob")
	flag.Parse()
	if err := serve(*run); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(run bool) error {
	start := time.Now()
	if _, err := matrixtest.Build(&progress{}); err != nil || !run {
		return err
	}
	fmt.Printf("built in %.0f s\n", time.Since(start).Seconds())
	hs, err := matrixtest.Launch(matrixtest.Options{})
	if err != nil {
		return err
	}
	defer hs.Stop()
	for _, user := range []string{"parley", "alice", "bob"} {
		if _, err := hs.AddUser(user); err != nil {
			return err
		}
	}
	fmt.Printf("%s, users parley, alice and bob with the password %q; for the bot:\n\n"+
		"    PARLEY_MATRIX_HOMESERVER=%s PARLEY_MATRIX_USER=parley PARLEY_MATRIX_PASSWORD='%s' bin/parley run\n",
		hs.URL, matrixtest.Password, hs.URL, matrixtest.Password)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
	return nil
}

// progress counts the packages that have been compiled, and tells of it now and
// then.
type progress struct {
	lines int
	told  time.Time
}

func (p *progress) Write(b []byte) (int, error) {
	p.lines += strings.Count(string(b), "\n")
	if time.Since(p.told) > 5*time.Second {
		p.told = time.Now()
		fmt.Printf("compiling the homeserver: %d packages so far\n", p.lines)
	}
	return len(b), nil
}
