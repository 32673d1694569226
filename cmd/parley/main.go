// Command parley answers questions about the peace talks between Ukraine and
// Russia, in a terminal, in Telegram and in Matrix rooms. It wires the parts
// together and knows nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones of quiet hours and meetings, where the system has none
)

// exit is an error that only says with which code to end.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root().ExecuteContext(ctx)
	var code exit
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(2)
	}
}
