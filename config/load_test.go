package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "parley.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTheEnvironmentAloneIsEnough(t *testing.T) {
	t.Setenv("PARLEY_TELEGRAM_TOKEN", "1:abc")
	t.Setenv("PARLEY_STORE_URL", "/tmp/x.db")
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	if c.Telegram.Token != "1:abc" || c.Store.URL != "/tmp/x.db" || c.Telegram.Mode != "polling" || !c.Matrix.Encryption {
		t.Errorf("%+v", c)
	}
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	t.Setenv("PARLEY_LOG_LEVEL", "debug")
	c, err := Load(write(t, "log:\n  level: warn\nstore:\n  url: other.db\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Log.Level != "debug" || c.Store.URL != "other.db" {
		t.Errorf("%+v", c)
	}
}

func TestTheExampleIsTheManual(t *testing.T) {
	c, err := Load("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	if c.Telegram != plain.Telegram || c.Store != plain.Store || c.Log != plain.Log || c.Matrix.MaxAge != plain.Matrix.MaxAge {
		t.Errorf("the example says %+v, the defaults are %+v", c, plain)
	}
	lines, err := keysOf("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for key := range defaults {
		if lines[key] == 0 {
			t.Errorf("%s is not in the example", key)
		}
	}
}

func TestAMistakeIsNamedWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"typo":        {"log:\n  levle: info\n", `:2: unknown setting "log.levle"`},
		"bad value":   {"telegram:\n  mode: pulling\n", `:2: telegram.mode: "pulling" should be one of`},
		"wrong type":  {"matrix:\n  encryption: [1]\n", ":2: matrix.encryption:"},
		"broken YAML": {"log: [\n", "yaml:"},
		"token":       {"telegram:\n  token: 1:abc/SESAME\n", ":2: telegram.token: contains"},
		"api_url":     {"telegram:\n  api_url: ftp://SESAME\n", ":2: telegram.api_url: should be"},
		"webhook.url": {"telegram:\n  mode: webhook\n  webhook:\n    url: SESAME\n", ":4: telegram.webhook.url: should be"},
		"no url":      {"telegram:\n  mode: webhook\n", "telegram.webhook.url (PARLEY_TELEGRAM_WEBHOOK_URL): should be"},
		"listen":      {"telegram:\n  mode: webhook\n  webhook:\n    url: https://x.example\n    listen: SESAME\n", ":5: telegram.webhook.listen: should be"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "SESAME") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestASecretFileLosesItsLineEnd(t *testing.T) {
	c, err := Load(write(t, "matrix:\n  password_file: "+write(t, "hunter2\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := c.Secret("", "matrix.password_file"); err != nil || s != "hunter2" {
		t.Errorf("%q, %v", s, err)
	}
}

func TestASecretFileThatIsMissingIsNamedWithItsPlace(t *testing.T) {
	c, err := Load(write(t, "telegram:\n  mode: polling\n  token_file: /not/there\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Secret("", "telegram.token_file"); err == nil || !strings.Contains(err.Error(), ".yaml:3: telegram.token_file: open /not/there") {
		t.Errorf("%v", err)
	}
}

func TestLimitsCanBeSwitchedAsPeopleWrite(t *testing.T) {
	for text, want := range map[string]string{"auto": "auto", "off": "off", "false": "off", "true": "on", "on": "on", "\"no\"": "off"} {
		c, err := Load(write(t, "telegram:\n  limits: "+text+"\n"))
		if err != nil || c.Telegram.Limits != want {
			t.Errorf("%s: %v %v", text, c, err)
		}
	}
	if _, err := Load(write(t, "telegram:\n  limits: some\n")); err == nil || !strings.Contains(err.Error(), ":2") {
		t.Errorf("some: %v", err)
	}
	t.Setenv("PARLEY_TELEGRAM_LIMITS", "false")
	if c, err := Load(""); err != nil || c.Telegram.Limits != "off" {
		t.Errorf("%+v %v", c, err)
	}
}
