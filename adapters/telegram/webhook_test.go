package telegram

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/adapters/telegram/telegramtest"
)

// hooked lets a rig use a webhook on a free port.
func hooked(t *testing.T) (func(*Config), string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	url := "http://" + addr + "/hook"
	return func(c *Config) {
		c.Mode, c.Webhook = Webhook, WebhookConfig{URL: url, Listen: addr, Secret: "open-TEST-token"}
	}, url
}

func TestAWebhookReceivesUpdates(t *testing.T) {
	change, _ := hooked(t)
	r := start(t, telegramtest.Options{}, change)
	u := r.User("A", "en")
	m := r.Say(r.Private(u), u, "q")
	r.mustReply(t, m)
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if n := len(r.Requests("deleteWebhook")); n != 1 || len(r.Replies(m)) != 1 {
		t.Errorf("removed %d times, %d replies", n, len(r.Replies(m)))
	}
}

func TestAWebhookLetsOnlyTelegramIn(t *testing.T) {
	change, url := hooked(t)
	r := start(t, telegramtest.Options{}, change)
	update := `{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"from":{"id":5},"text":"sesame"}}`
	for name, c := range map[string]struct {
		secret, path, body string
		want               int
	}{
		"no secret":    {"", "", update, 403},
		"wrong secret": {"open-TEST-tokem", "", update, 403},
		"other path":   {"open-TEST-token", "/x", update, 404},
		"too long":     {"open-TEST-token", "", strings.Repeat("x", maxUpdate+1), 413},
		"no update":    {"open-TEST-token", "", "{}", 400},
	} {
		req, _ := http.NewRequest(http.MethodPost, url+c.path, bytes.NewReader([]byte(c.body)))
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", c.secret)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	if len(r.got) != 0 {
		t.Error("something was passed on")
	}
}

// never is a body that does not come.
type never struct{ end <-chan struct{} }

func (n never) Read([]byte) (int, error) { <-n.end; return 0, io.EOF }

func TestAWebhookRefusesStrangersWithoutReadingWhatTheySend(t *testing.T) {
	change, url := hooked(t)
	start(t, telegramtest.Options{}, change)
	end := make(chan struct{})
	defer close(end)
	began := time.Now()
	req, _ := http.NewRequest(http.MethodPost, url, never{end})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if d := time.Since(began); resp.StatusCode != http.StatusForbidden || d > soon {
		t.Errorf("%d after %s", resp.StatusCode, d)
	}
}
