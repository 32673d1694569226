package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/adapters/matrix/matrixtest"
	"parley/bot"
)

// through has a bot talk to the homeserver through a proxy.
func through(p *matrixtest.Proxy) func(*Config) { return func(c *Config) { c.Homeserver = p.URL } }

func path(suffix string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path, suffix) }
}

func TestAClientThatRefusesUnsignedDevicesCanTalkToTheBot(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	p.RefuseUnsigned()
	room := r.with(p, true)
	p.Reply(t, p.Say(t, room, "do you read me?"))
	info, err := os.Stat(r.cfg.RecoveryKeyFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("recovery key file: %v, %v", info, err)
	}
	if info, err = os.Stat(r.cfg.PickleKeyFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("pickle key file: %v, %v", info, err)
	}
}

func TestALostDatabaseMakesANewSignedDeviceAndNamesTheOldOne(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	p.RefuseUnsigned()
	room := r.with(p, true)
	p.Reply(t, p.Say(t, room, "before"))
	old := r.a.client.DeviceID
	r.stop()
	r.openStore(filepath.Join(t.TempDir(), "new.db"))
	r.start()
	if r.a.client.DeviceID == old {
		t.Fatal("the lost device goes on")
	}
	p.Reply(t, p.Say(t, room, "after"))
	if log := r.log.String(); !strings.Contains(log, "device="+old.String()) {
		t.Error("the operator is not told of the old device")
	}
	for _, m := range r.messages() {
		if m.Text == "before" && m.At.After(r.a.started) {
			t.Error("history was answered")
		}
	}
}

func TestWhatWasSaidBeforeTheBotJoinedIsIgnoredAndItsMembersKnown(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	room := p.Room(t, true)
	early := p.Say(t, room, r.name+": too early")
	if _, err := p.InviteUser(t.Context(), room, &mautrix.ReqInviteUser{UserID: id.UserID(r.id)}); err != nil {
		t.Fatal(err)
	}
	p.AwaitMember(t, room, r.id)
	once(t, p, room, p.Say(t, room, "now"))
	if len(p.Seen(matrixtest.RepliesTo(early))) > 0 || p.Undecrypted() > 0 {
		t.Error("answered history, or in a way that cannot be read")
	}
}

func TestWhatIsAskedDuringTheFirstSyncIsAnsweredAndNothingOlder(t *testing.T) {
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p := person(t, "alice")
	room := r.with(p, false)
	answered := p.Say(t, room, "long ago")
	p.Reply(t, answered)
	r.stop()
	unanswered := p.Say(t, room, "to nobody")
	r.openStore(filepath.Join(t.TempDir(), "new.db"))
	proxy.On(matrixtest.Times(1, path("/sync"), matrixtest.Fault{Delay: time.Second}))
	r.start()
	once(t, p, room, p.Say(t, room, "just now"), answered)
	if len(p.Seen(matrixtest.RepliesTo(unanswered))) > 0 {
		t.Error("answered history")
	}
}

func TestAfterRejoiningOldMessagesStayUnanswered(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	room := r.with(p, false)
	p.Reply(t, p.Say(t, room, "first"))
	if _, err := p.KickUser(t.Context(), room, &mautrix.ReqKickUser{UserID: id.UserID(r.id)}); err != nil {
		t.Fatal(err)
	}
	r.await("that it is gone", func(m bot.Message) bool { return m.Command == "gone" && m.Chat.ID == room.String() })
	between := p.Say(t, room, "between")
	if _, err := p.InviteUser(t.Context(), room, &mautrix.ReqInviteUser{UserID: id.UserID(r.id)}); err != nil {
		t.Fatal(err)
	}
	added := func() (n int) {
		for _, m := range r.messages() {
			if m.Command == "added" && m.Chat.ID == room.String() {
				n++
			}
		}
		return n
	}
	for added() < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	once(t, p, room, p.Say(t, room, "again"))
	if len(p.Seen(matrixtest.RepliesTo(between))) > 0 {
		t.Error("answered what was said while it was away")
	}
}

