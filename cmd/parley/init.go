package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"parley/bot/store"
	"parley/config"
)

// setup is a program that is being set up.
type setup struct {
	file  string // the settings to write
	force bool
	flags *pflag.FlagSet // what was answered, besides what was given
	out   io.Writer
	ask   *asker // nil: nobody to ask

	token, password, storeURL string // secrets, each to get a file of its own
}

func initCommand() *cobra.Command {
	var file string
	var force, ask bool
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a commented file of settings, asking for what is needed",
		Long: "Writes a commented file of settings, and files that only their owner can read for the secrets. On a terminal it\n" +
			"asks for what is needed; what is given as a flag is not asked. Elsewhere it takes the secrets from\n" +
			"PARLEY_TELEGRAM_TOKEN, PARLEY_MATRIX_PASSWORD and PARLEY_STORE_URL. The accounts are tried at once if they can be reached.",
		Args: cobra.NoArgs,
	}
	c.Flags().StringVar(&file, "config", usualFile, "the file to write")
	c.Flags().BoolVar(&force, "force", false, "replace files that are there")
	c.Flags().BoolVar(&ask, "ask", false, "ask also where the input is no terminal")
	config.AddFlags(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		s := setup{file: file, force: force, flags: c.Flags(), out: c.OutOrStdout()}
		if in, ok := c.InOrStdin().(*os.File); ask || ok && isTerminal(in) {
			a, err := newAsker(c.InOrStdin(), s.out)
			if err != nil {
				return err
			}
			defer a.close()
			s.ask = a
		}
		return s.run(c.Context())
	}
	return c
}

func (s *setup) run(ctx context.Context) error {
	if err := s.free(s.file); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{s.telegram, s.matrix, s.store} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	values, err := s.values()
	if err != nil {
		return err
	}
	text, err := config.Commented(values)
	if err != nil {
		return err
	}
	if err := s.write(s.file, text); err != nil {
		return err
	}
	s.goOn()
	return nil
}

// store is asked for, or taken from the environment.
func (s *setup) store(context.Context) error {
	where := os.Getenv("PARLEY_STORE_URL")
	if s.ask != nil && where == "" && !s.given("store.url", "store.url_file") {
		var err error
		if where, err = s.ask.line("What must outlive the program goes into: a SQLite file, or postgres://user:password@host/database", "parley.db"); err != nil {
			return err
		}
	}
	u, err := url.Parse(where)
	if err == nil && store.IsPostgres(where) && (u.User != nil || u.Query().Has("password")) {
		s.storeURL = where
		return nil
	}
	if where == "" {
		return nil
	}
	return s.answer("store.url", where)
}

// given tells whether one of the settings is a flag that was given.
func (s *setup) given(keys ...string) bool {
	for _, key := range keys {
		if f := s.flags.Lookup(key); f != nil && f.Changed {
			return true
		}
	}
	return false
}

// answer takes an answer as if it had been given as a flag.
func (s *setup) answer(key, value string) error { return s.flags.Set(key, value) }

// value is what a setting will be.
func (s *setup) value(key string) string {
	if f := s.flags.Lookup(key); f != nil && f.Changed {
		return f.Value.String()
	}
	return ""
}

// values are the settings to write; the secrets are written to their files.
func (s *setup) values() (map[string]string, error) {
	if _, _, err := (config.Source{Flags: s.flags}).Load(); err != nil {
		return nil, err
	}
	values := make(map[string]string)
	s.flags.Visit(func(f *pflag.Flag) {
		if strings.Contains(f.Name, ".") {
			values[f.Name] = strings.Trim(f.Value.String(), "[]")
		}
	})
	for _, secret := range []struct{ key, name, text string }{
		{"telegram.token_file", "telegram.token", s.token},
		{"matrix.password_file", "matrix.password", s.password},
		{"store.url_file", "store.url", s.storeURL},
	} {
		if secret.text == "" {
			continue
		}
		path := filepath.Join(filepath.Dir(s.file), secret.name)
		if err := s.write(path, secret.text+"\n"); err != nil {
			return nil, err
		}
		values[secret.key] = path
	}
	if values["store.url_file"] != "" {
		values["store.url"] = ""
	}
	return values, nil
}

func (s *setup) free(path string) error {
	if _, err := os.Lstat(path); err == nil && !s.force {
		return fmt.Errorf("%s is there already; --force replaces it", path)
	}
	return nil
}

// write makes a file that only its owner can read, whole or not at all.
func (s *setup) write(path, text string) error {
	if err := s.free(path); err != nil {
		return err
	}
	err := writeWhole(path, func(f *os.File) error {
		_, err := f.WriteString(text)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "wrote %s\n", path)
	return nil
}

// goOn says what comes next.
func (s *setup) goOn() {
	how := ""
	if s.file != usualFile {
		how = " --config " + s.file
	}
	if s.token == "" && !s.given("telegram.token_file", "matrix.homeserver") {
		fmt.Fprintf(s.out, "No network is set yet: give telegram.token_file or matrix.homeserver in %s.\n", s.file)
	}
	fmt.Fprintf(s.out, "Next:\n  parley doctor%s\n  parley run%s\n", how, how)
}
