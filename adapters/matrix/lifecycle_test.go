package matrix

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/answers/markup"
	"parley/bot"
)

func TestInvitationsAreTakenByPolicy(t *testing.T) {
	p, q := person(t, "alice"), person(t, "bob")
	for name, c := range map[string]struct {
		invites []string
		joins   bool
	}{
		"the server is listed": {[]string{matrixtest.ServerName}, true},
		"the user is listed":   {[]string{p.UserID.String()}, true},
		"somebody else is":     {[]string{q.UserID.String()}, false},
		"nobody":               {[]string{"nobody"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRobot(t, func(cfg *Config) { cfg.Invites = c.invites }).start()
			room := p.Room(t, false, r.id)
			got := p.Wait(t, "what becomes of the invitation", func(e *event.Event) bool {
				return e.RoomID == room && e.Type == event.StateMember && e.GetStateKey() == r.id &&
					e.Content.AsMember().Membership != event.MembershipInvite
			}).Content.AsMember().Membership
			if (got == event.MembershipJoin) != c.joins {
				t.Errorf("the invitation came to %q", got)
			}
		})
	}
}

func TestWithoutEncryptionNothingIsSaidInEncryptedRooms(t *testing.T) {
	r := newRobot(t, func(c *Config) { c.Encryption = false }).start()
	p := person(t, "alice")
	room := p.Room(t, true, r.id)
	p.Wait(t, "the invitation to be refused", func(e *event.Event) bool {
		return e.RoomID == room && e.Type == event.StateMember && e.GetStateKey() == r.id && e.Content.AsMember().Membership == event.MembershipLeave
	})
	room = r.with(p, false)
	p.Reply(t, p.Say(t, room, "in plain"))
	if _, err := p.SendStateEvent(t.Context(), room, event.StateEncryption, "", &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bot knows of it", func() bool {
		secret, err := r.a.client.StateStore.IsEncrypted(t.Context(), room)
		return err == nil && secret
	})
	if _, err := r.a.Send(t.Context(), chatOf(room), bot.Reply{Body: markup.Text{markup.Para("in plain?")}}); !errors.Is(err, bot.ErrMuted) {
		t.Errorf("a send into a room that became encrypted: %v", err)
	}
}

func TestAnEmptyRoomIsLeftAndForgotten(t *testing.T) {
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	var forgotten atomic.Int64
	proxy.On(func(req *http.Request) matrixtest.Fault {
		if strings.HasSuffix(req.URL.Path, "/forget") {
			forgotten.Add(1)
		}
		return matrixtest.Fault{}
	})
	p := person(t, "alice")
	room := r.with(p, false)
	if _, err := p.LeaveRoom(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		rooms, err := r.a.client.JoinedRooms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(rooms.JoinedRooms) == 0 && forgotten.Load() > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the bot stays alone, or does not forget")
}

func TestAnUpgradedRoomIsFollowedOnlyIfItsSenderMayInviteThere(t *testing.T) {
	r := newRobot(t).start()
	p, q := person(t, "alice"), person(t, "bob")
	for name, owner := range map[string]*matrixtest.Person{"may": p, "may not": q} {
		old := r.with(p, false)
		resp, err := owner.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "public_chat"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.SendStateEvent(t.Context(), old, event.StateTombstone, "",
			&event.TombstoneEventContent{Body: "moved", ReplacementRoom: resp.RoomID}); err != nil {
			t.Fatal(err)
		}
		if owner == p {
			r.await("that it moved", func(m bot.Message) bool { return m.Command == "moved" && m.Args == resp.RoomID.String() })
			continue
		}
		owner.Wait(t, name, func(e *event.Event) bool {
			return e.RoomID == resp.RoomID && e.Type == event.StateMember && e.GetStateKey() == r.id &&
				e.Content.AsMember().Membership == event.MembershipLeave
		})
	}
}

func TestErrorsThatWaitingDoesNotMendSayWhatToDo(t *testing.T) {
	t.Run("a wrong password", func(t *testing.T) {
		r := newRobot(t, func(c *Config) { c.Password = "not the password" })
		if err := r.fails(); !errors.Is(err, ErrPassword) {
			t.Error(err)
		}
	})
	t.Run("a token that is unknown", func(t *testing.T) {
		r := newRobot(t, func(c *Config) { c.Password, c.AccessToken = "", "unknown" })
		if err := r.fails(); !errors.Is(err, ErrLoggedOut) {
			t.Error(err)
		}
	})
	t.Run("logged out while it runs", func(t *testing.T) {
		r := newRobot(t).start()
		if _, err := r.a.client.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-r.ended:
			r.cancel = nil
			if !errors.Is(err, ErrLoggedOut) {
				t.Error(err)
			}
		case <-time.After(40 * time.Second):
			t.Fatal("it goes on")
		}
		r.start() // with the password it becomes a new device
		p := person(t, "alice")
		p.Reply(t, p.Say(t, r.with(p, true), "are you back?"))
	})
	t.Run("a deactivated account", func(t *testing.T) {
		proxy := matrixtest.NewProxy(t, server)
		r := newRobot(t, through(proxy))
		proxy.On(func(req *http.Request) matrixtest.Fault {
			return matrixtest.Fault{Status: 403, Body: `{"errcode":"M_USER_DEACTIVATED","error":"gone"}`}
		})
		if err := r.fails(); !errors.Is(err, ErrDeactivated) {
			t.Error(err)
		}
	})
	t.Run("a web site", func(t *testing.T) {
		proxy := matrixtest.NewProxy(t, server)
		r := newRobot(t, through(proxy))
		proxy.On(func(req *http.Request) matrixtest.Fault { return matrixtest.Fault{Status: 404, Body: "<html>not here"} })
		if err := r.fails(); !errors.Is(err, ErrNoHomeserver) || strings.Contains(err.Error(), "<html>") {
			t.Error(err)
		}
	})
	t.Run("another account", func(t *testing.T) {
		r := newRobot(t).start()
		r.stop()
		r.cfg.User = "somebody-else"
		if err := r.fails(); !errors.Is(err, ErrOtherAccount) {
			t.Error(err)
		}
	})
	t.Run("a server that got another name", func(t *testing.T) {
		proxy := matrixtest.NewProxy(t, server)
		r := newRobot(t, through(proxy)).start()
		r.stop()
		proxy.On(func(req *http.Request) matrixtest.Fault {
			return matrixtest.Fault{Status: 200, Body: `{"user_id":"@` + r.name + `:elsewhere.test","device_id":"X"}`}
		})
		if err := r.fails(); !errors.Is(err, ErrOtherAccount) {
			t.Error(err)
		}
	})
}