func TestAQuestionWhoseAnswerWasCutShortIsAnsweredOnceAfterARestart(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		r := newRobot(t).start()
		p := person(t, "alice")
		room := r.with(p, encrypted)
		asked := make(chan struct{})
		r.before = func(ctx context.Context, m bot.Message) error {
			if m.Text != "is this lost?" {
				return nil
			}
			close(asked)
			<-ctx.Done() // killed in mid-answer
			return ctx.Err()
		}
		q := p.Say(t, room, "is this lost?")
		<-asked
		r.stop()
		r.before = nil
		r.start()
		once(t, p, room, q)
	}
}

func TestAnAnswerThatWentOutRightBeforeACrashIsNotRepeated(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		r := newRobot(t).start()
		p := person(t, "alice")
		room := r.with(p, encrypted)
		sent := make(chan struct{})
		r.before = func(ctx context.Context, m bot.Message) error {
			if m.Text != "twice?" {
				return nil
			}
			if _, err := r.a.Send(ctx, m.Chat, echo(m)); err != nil {
				return err
			}
			close(sent)
			<-ctx.Done() // killed before the inbox knows
			return ctx.Err()
		}
		q := p.Say(t, room, "twice?")
		<-sent
		r.stop()
		r.before = nil
		r.start()
		once(t, p, room, q)
	}
}

func TestAGapOfManyMessagesWhileOfflineIsFilled(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	room := r.with(p, true)
	p.Reply(t, p.Say(t, room, "before"))
	r.stop()
	var asked []id.EventID
	for range 130 {
		asked = append(asked, p.Say(t, room, "while you were away"))
	}
	r.start()
	once(t, p, room, asked...)
	if r.a.Stats().Backfilled == 0 {
		t.Error("the timeline was not cut: this proves nothing")
	}
}

func TestARefusedJoinIsTriedAgainWithHeaderOrBodyOnly(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]matrixtest.Fault{
		"header": {Status: 429, Header: map[string]string{"Retry-After": "1"}, Body: `{"errcode":"M_LIMIT_EXCEEDED"}`},
		"body":   {Status: 429, Body: `{"errcode":"M_LIMIT_EXCEEDED","error":"slow down","retry_after_ms":700}`},
		"500":    {Status: 500, Body: `{"errcode":"M_UNKNOWN","error":"oops"}`},
		"502":    {Status: 502, Body: "<html>bad gateway</html>"},
		"slow":   {Delay: 2 * time.Second},
		"cut":    {CutBefore: true},
		"cut2":   {CutAfter: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := matrixtest.NewProxy(t, server)
			r := newRobot(t, through(proxy)).start()
			p := person(t, "alice")
			proxy.On(matrixtest.Times(2, path("/join/"), f))
			room := r.with(p, true)
			proxy.On(matrixtest.Times(2, path("/send/m.room"), f))
			once(t, p, room, p.Say(t, room, "and a send?"))
			proxy.On(matrixtest.Times(2, path("/sync"), f))
			once(t, p, room, p.Say(t, room, "and a sync?"))
		})
	}
}

