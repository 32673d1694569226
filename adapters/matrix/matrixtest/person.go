package matrixtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Person is somebody with a client of their own, encryption included.
type Person struct {
	*mautrix.Client
	Crypto *cryptohelper.CryptoHelper

	telling sync.Mutex // the library's sessions are not for several messages at a time

	mu   sync.Mutex
	seen []*event.Event // decrypted, in order
	news chan struct{}  // closed and replaced when something is seen
	bad  int            // messages that could not be decrypted
}

// NewPerson registers a user and lets it listen until the test ends.
func NewPerson(tb testing.TB, hs *Homeserver, name string) *Person {
	tb.Helper()
	hs.Register(tb, name)
	return Login(tb, hs, name)
}

// Login gives a user that exists one more device.
func Login(tb testing.TB, hs *Homeserver, name string) *Person {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &Person{Client: client(tb, hs, name), news: make(chan struct{})}
	p.StateStore = members{mautrix.NewMemoryStateStore().(*mautrix.MemoryStateStore)}
	var err error
	if p.Crypto, err = cryptohelper.NewCryptoHelper(p.Client, []byte("pickle"), &keys{MemoryStore: crypto.NewMemoryStore(nil)}); err != nil {
		tb.Fatal(err)
	}
	p.Crypto.DecryptErrorCallback = func(*event.Event, error) { p.undecrypted() }
	if err := p.Crypto.Init(ctx); err != nil {
		tb.Fatal(err)
	}
	// Read once now: the library keeps it without a lock.
	if _, err := p.Crypto.Machine().GetOwnCrossSigningPublicKeys(ctx); err != nil {
		tb.Fatal(err)
	}
	p.Client.Crypto = p.Crypto
	syncer := p.Syncer.(*mautrix.DefaultSyncer)
	syncer.OnEvent(p.StateStoreSyncHandler)
	for _, t := range []event.Type{event.EventMessage, event.EventReaction, event.StateMember} {
		syncer.OnEventType(t, p.hear)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = p.SyncWithContext(ctx) }()
	tb.Cleanup(func() { cancel(); <-done })
	return p
}

// members mends two habits of the library's store: it keeps events that others
// read, and changes them later; and it takes note of an invitation once the
// request has returned, when who was invited may have joined already.
type members struct{ *mautrix.MemoryStateStore }

func (m members) SetMember(ctx context.Context, room id.RoomID, user id.UserID, member *event.MemberEventContent) error {
	own := *member
	return m.MemoryStateStore.SetMember(ctx, room, user, &own)
}

func (m members) SetMembership(ctx context.Context, room id.RoomID, user id.UserID, membership event.Membership) error {
	if membership == event.MembershipInvite && m.IsInRoom(ctx, room, user) {
		return nil
	}
	return m.MemoryStateStore.SetMembership(ctx, room, user, membership)
}

func client(tb testing.TB, hs *Homeserver, name string) *mautrix.Client {
	tb.Helper()
	c, err := mautrix.NewClient(hs.URL, "", "")
	if err != nil {
		tb.Fatal(err)
	}
	c.Log = zerolog.Nop()
	c.DefaultHTTPRetries = 3
	if _, err = c.Login(context.Background(), login(name)); err != nil {
		tb.Fatal(err)
	}
	return c
}

func login(name string) *mautrix.ReqLogin {
	return &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
		Password:   Password, StoreCredentials: true,
	}
}

func (p *Person) hear(_ context.Context, evt *event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, evt)
	close(p.news)
	p.news = make(chan struct{})
}

func (p *Person) undecrypted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bad++
}

// Undecrypted is how many messages this person could not read.
func (p *Person) Undecrypted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bad
}

// How long nothing may arrive, and how long it may take in all, until what is
// waited for is taken not to come. A machine that is busy is slow, not silent.
const (
	silence = 30 * time.Second
	longest = 5 * time.Minute
)

// Wait returns the first event that fits, of those seen and those to come.
func (p *Person) Wait(tb testing.TB, what string, fits func(*event.Event) bool) *event.Event {
	tb.Helper()
	quiet, end := time.NewTimer(silence), time.After(longest)
	defer quiet.Stop()
	for next := 0; ; {
		p.mu.Lock()
		seen, news := p.seen, p.news
		p.mu.Unlock()
		for ; next < len(seen); next++ {
			if fits(seen[next]) {
				return seen[next]
			}
		}
		select {
		case <-news:
			quiet.Reset(silence)
		case <-quiet.C:
			tb.Fatalf("waited in vain for %s", what)
		case <-end:
			tb.Fatalf("waited too long for %s", what)
		}
	}
}

// Seen returns the events seen so far that fit.
func (p *Person) Seen(fits func(*event.Event) bool) []*event.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*event.Event
	for _, e := range p.seen {
		if fits(e) {
			out = append(out, e)
		}
	}
	return out
}

// RepliesTo tells whether an event is a message that replies to another.
func RepliesTo(to id.EventID) func(*event.Event) bool {
	return func(e *event.Event) bool {
		return e.Type == event.EventMessage && e.Content.AsMessage().RelatesTo.GetReplyTo() == to &&
			e.Content.AsMessage().RelatesTo.GetReplaceID() == ""
	}
}

// Reply waits for the reply to a message.
func (p *Person) Reply(tb testing.TB, to id.EventID) *event.Event {
	tb.Helper()
	return p.Wait(tb, "a reply", RepliesTo(to))
}

// Room makes a room and invites others to it.
func (p *Person) Room(tb testing.TB, encrypted bool, invite ...string) id.RoomID {
	tb.Helper()
	req := &mautrix.ReqCreateRoom{Preset: "private_chat"}
	for _, u := range invite {
		req.Invite = append(req.Invite, id.UserID(u))
	}
	if encrypted {
		req.InitialState = []*event.Event{{Type: event.StateEncryption, Content: event.Content{
			Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}}}}
	}
	resp, err := p.CreateRoom(context.Background(), req)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.RoomID
}

// AwaitMember waits until somebody has joined a room.
func (p *Person) AwaitMember(tb testing.TB, room id.RoomID, user string) {
	tb.Helper()
	p.Wait(tb, user+" to join", func(e *event.Event) bool {
		return e.Type == event.StateMember && e.RoomID == room && e.GetStateKey() == user &&
			e.Content.AsMember().Membership == event.MembershipJoin
	})
}

// Say sends a text and returns its id.
func (p *Person) Say(tb testing.TB, room id.RoomID, text string) id.EventID {
	tb.Helper()
	return p.Tell(tb, room, &event.MessageEventContent{MsgType: event.MsgText, Body: text})
}

// Tell sends any content as a message.
func (p *Person) Tell(tb testing.TB, room id.RoomID, content any) id.EventID {
	tb.Helper()
	p.telling.Lock()
	defer p.telling.Unlock()
	resp, err := p.SendMessageEvent(context.Background(), room, event.EventMessage, content)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.EventID
}

// RefuseUnsigned has this person's client give no keys to devices that their
// owner did not sign.
func (p *Person) RefuseUnsigned() {
	p.Crypto.Machine().SendKeysMinTrust = id.TrustStateCrossSignedUntrusted
}

// Joins is in how many rooms somebody has been seen to join.
func (p *Person) Joins(user string) int {
	rooms := make(map[id.RoomID]bool)
	for _, e := range p.Seen(func(e *event.Event) bool {
		return e.Type == event.StateMember && e.GetStateKey() == user && e.Content.AsMember().Membership == event.MembershipJoin
	}) {
		rooms[e.RoomID] = true
	}
	return len(rooms)
}
