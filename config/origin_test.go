package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// settingsOf loads from all places and returns the settings by key.
func settingsOf(t *testing.T, file string, args ...string) (*Config, map[string]Setting) {
	t.Helper()
	flags := pflag.NewFlagSet("parley", pflag.ContinueOnError)
	AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	c, list, err := Source{File: file, Flags: flags}.Load()
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]Setting)
	for _, s := range list {
		out[s.Key] = s
	}
	return c, out
}

func TestFlagsWinOverTheEnvironmentThatOverTheFileThatOverTheDefault(t *testing.T) {
	file := write(t, "log:\n  level: warn\nmatrix:\n  prefix: '!p'\n  device_name: Bot\n  invites: [nobody]\n")
	t.Setenv("PARLEY_LOG_LEVEL", "debug")
	t.Setenv("PARLEY_MATRIX_PREFIX", "!q")
	c, s := settingsOf(t, file, "--log.level", "error", "--matrix.encryption", "false", "--announce.round", "2m")
	for key, want := range map[string]string{
		"log.level":          "error --log.level",
		"matrix.prefix":      "!q PARLEY_MATRIX_PREFIX",
		"matrix.device_name": "Bot " + file + ":5",
		"matrix.invites":     "nobody " + file + ":6",
		"matrix.max_age":     "1h default",
		"matrix.encryption":  "false --matrix.encryption",
	} {
		if got := s[key].Value + " " + s[key].Origin.String(); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	if c.Log.Level != "error" || c.Matrix.Prefix != "!q" || c.Matrix.Encryption || c.Announce.Round.Minutes() != 2 {
		t.Errorf("%+v", c)
	}
}

func TestEveryFlagIsExplained(t *testing.T) {
	flags := pflag.NewFlagSet("parley", pflag.ContinueOnError)
	AddFlags(flags)
	for key := range defaults {
		f := flags.Lookup(key)
		if secretKeys[key] != (f == nil) {
			t.Errorf("%s: flag %v", key, f)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Setenv("PARLEY_TELEGRAM_TOKEN", "1:secret")
	t.Setenv("PARLEY_MATRIX_PASSWORD", "secret")
	for _, url := range []string{"postgres://u:secret@h/db", "postgres://u@h/db?password=secret", "postgres://u:secret@h:%zz/db"} {
		t.Setenv("PARLEY_STORE_URL", url)
		_, s := settingsOf(t, "")
		if all := fmt.Sprint(s); strings.Contains(all, "secret@") || strings.Contains(all, "1:secret") || strings.Contains(all, "=secret") || strings.Contains(all, " secret") {
			t.Error(all)
		}
	}
}

func TestSecretsComeFromFilesAndCredentials(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"telegram.token": "1:cred", "store.url": "postgres://h/db\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	c, s := settingsOf(t, "")
	token, err := c.Secret(c.Telegram.Token, "telegram.token_file")
	if err != nil || token != "1:cred" || c.Store.URL != "postgres://h/db" {
		t.Errorf("%q, %v, %+v", token, err, c.Store)
	}
	if o := s["telegram.token_file"].Origin.String(); o != "credential telegram.token" {
		t.Error(o)
	}
	t.Setenv("PARLEY_TELEGRAM_TOKEN", "1:env")
	if c, _ = settingsOf(t, ""); c.Telegram.Token != "1:env" || c.Telegram.TokenFile != "" {
		t.Errorf("%+v", c.Telegram)
	}
}

func TestTheHigherPlaceDecidesBetweenASecretAndItsFile(t *testing.T) {
	file := write(t, "telegram:\n  token: 1:direct\n")
	t.Setenv("PARLEY_TELEGRAM_TOKEN_FILE", write(t, "1:file"))
	if c, _ := settingsOf(t, file); c.Telegram.Token != "" || c.Telegram.TokenFile == "" {
		t.Errorf("%+v", c.Telegram)
	}
	t.Setenv("PARLEY_TELEGRAM_TOKEN_FILE", "")
	both := write(t, "telegram:\n  token: 1:direct\n  token_file: x\n")
	if _, err := Load(both); err == nil || !strings.Contains(err.Error(), ":3: telegram.token_file: is set together with telegram.token") {
		t.Error(err)
	}
	if _, err := Load(write(t, "store:\n  url_file: /nowhere/url\n")); err == nil || !strings.Contains(err.Error(), ":2: store.url_file:") {
		t.Error(err)
	}
}

func TestAFileMadeOfTheManualSaysWhatItWasTold(t *testing.T) {
	given := map[string]string{
		"telegram.token_file": "a b #c.token", "matrix.homeserver": "https://example.org", "matrix.encryption": "false",
		"matrix.invites": "example.org,@a:example.org", "log.level": "warn", "store.url": "true",
	}
	text, err := Commented(given)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, text)
	_, s := settingsOf(t, file)
	given["matrix.invites"] = "example.org, @a:example.org"
	for key, want := range given {
		if s[key].Value != want {
			t.Errorf("%s: %q, want %q", key, s[key].Value, want)
		}
	}
	if !strings.Contains(text, "# from @BotFather") || strings.Count(text, "\n") != strings.Count(example, "\n") {
		t.Error(text)
	}
	if _, err := Commented(map[string]string{"log.levle": "x"}); err == nil {
		t.Error("an unknown key is taken")
	}
}
