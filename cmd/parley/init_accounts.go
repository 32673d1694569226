package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ergochat/readline"

	"parley/adapters/matrix"
	"parley/adapters/telegram"
	"parley/config"
)

// telegram asks for the token, until Telegram knows it.
func (s *setup) telegram(ctx context.Context) error {
	if s.given("telegram.token_file") {
		return nil
	}
	for s.token = os.Getenv("PARLEY_TELEGRAM_TOKEN"); ; {
		if s.token == "" && s.ask != nil {
			var err error
			if s.token, err = s.ask.secret("Telegram: the token from @BotFather (empty: not in Telegram)"); err != nil {
				return err
			}
		}
		if s.token == "" {
			return nil
		}
		err := s.tryTelegram(ctx)
		if err == nil || s.ask == nil {
			return err
		}
		fmt.Fprintf(s.out, "%v\n", err)
		s.token = ""
	}
}

// tryTelegram returns an error if the token is wrong for sure.
func (s *setup) tryTelegram(ctx context.Context) error {
	e, err := telegram.NewExaminer(s.value("telegram.api_url"), s.token)
	if err != nil {
		return fmt.Errorf("telegram: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, networkPatience)
	defer cancel()
	x, err := e.Examine(ctx)
	switch {
	case errors.Is(err, telegram.ErrToken):
		return err
	case err != nil:
		fmt.Fprintln(s.out, "Telegram cannot be reached now; parley doctor tries it again.")
	default:
		fmt.Fprintf(s.out, "Telegram: the token is that of @%s.\n", x.Username)
	}
	return nil
}

// matrix asks for the account, until the homeserver lets it in.
func (s *setup) matrix(ctx context.Context) error {
	if s.ask != nil && !s.given("matrix.homeserver") {
		hs, err := s.ask.line("Matrix: the homeserver, as example.org (empty: not in Matrix)", "")
		if err != nil {
			return err
		}
		if hs != "" {
			if err := s.answer("matrix.homeserver", hs); err != nil {
				return err
			}
		}
	}
	if s.value("matrix.homeserver") == "" || s.given("matrix.password_file", "matrix.access_token_file") {
		return nil
	}
	for s.password = os.Getenv("PARLEY_MATRIX_PASSWORD"); ; {
		if err := s.askMatrix(); err != nil {
			return err
		}
		err := s.tryMatrix(ctx)
		if err == nil || s.ask == nil {
			return err
		}
		fmt.Fprintf(s.out, "%v\n", err)
		s.password = ""
		s.flags.Lookup("matrix.user").Changed = false
	}
}

func (s *setup) askMatrix() error {
	if s.ask == nil {
		return nil
	}
	if !s.given("matrix.user") {
		user, err := s.ask.line("Matrix: the bot's user name", "")
		if err != nil {
			return err
		}
		if err := s.answer("matrix.user", user); err != nil {
			return err
		}
	}
	if s.password != "" {
		return nil
	}
	var err error
	s.password, err = s.ask.secret("Matrix: its password")
	return err
}

// tryMatrix returns an error if the account is wrong for sure.
func (s *setup) tryMatrix(ctx context.Context) error {
	cfg, _, err := config.Source{Flags: s.flags}.Load()
	if err != nil {
		return err
	}
	m := cfg.Matrix
	e, err := matrix.NewExaminer(matrix.Config{Homeserver: m.Homeserver, User: m.User, Password: s.password, DeviceName: m.DeviceName})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, networkPatience)
	defer cancel()
	x, err := e.Examine(ctx, "")
	switch {
	case err != nil:
		fmt.Fprintln(s.out, "The homeserver cannot be reached now; parley doctor tries it again.")
	case x.Login != nil:
		return fmt.Errorf("matrix: %w", x.Login)
	default:
		fmt.Fprintf(s.out, "Matrix: logged in as %s, and out again.\n", x.User)
	}
	return nil
}

// asker asks somebody.
type asker struct {
	terminal *readline.Instance // nil: lines are read as they come
	lines    *bufio.Scanner
	out      io.Writer
}

func newAsker(in io.Reader, out io.Writer) (*asker, error) {
	if f, ok := in.(*os.File); ok && isTerminal(f) {
		t, err := readline.NewFromConfig(&readline.Config{})
		return &asker{terminal: t, out: out}, err
	}
	return &asker{lines: bufio.NewScanner(in), out: out}, nil
}

// line asks for something; an empty answer means the usual one.
func (a *asker) line(question, usual string) (string, error) {
	prompt := question + ": "
	if usual != "" {
		prompt = question + " [" + usual + "]: "
	}
	text, err := a.read(prompt, false)
	if text = strings.TrimSpace(text); text == "" {
		text = usual
	}
	return text, err
}

// secret asks for something that is not shown.
func (a *asker) secret(question string) (string, error) {
	text, err := a.read(question+": ", true)
	return strings.TrimSpace(text), err
}

func (a *asker) read(prompt string, hide bool) (string, error) {
	switch {
	case a.terminal != nil && hide:
		text, err := a.terminal.ReadPassword(prompt)
		return string(text), err
	case a.terminal != nil:
		a.terminal.SetPrompt(prompt)
		return a.terminal.ReadLine()
	}
	fmt.Fprintln(a.out, prompt)
	if !a.lines.Scan() {
		return "", errors.Join(a.lines.Err(), errors.New("no answer"))
	}
	return a.lines.Text(), nil
}

// close gives the terminal back.
func (a *asker) close() {
	if a.terminal != nil {
		_ = a.terminal.Close() // what was asked is answered
	}
}
