// Package console talks on a terminal. It is the simplest adapter, and the
// first to read.
package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ergochat/readline"
	"github.com/mattn/go-isatty"

	"parley/bot"
)

var _ bot.Adapter = (*Adapter)(nil)

// Config is what a console talks through.
type Config struct {
	In     io.Reader // os.Stdin: with line editing and history if it is a terminal
	Out    io.Writer
	Say    func(lang, key string) string // phrases of the language packs
	Date   func(lang, iso string) string
	Colour bool
	Lang   string // of the words around the answers
}

// Adapter is the console as a network: one chat, one person.
type Adapter struct {
	c Config
}

// Name is the name of the network.
const Name = "console"

// New makes a console.
func New(c Config) *Adapter {
	return &Adapter{c: c}
}

// Terminal tells whether f is a terminal, and colours are wanted (no-color.org).
func Terminal(f *os.File) (terminal, colour bool) {
	terminal = isatty.IsTerminal(f.Fd())
	return terminal, terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// Name is the name of the network.
func (a *Adapter) Name() string { return Name }

// lines reads what is typed.
type lines interface {
	next() (string, error)
	io.Closer
}

// Run reads lines until the input or ctx ends. Each is answered before the next
// is read.
func (a *Adapter) Run(ctx context.Context, handle bot.Handler) error {
	in, err := a.lines()
	if err != nil {
		return err
	}
	defer in.Close()
	stop := context.AfterFunc(ctx, func() { in.Close() })
	defer stop()
	for n := 1; ; n++ {
		line, err := in.next()
		switch {
		case ctx.Err() != nil, errors.Is(err, io.EOF), errors.Is(err, readline.ErrInterrupt):
			return nil
		case err != nil:
			return fmt.Errorf("read input: %w", err)
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		m := parse(line)
		m.Chat, m.ID, m.From, m.Hint = bot.Chat{Network: Name, ID: "terminal"}, fmt.Sprint(n), "you", a.c.Lang
		answered := make(chan struct{})
		if err := handle(ctx, m, func(error) { close(answered) }); err != nil {
			return nil // ctx ended
		}
		<-answered
	}
}

// parse tells a command from a question.
func parse(line string) (m bot.Message) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "/") {
		m.Text = line
		return m
	}
	name, args, _ := strings.Cut(line[1:], " ")
	m.Command, m.Args = name, strings.TrimSpace(args)
	return m
}

func (a *Adapter) lines() (lines, error) {
	f, ok := a.c.In.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return &piped{bufio.NewReader(a.c.In)}, nil
	}
	prompt := "> "
	if a.c.Colour {
		prompt = "\x1b[1m>\x1b[0m "
	}
	rl, err := readline.NewFromConfig(&readline.Config{Prompt: prompt, Stdin: f, Stdout: os.Stdout, HistoryLimit: 500})
	if err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	return &typed{rl}, nil
}

type typed struct{ *readline.Instance }

func (t *typed) next() (string, error) { return t.ReadLine() }

// piped reads lines that come through a pipe or from a file.
type piped struct{ *bufio.Reader }

func (p *piped) next() (string, error) {
	s, err := p.ReadString('\n')
	if s != "" {
		return s, nil
	}
	return s, err
}

func (p *piped) Close() error { return nil }
