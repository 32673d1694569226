package config

import (
	"strings"
	"testing"
)

func TestAnAddressWithoutAHostIsOnThisMachineOnly(t *testing.T) {
	for given, want := range map[string]string{
		"": "", ":9464": "127.0.0.1:9464", "9464": "127.0.0.1:9464", "0.0.0.0:9464": "0.0.0.0:9464", "[::]:1": "[::]:1", "localhost:80": "localhost:80",
	} {
		t.Setenv("PARLEY_HTTP_LISTEN", given)
		c, err := Load("")
		if err != nil || c.HTTP.Listen != want {
			t.Errorf("%q is %q, %v", given, c.HTTP.Listen, err)
		}
	}
	t.Setenv("PARLEY_HTTP_LISTEN", "127.0.0.1:")
	if _, err := Load(""); err == nil || !strings.Contains(err.Error(), "http.listen") {
		t.Errorf("%v", err)
	}
}

func TestWhoIsBlockedIsNamedWithTheNetwork(t *testing.T) {
	c, err := Load(write(t, "block:\n  people: [telegram:1, '@x:example.org']\n"))
	if err == nil || !strings.Contains(err.Error(), "block.people") || !strings.Contains(err.Error(), ":2") {
		t.Errorf("%+v, %v", c, err)
	}
	c, err = Load(write(t, "block:\n  people: ['matrix:@x:example.org']\n  chats: [telegram:-1001]\nflood:\n  person: {burst: 3, every: 1m}\n"))
	if err != nil || len(c.Block.People) != 1 || len(c.Block.Chats) != 1 || c.Flood.Person.Burst != 3 || c.Flood.Chat.Burst != 120 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := Load(write(t, "flood:\n  chat:\n    every: 0s\n")); err == nil || !strings.Contains(err.Error(), "flood.chat.every") {
		t.Errorf("%v", err)
	}
}
