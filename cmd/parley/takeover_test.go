package main

import (
	"flag"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

var takeovers = flag.Int("takeovers", 2, "how often the process that polls and is in Matrix is killed")

// runsMatrix tells whether a process is in Matrix itself, and does not stand by.
func runsMatrix(r readyReport) bool { return r.Parts["matrix"].Why == "" }

func TestAnotherProcessTakesOverWithinFifteenSeconds(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	if db == nil {
		return
	}
	hs, tg := matrixtest.Start(t), telegramtest.New(t, telegramtest.Options{})
	here := matrixSite(t, hs, hs.URL, "parley").with(site{"TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API_URL": tg.URL, "STORE_URL": db.url})
	r, q := withPerson(t, hs, nil, "alice", "@parley:"+matrixtest.ServerName), newQuestions(tg, 1)
	p := here.run(t)
	p.await(t, func(rep readyReport) bool { return rep.Ready && runsMatrix(rep) })
	room := r.Room(t, true, r.bot)
	r.AwaitMember(t, room, r.bot)
	r.Reply(t, r.Say(t, room, asks[0]))
	for range *takeovers {
		other := here.run(t)
		other.await(t, func(rep readyReport) bool { return rep.Ready && !runsMatrix(rep) })
		began := time.Now()
		p.kill()
		q.ask()
		asked := r.Say(t, room, asks[0])
		if doubled := q.judge(t, 2*within); doubled > 0 {
			t.Errorf("%d doubled in Telegram", doubled)
		}
		inTelegram := time.Since(began)
		r.Reply(t, asked)
		inRoom := time.Since(began)
		t.Logf("answered again after a kill in Telegram in %s, in Matrix in %s", inTelegram.Round(100*time.Millisecond), inRoom.Round(100*time.Millisecond))
		if max(inTelegram, inRoom) > 15*time.Second {
			t.Error("that is too late")
		}
		if n := len(r.Seen(matrixtest.RepliesTo(asked))); n != 1 {
			t.Errorf("%d answers in Matrix", n)
		}
		p = other
	}
}