func TestManyJoinsAtALimitedHomeserverAllSucceed(t *testing.T) {
	t.Parallel()
	limited, err := matrixtest.Launch(matrixtest.Options{RateLimits: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(limited.Stop)
	r := newRobotOn(t, limited).start()
	p := matrixtest.NewPerson(t, limited, unique("alice"))
	for range 8 {
		room := p.Room(t, false)
		for {
			_, err := p.InviteUser(t.Context(), room, &mautrix.ReqInviteUser{UserID: id.UserID(r.id)})
			if err == nil {
				break
			}
			time.Sleep(300 * time.Millisecond)
		}
		p.AwaitMember(t, room, r.id)
		p.Reply(t, p.Say(t, room, "hello"))
	}
}

func TestASlowJoinDelaysNoOtherRoom(t *testing.T) {
	t.Parallel()
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p := person(t, "alice")
	room := r.with(p, true)
	proxy.On(matrixtest.Times(1, path("/join/"), matrixtest.Fault{Delay: 8 * time.Second}))
	p.Room(t, false, r.id)
	start := time.Now()
	p.Reply(t, p.Say(t, room, "are you there?"))
	if d := time.Since(start); d > 4*time.Second {
		t.Errorf("answered after %s", d)
	}
}

func TestASlowRoomDelaysNoOtherRoom(t *testing.T) {
	r := newRobot(t)
	release := make(chan struct{})
	r.before = func(ctx context.Context, m bot.Message) error {
		if m.Text == "slow" {
			<-release
		}
		return nil
	}
	r.start()
	p := person(t, "alice")
	slow, quick := r.with(p, false), r.with(p, false)
	late := p.Say(t, slow, "slow")
	p.Reply(t, p.Say(t, quick, "quick"))
	close(release)
	p.Reply(t, late)
}

// The homeserver takes no messages for longer than one request is tried again.
func TestAnAnswerThatDoesNotGetThroughIsSentOnceTheHomeserverIsBack(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]matrixtest.Fault{
		"down":        {Status: 502, Body: "<html>bad gateway</html>"},
		"busy":        {Status: 429, Body: `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1}`},
		"cut after":   {CutAfter: true},
		"unreachable": {CutBefore: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := matrixtest.NewProxy(t, server)
			r := newRobot(t, through(proxy))
			r.tune = func(a *Adapter) { a.backoff = time.Millisecond }
			r.start()
			p := person(t, "alice")
			for _, encrypted := range []bool{false, true} {
				room := r.with(p, encrypted)
				var failed atomic.Int64
				again := matrixtest.Times(17, path("/send/m.room"), f)
				proxy.On(func(req *http.Request) matrixtest.Fault {
					got := again(req)
					if got.Status != 0 || got.CutAfter || got.CutBefore {
						failed.Add(1)
					}
					return got
				})
				once(t, p, room, p.Say(t, room, "still there?"))
				if name != "busy" && failed.Load() < 8 {
					t.Errorf("only %d sends failed: this proves nothing", failed.Load())
				}
				proxy.On(nil)
			}
		})
	}
}

func TestAGapIsFilledAlthoughTheHomeserverFailsMeanwhile(t *testing.T) {
	t.Parallel()
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy))
	r.tune = func(a *Adapter) { a.backoff = time.Millisecond }
	r.start()
	p := person(t, "alice")
	room := r.with(p, true)
	r.stop()
	var asked []id.EventID
	for range 110 {
		asked = append(asked, p.Say(t, room, "while you were away"))
	}
	proxy.On(matrixtest.Times(15, path("/messages"), matrixtest.Fault{Status: 500, Body: `{"errcode":"M_UNKNOWN"}`}))
	r.start()
	once(t, p, room, asked...)
}

func TestAFailedSyncIsTriedAgainSoon(t *testing.T) {
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p := person(t, "alice")
	room := r.with(p, false)
	proxy.On(matrixtest.Times(1, path("/sync"), matrixtest.Fault{Status: 503}))
	start := time.Now()
	p.Reply(t, p.Say(t, room, "one"))
	p.Reply(t, p.Say(t, room, "two"))
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("answered after %s", d)
	}
}

func TestAWrongPickleKeySaysWhatToDo(t *testing.T) {
	r := newRobot(t).start()
	r.stop()
	if err := writeSecret(r.cfg.PickleKeyFile, strings.Repeat("ab", 32)); err != nil {
		t.Fatal(err)
	}
	if err := r.fails(); !errors.Is(err, ErrPickleKey) {
		t.Errorf("ended with %v", err)
	}
	if err := os.Remove(r.cfg.PickleKeyFile); err != nil {
		t.Fatal(err)
	}
	if err := r.fails(); !errors.Is(err, ErrPickleKey) {
		t.Errorf("without its file it ended with %v", err)
	}
}

