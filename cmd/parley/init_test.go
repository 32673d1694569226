package main

import (
	"os"
	"strings"
	"testing"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
	"parley/config"
)

// private fails unless a file can be read by its owner only, and returns what it holds.
func private(t *testing.T, name string) string {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %o", name, info.Mode().Perm())
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestInitAsksUntilTheAccountsWorkAndTheProgramRunsByWhatItWrote(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	hs := matrixtest.Start(t)
	user := hs.Register(t, "parley")
	t.Chdir(t.TempDir())
	in := strings.Join([]string{"1:wrong", s.Token, hs.URL, user, "not it", user, matrixtest.Password, ""}, "\n") + "\n"
	out, code := run(t, in, "init", "--ask", "--telegram.api_url", s.URL, "--matrix.invites", "example.org,@a:example.org")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	says(t, out, "the token is wrong", "the token is that of @parley_bot", "refuses this user and password", "logged in as @parley:", "parley doctor\n  parley run\n")
	if strings.Contains(out, s.Token) || strings.Contains(out, matrixtest.Password) {
		t.Errorf("it shows secrets: %s", out)
	}
	if text := private(t, "parley.yaml"); !strings.Contains(text, "# from @BotFather") || strings.Contains(text, s.Token) || strings.Contains(text, matrixtest.Password) {
		t.Error(text)
	}
	if private(t, "telegram.token") != s.Token+"\n" || private(t, "matrix.password") != matrixtest.Password+"\n" {
		t.Error("the secrets are not in their files")
	}
	found, code := examined(t)
	says(t, found, "ok settings: from parley.yaml", "ok secret files: 2", "@parley_bot", "logged in as @parley:")
	if code != 0 {
		t.Errorf("the doctor: exit %d\n%s", code, found)
	}
	p, logged := startLogging(t, "run")
	defer p.kill()
	u := s.User("Ann", "en")
	if r, ok := s.WaitReply(s.Say(s.Private(u), u, asks[0]), within); !ok || !strings.Contains(r.Text, "72") {
		t.Errorf("answered %v: %s", ok, r.Text)
	}
	if !logged("cross-signed") {
		t.Error("not in Matrix")
	}
	if out, code := run(t, in, "init", "--ask"); code != 2 || !strings.Contains(out, "parley.yaml is there already") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestInitTakesFlagsAndTheEnvironmentWhereNobodyCanBeAsked(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PARLEY_TELEGRAM_TOKEN", "1:abc")
	t.Setenv("PARLEY_STORE_URL", "postgres://u:pw@h/db")
	file := dir + "/bot.yaml"
	out, code := run(t, "", "init", "--config", file, "--telegram.api_url", "http://127.0.0.1:1", "--matrix.encryption", "false", "--log.level", "warn")
	if code != 0 || !strings.Contains(out, "parley doctor --config "+file) || !strings.Contains(out, "cannot be reached now") {
		t.Fatalf("exit %d: %s", code, out)
	}
	t.Setenv("PARLEY_TELEGRAM_TOKEN", "")
	t.Setenv("PARLEY_STORE_URL", "")
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Log.Level != "warn" || c.Matrix.Encryption || c.Telegram.TokenFile != dir+"/telegram.token" || c.Store.URL != "postgres://u:pw@h/db" {
		t.Errorf("%+v", c)
	}
	private(t, dir+"/store.url")
	if out, code := run(t, "", "init", "--config", file, "--log.level", "loud", "--force"); code != 2 || !strings.Contains(out, "--log.level") {
		t.Errorf("exit %d: %s", code, out)
	}
	if out, code := run(t, "", "init", "--config", file, "--force"); code != 0 || !strings.Contains(out, "No network is set yet") {
		t.Errorf("exit %d: %s", code, out)
	}
}
