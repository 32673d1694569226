package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/adapters/matrix/matrixtest"
	"parley/adapters/telegram/telegramtest"
)

func notUp(network string) func(readyReport) bool {
	return func(r readyReport) bool { p, known := r.Parts[network]; return known && !p.OK }
}

// answered asks in a room and looks whether the right thing is said.
func (r *rooms) answered(t *testing.T) {
	t.Helper()
	room := r.Room(t, true, r.bot)
	r.AwaitMember(t, room, r.bot)
	if got := r.Reply(t, r.Say(t, room, asks[0])).Content.AsMessage().Body; !strings.Contains(got, "72") {
		t.Errorf("in Matrix answered %s", got)
	}
}

// friday: the name of the Bot API cannot be resolved, then nobody is at its address,
// then somebody is. Meanwhile Matrix goes on.
func friday(t *testing.T, hs *matrixtest.Homeserver) {
	const name = "bot-api.invalid"
	addr := freeAddress(t)
	r := withPerson(t, hs, nil, "friday", "@parley-friday:"+matrixtest.ServerName)
	o := telegramtest.Options{Addr: addr, Token: "123456:TEST-friday"}
	c := newClock(t)
	here := matrixSite(t, hs, hs.URL, "parley-friday").with(c.site()).with(site{"TELEGRAM_TOKEN": o.Token, "TELEGRAM_API_URL": "http://" + strings.Replace(addr, "127.0.0.1", name, 1)})
	p := here.run(t)
	p.await(t, notUp("telegram"))
	r.answered(t)
	if log := p.log.String(); !strings.Contains(log, name) {
		t.Errorf("the log does not say what is wrong: %s", log)
	}
	c.resolve(name)
	pause(t.Context(), 6*time.Second) // so long Go may remember that there is no such name
	p.await(t, notUp("telegram"))
	r.answered(t)
	tg := telegramtest.New(t, o)
	back := time.Now()
	q := newQuestions(tg, 1)
	q.ask()
	if doubled := q.judge(t, within); doubled > 0 {
		t.Errorf("%d doubled", doubled)
	}
	t.Logf("answered %s after Telegram came", time.Since(back).Round(10*time.Millisecond))
	p.await(t, allReady)
	if took := p.stop(); took > 5*time.Second {
		t.Errorf("stopped in %s", took)
	}
}

// saturday: nobody is at the homeserver, then somebody is. Telegram goes on.
func saturday(t *testing.T, hs *matrixtest.Homeserver) {
	proxy := matrixtest.NewProxy(t, hs)
	proxy.On(func(*http.Request) matrixtest.Fault { return matrixtest.Fault{CutBefore: true} })
	r := withPerson(t, hs, proxy, "saturday", "@parley-saturday:"+matrixtest.ServerName)
	tg := telegramtest.New(t, telegramtest.Options{})
	here := matrixSite(t, hs, proxy.URL, "parley-saturday").with(site{"TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API_URL": tg.URL})
	p := here.run(t)
	p.await(t, notUp("matrix"))
	q := newQuestions(tg, 1)
	q.ask()
	q.judge(t, within)
	if p.cmd.ProcessState != nil {
		t.Fatal("it ended")
	}
	proxy.On(nil)
	back := time.Now()
	r.answered(t)
	t.Logf("answered %s after the homeserver came", time.Since(back).Round(10*time.Millisecond))
	p.await(t, allReady)
	p.stop()

	p = here.with(site{"MATRIX_HOMESERVER": "http://matrix.invalid"}).run(t)
	p.await(t, notUp("matrix"))
	q.ask()
	q.judge(t, within)
}

// sunday: both networks break off while people ask, and come back.
func sunday(t *testing.T, hs *matrixtest.Homeserver) {
	proxy := matrixtest.NewProxy(t, hs)
	r := withPerson(t, hs, proxy, "sunday", "@parley-sunday:"+matrixtest.ServerName)
	tg := telegramtest.New(t, telegramtest.Options{})
	p := matrixSite(t, hs, proxy.URL, "parley-sunday").with(site{"TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API_URL": tg.URL}).run(t)
	q := newQuestions(tg, 5)
	p.await(t, allReady)
	room := r.Room(t, true, r.bot)
	r.AwaitMember(t, room, r.bot)
	r.Reply(t, r.Say(t, room, asks[0]))
	for _, broken := range []telegramtest.Kind{telegramtest.DropBefore, telegramtest.BadGateway} {
		var back []func()
		for _, method := range []string{"", "getUpdates"} {
			back = append(back, tg.Fail(telegramtest.Fault{Kind: broken, Method: method}))
		}
		proxy.On(func(*http.Request) matrixtest.Fault { return matrixtest.Fault{CutBefore: true} })
		for range 10 {
			q.ask()
		}
		asked := r.Say(t, room, asks[0])
		p.await(t, notUp("telegram"))
		p.await(t, notUp("matrix"))
		pause(t.Context(), 5*time.Second) // longer than it takes to try a few times
		for _, f := range back {
			f()
		}
		proxy.On(nil)
		if doubled := q.judge(t, 2*within); doubled > 0 {
			t.Errorf("%d doubled", doubled)
		}
		r.Reply(t, asked)
		p.await(t, allReady)
		if n := len(r.Seen(matrixtest.RepliesTo(asked))); n != 1 {
			t.Errorf("%d answers in the room", n)
		}
	}
}