// With an access token nothing but the library's own tables is locked with it.
func TestAWrongPickleKeyBesideAnAccessTokenSaysWhatToDo(t *testing.T) {
	r := newRobot(t).start()
	r.cfg.AccessToken, r.cfg.Password = r.a.client.AccessToken, ""
	r.again()
	r.stop()
	if err := writeSecret(r.cfg.PickleKeyFile, strings.Repeat("ab", 32)); err != nil {
		t.Fatal(err)
	}
	if err := r.fails(); !errors.Is(err, ErrPickleKey) {
		t.Errorf("ended with %v", err)
	}
}

func TestAPickleKeyThatOpensNoAccountSaysWhatToDo(t *testing.T) {
	if err := cryptoError(errors.New("failed to load olm account: bad mac")); !errors.Is(err, ErrPickleKey) {
		t.Error(err)
	}
}

func TestAnUnreadableMessageGetsOneSentencePerPersonAndRoom(t *testing.T) {
	t.Parallel()
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy)).start()
	p := person(t, "alice")
	room := r.with(p, true)
	var asked atomic.Int64
	proxy.On(func(req *http.Request) matrixtest.Fault {
		if strings.Contains(req.URL.Path, "/sendToDevice/m.room_key_request") {
			asked.Add(1)
		}
		return matrixtest.Fault{}
	})
	p.Crypto.Machine().SendKeysMinTrust = id.TrustStateVerified // gives the bot no keys
	p.Crypto.Machine().DisableRatchetTracking = true
	if err := p.Crypto.Machine().CryptoStore.RemoveOutboundGroupSession(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	p.Crypto.Machine().ShareKeysMinTrust = id.TrustStateVerified
	first := p.Say(t, room, "secret")
	got := p.Reply(t, first)
	want(t, bodyOf(got), "command undecryptable")
	second := p.Say(t, room, "another secret")
	time.Sleep(3 * time.Second) // longer than the bot waits for keys
	if len(p.Seen(matrixtest.RepliesTo(second))) > 0 {
		t.Error("said it twice")
	}
	if asked.Load() == 0 {
		t.Error("the keys were not asked for")
	}
}

// The first keys that are sent to the bot get lost on the way.
func TestAMessageWhoseKeysGotLostIsAnsweredOnceTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	proxy := matrixtest.NewProxy(t, server)
	r := newRobot(t, through(proxy))
	r.tune = func(a *Adapter) { a.moreKeys = 20 * time.Second }
	var armed atomic.Bool
	var lost atomic.Int64
	proxy.On(func(req *http.Request) matrixtest.Fault {
		if !strings.HasSuffix(req.URL.Path, "/sync") {
			return matrixtest.Fault{}
		}
		return matrixtest.Fault{RewriteRsp: func(data []byte) []byte {
			var resp map[string]any
			if !armed.Load() || lost.Load() > 0 || json.Unmarshal(data, &resp) != nil || !strings.Contains(fmt.Sprint(resp["to_device"]), "m.room.encrypted") {
				return data
			}
			lost.Add(1)
			delete(resp, "to_device")
			data, _ = json.Marshal(resp)
			return data
		}}
	})
	r.start()
	p := person(t, "alice")
	room := r.with(p, true)
	p.Crypto.Machine().AllowKeyShare = func(context.Context, *id.Device, event.RequestedKeyInfo) *crypto.KeyShareRejection { return nil }
	armed.Store(true)
	q := p.Say(t, room, "a secret")
	want(t, bodyOf(p.Reply(t, q)), "You said: a secret")
	if lost.Load() == 0 {
		t.Error("no keys got lost: this proves nothing")
	}
}

func TestEncryptionSwitchedOnLaterIsFollowed(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	room := r.with(p, false)
	p.Reply(t, p.Say(t, room, "in plain"))
	if _, err := p.SendStateEvent(t.Context(), room, event.StateEncryption, "",
		&event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}); err != nil {
		t.Fatal(err)
	}
	p.StateStore.SetEncryptionEvent(t.Context(), room, &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1})
	reply := p.Reply(t, p.Say(t, room, "in secret"))
	if reply.Mautrix.EventSource&event.SourceDecrypted == 0 {
		t.Error("answered in plain")
	}
}