func TestAServerThatWasSetUpAnewUnderAnotherNameIsNotMistakenForTheOld(t *testing.T) {
	r := newRobot(t).start()
	r.stop()
	other, err := matrixtest.Launch(matrixtest.Options{Name: "elsewhere.test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Stop)
	other.Register(t, r.name)
	r.cfg.Homeserver = other.URL
	for range 2 { // and not at the second start either
		if err := r.fails(); !errors.Is(err, ErrOtherAccount) {
			t.Error(err)
		}
	}
}

func TestAHomeserverThatIsDownAtTheStartIsAwaited(t *testing.T) {
	t.Parallel()
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy))
	proxy.On(matrixtest.Times(20, path("/"), matrixtest.Fault{Status: 502, Body: "<html>"}))
	r.start()
	p := person(t, "alice")
	p.Reply(t, p.Say(t, r.with(p, true), "up?"))
}

func TestSecretsTextsAndNamesAreNotLogged(t *testing.T) {
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p := person(t, "alice")
	room := r.with(p, true)
	proxy.On(matrixtest.Times(3, path("/send"), matrixtest.Fault{Status: 502}))
	p.Reply(t, p.Say(t, room, "a text nobody logs"))
	token := r.a.client.AccessToken
	r.stop()
	log := r.log.String()
	for _, secret := range []string{matrixtest.Password, token, "a text nobody logs", p.UserID.Localpart(), "You said"} {
		if strings.Contains(log, secret) {
			t.Errorf("logged %q:\n%s", secret, log)
		}
	}
	for _, table := range []string{"kept"} {
		var n int
		if err := r.store.DB().QueryRow(`SELECT COUNT(*) FROM `+table+` WHERE value LIKE '%'||$1||'%'`, token).Scan(&n); err != nil || n > 0 {
			t.Errorf("the token lies open in %s (%d, %v)", table, n, err)
		}
	}
}

func TestAPoisonedSyncResponseIsReadWithoutTheBadEvent(t *testing.T) {
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p := person(t, "alice")
	room := r.with(p, false)
	proxy.On(func(req *http.Request) matrixtest.Fault {
		if !strings.HasSuffix(req.URL.Path, "/sync") {
			return matrixtest.Fault{}
		}
		return matrixtest.Fault{RewriteRsp: func(data []byte) []byte {
			return []byte(strings.Replace(string(data), `"events":[{`, `"events":[{"origin_server_ts":"no","type":5},null,{`, 1))
		}}
	})
	once(t, p, room, p.Say(t, room, "still there?"))
	if r.a.Stats().Dropped == 0 {
		t.Error("nothing was poisoned")
	}
	proxy.On(nil)
}
