package matrix

import (
	"context"
	"fmt"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"
)

// nameless keeps who is in which room, and not what people call themselves: only
// the bot's own names are needed, to know when it is spoken to.
type nameless struct {
	*sqlstatestore.SQLStateStore
	me id.UserID
}

// openState opens what is known of rooms: members, whether they are encrypted.
func (a *Adapter) openState(ctx context.Context) error {
	db, err := a.database()
	if err != nil {
		return err
	}
	state := sqlstatestore.NewSQLStateStore(db, dbutil.NoopLogger, false)
	if err := state.Upgrade(ctx); err != nil {
		return fmt.Errorf("tables of rooms: %w", err)
	}
	_, err = state.Exec(ctx, `UPDATE mx_user_profile SET displayname = '', avatar_url = '', name_skeleton = NULL
		WHERE displayname <> '' AND user_id <> $1`, a.me) // earlier versions kept them
	if err != nil {
		return fmt.Errorf("tables of rooms: %w", err)
	}
	a.client.StateStore = nameless{state, a.me}
	return nil
}

func (s nameless) kept(user id.UserID, m *event.MemberEventContent) *event.MemberEventContent {
	if user == s.me {
		return m
	}
	return &event.MemberEventContent{Membership: m.Membership}
}

// SetMember keeps what is known of a member.
func (s nameless) SetMember(ctx context.Context, room id.RoomID, user id.UserID, m *event.MemberEventContent) error {
	return s.SQLStateStore.SetMember(ctx, room, user, s.kept(user, m))
}

// ReplaceCachedMembers keeps all members of a room.
func (s nameless) ReplaceCachedMembers(ctx context.Context, room id.RoomID, events []*event.Event, only ...event.Membership) error {
	kept := make([]*event.Event, 0, len(events))
	for _, evt := range events {
		m, ok := evt.Content.Parsed.(*event.MemberEventContent)
		if !ok || evt.StateKey == nil {
			continue
		}
		kept = append(kept, &event.Event{StateKey: evt.StateKey, Content: event.Content{Parsed: s.kept(id.UserID(*evt.StateKey), m)}})
	}
	return s.SQLStateStore.ReplaceCachedMembers(ctx, room, kept, only...)
}
