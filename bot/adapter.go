package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Handler takes a message. It returns once the message is in its chat's lane,
// and waits while that lane is full. done is called when the message has been
// dealt with, with what became of it; an adapter confirms to its network then,
// not before.
type Handler func(ctx context.Context, m Message, done func(error)) error

// Adapter is one network. Run blocks until ctx ends and all that it started
// has ended too.
type Adapter interface {
	Name() string
	Run(ctx context.Context, handle Handler) error
	// Send posts a reply and returns its id, or no id if it keeps the reply to
	// post it later. Errors are ErrGone, Busy, ErrUncertain, or others that
	// trying again does not mend.
	Send(ctx context.Context, to Chat, r Reply) (id string, err error)
}

// Editor is an adapter that can change what it has sent.
type Editor interface {
	Adapter
	Edit(ctx context.Context, to Chat, id string, r Reply) error
}

// Pinner is an adapter that can pin what it has sent.
type Pinner interface {
	Editor
	Pin(ctx context.Context, to Chat, id string) error
	Unpin(ctx context.Context, to Chat, id string) error
}

// Typer is an adapter that can show that an answer is on its way.
type Typer interface {
	Adapter
	Typing(ctx context.Context, to Chat) error
}

// Standby is an adapter that only one of several processes may run: the others
// stand by.
type Standby interface {
	Adapter
	StandsBy() bool // it waits for the one that does to end
}

// ErrRestart is returned by Run when the adapter must be made anew.
var ErrRestart = errors.New("to be started again")

// ErrGone is returned when a chat cannot be written to any more: left, blocked,
// deleted. What is kept of it is forgotten.
var ErrGone = errors.New("chat is gone")

// ErrUncertain is returned when the connection broke after a request went out:
// the message may or may not have been sent.
var ErrUncertain = errors.New("fate of the message is unknown")

// ErrMuted is returned when the bot is in the chat and may not write there.
var ErrMuted = errors.New("the bot may not write in this chat")

// ErrMoved is returned for what nobody waits for when the chat goes on under
// another id; what is kept of it is kept under that id by then.
var ErrMoved = errors.New("the chat has another id now")

// ErrLost is returned when the message to edit or pin is not there any more or
// cannot be changed.
var ErrLost = errors.New("the message cannot be changed")

// ErrMayNotPin is returned when the bot lacks the right to pin. The message
// itself stands.
var ErrMayNotPin = errors.New("the bot may not pin in this chat")

// Busy is returned when the network asks to wait.
type Busy struct{ After time.Duration }

func (b Busy) Error() string { return fmt.Sprintf("network asks to wait %s", b.After) }
