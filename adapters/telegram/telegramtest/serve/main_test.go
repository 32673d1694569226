package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"parley/adapters/telegram/telegramtest"
)

func TestWhatTheBotSendsIsShown(t *testing.T) {
	s := telegramtest.New(t, telegramtest.Options{})
	var out strings.Builder
	talk := newTalk(s, "en", &out)
	form := url.Values{"chat_id": {strconv.FormatInt(talk.u.ID, 10)}, "text": {"sesame"}}
	resp, err := http.PostForm(s.URL+"/bot"+s.Token+"/sendMessage", form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, c := range []*telegramtest.Chat{talk.private, talk.group} {
		talk.show(c)
	}
	talk.say("who?")
	talk.say("~ where?")
	if !strings.Contains(out.String(), "sesame") || s.Unconfirmed() != 2 {
		t.Errorf("%d updates, shown: %s", s.Unconfirmed(), out.String())
	}
}
