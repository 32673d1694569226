package main

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

// tuesday: a store made by the first release, with what it knew.
func tuesday(t *testing.T, _ *matrixtest.Homeserver) {
	tg := telegramtest.New(t, telegramtest.Options{})
	here := telegramSite(t, tg)
	u := tg.User("Ann", "en")
	done, open := tg.Say(tg.Private(u), u, asks[0]), tg.Say(tg.Private(u), u, asks[0])
	begun := time.Now().UnixMilli()
	first, err := os.ReadFile("../../bot/store/migrations/sqlite/001_start.sql")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", here["STORE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`CREATE TABLE parley_schema (version INTEGER NOT NULL); INSERT INTO parley_schema (version) VALUES (1)`, string(first),
		fmt.Sprintf(`INSERT INTO inbox (network, id, state, at) VALUES ('telegram', '%d.%d', 2, %d)`, telegramtest.BotID, done.Update, begun),
		fmt.Sprintf(`INSERT INTO chats (network, id, lang, at) VALUES ('telegram', '%d', 'tr', %d)`, u.ID, begun),
	} {
		if _, err := db.Exec(text); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	said, code := here.call(t, "doctor")
	if code != 0 || !strings.Contains(said, "schema 1") {
		t.Errorf("exit %d: %s", code, said)
	}
	p := here.run(t)
	if _, ok := tg.WaitReply(open, within); !ok {
		t.Fatal("no answer")
	}
	next := tg.Say(tg.Private(u), u, "/next")
	if r, ok := tg.WaitReply(next, within); !ok || !strings.Contains(strings.ToLower(r.Text), "görüşme") {
		t.Errorf("the language of the chat is forgotten: %v %s", ok, r.Text)
	}
	if n := len(tg.Replies(done)); n != 0 {
		t.Errorf("%d answers to what was answered before the upgrade", n)
	}
	p.stop()
	if said := here.must(t, "doctor"); strings.Contains(said, "schema 1,") {
		t.Error(said)
	}
}
