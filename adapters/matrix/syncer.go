package matrix

import (
	"context"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// syncer is where the crypto helper hooks in. It is not one that mautrix runs:
// the adapter has a sync loop of its own, which saves the token later.
type syncer struct {
	onSync []mautrix.SyncHandler
	onType map[event.Type][]mautrix.EventHandler
}

var (
	_ mautrix.ExtensibleSyncer   = (*syncer)(nil)
	_ mautrix.DispatchableSyncer = (*syncer)(nil)
)

func newSyncer() *syncer { return &syncer{onType: make(map[event.Type][]mautrix.EventHandler)} }

func (s *syncer) OnSync(h mautrix.SyncHandler)   { s.onSync = append(s.onSync, h) }
func (s *syncer) OnEvent(_ mautrix.EventHandler) {}
func (s *syncer) OnEventType(t event.Type, h mautrix.EventHandler) {
	s.onType[t] = append(s.onType[t], h)
}

// ProcessResponse, OnFailedSync and GetFilterJSON make it a mautrix.Syncer;
// nobody calls them.
func (s *syncer) ProcessResponse(context.Context, *mautrix.RespSync, string) error { return nil }

// OnFailedSync is not called.
func (s *syncer) OnFailedSync(*mautrix.RespSync, error) (time.Duration, error) { return 0, nil }

// GetFilterJSON is not called.
func (s *syncer) GetFilterJSON(id.UserID) *mautrix.Filter { return nil }

// Dispatch is not called: the library only asks whether it is there.
func (s *syncer) Dispatch(context.Context, *event.Event) {}

func (s *syncer) response(ctx context.Context, resp *mautrix.RespSync, since string) {
	for _, h := range s.onSync {
		h(ctx, resp, since)
	}
}

func (s *syncer) event(ctx context.Context, evt *event.Event) {
	for _, h := range s.onType[evt.Type] {
		h(ctx, evt)
	}
}
