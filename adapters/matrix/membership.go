package matrix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
)

// invites is whose invitations are accepted.
type invites struct {
	everyone bool
	who      []string // servers and user ids
}

func parseInvites(list []string) (invites, error) {
	if len(list) == 0 {
		return invites{everyone: true}, nil
	}
	for _, e := range list {
		switch {
		case e == "everyone" || e == "nobody":
			if len(list) > 1 {
				return invites{}, fmt.Errorf("matrix.invites: %q stands alone or not at all", e)
			}
			return invites{everyone: e == "everyone"}, nil
		case strings.HasPrefix(e, "@") && !strings.Contains(e, ":"), e == "", strings.ContainsAny(e, " /"):
			return invites{}, fmt.Errorf("matrix.invites: %q is neither a server nor a user id such as @name:server", e)
		}
	}
	return invites{who: list}, nil
}

func (p invites) allow(user id.UserID) bool {
	return p.everyone || user != "" && (slices.Contains(p.who, user.String()) || slices.Contains(p.who, user.Homeserver()))
}

// members counts the members of rooms, and remembers it until somebody comes
// or goes.
type members struct {
	mu sync.Mutex
	n  map[id.RoomID]int
}

func (m *members) changed(room id.RoomID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.n, room)
}

func (m *members) count(ctx context.Context, state mautrix.StateStore, room id.RoomID) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n, ok := m.n[room]; ok {
		return n
	}
	users, err := state.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil || len(users) == 0 {
		return 3 // not known: silent unless addressed
	}
	if m.n == nil {
		m.n = make(map[id.RoomID]int)
	}
	m.n[room] = len(users)
	return len(users)
}

// invited accepts an invitation or refuses it. It runs in the room.
func (a *Adapter) invited(ctx context.Context, room id.RoomID, state []*event.Event) {
	var by id.UserID
	found := false
	for _, evt := range state {
		if a.ownMember(evt) && membership(evt.Content) == event.MembershipInvite {
			by, found = evt.Sender, true
		}
	}
	if !found {
		return // an invitation that was told again, or none
	}
	if secret := a.crypto == nil && encrypted(state); secret || !a.policy.allow(by) {
		a.log.InfoContext(ctx, "invitation refused", "room", room, "encrypted", secret)
		a.leave(ctx, room)
		return
	}
	if err := a.join(ctx, room, by.Homeserver()); err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "room not joined", "room", room, "err", harmless(err))
	}
}

func encrypted(state []*event.Event) bool {
	return slices.ContainsFunc(state, func(evt *event.Event) bool { return evt.Type.Type == event.StateEncryption.Type })
}

// join tries for some minutes while the homeserver is busy or down.
func (a *Adapter) join(ctx context.Context, room id.RoomID, via string) error {
	_, err := persistent(ctx, a.retry, func() (*mautrix.RespJoinRoom, error) {
		return a.client.JoinRoom(ctx, room.String(), &mautrix.ReqJoinRoom{Via: []string{via}})
	})
	return err
}

// leave leaves a room, or refuses its invitation, and forgets it.
func (a *Adapter) leave(ctx context.Context, room id.RoomID) {
	if _, err := a.client.LeaveRoom(ctx, room); err != nil && !errors.Is(err, mautrix.MForbidden) {
		a.log.WarnContext(ctx, "room not left", "room", room, "err", harmless(err))
		return
	}
	a.forget(ctx, room)
}

func (a *Adapter) forget(ctx context.Context, room id.RoomID) {
	if _, err := a.client.ForgetRoom(ctx, room); err != nil {
		a.log.DebugContext(ctx, "room not forgotten", "room", room, "err", harmless(err))
	}
	if err := a.client.StateStore.ClearCachedMembers(ctx, room); err != nil {
		a.log.WarnContext(ctx, "members not forgotten", "room", room, "err", err)
	}
	a.members.changed(room)
}

// Leave leaves a chat, as somebody who may has told the bot.
func (a *Adapter) Leave(ctx context.Context, chat bot.Chat) error {
	if err := a.online(ctx); err != nil {
		return err
	}
	if _, err := a.client.LeaveRoom(ctx, id.RoomID(chat.ID)); err != nil {
		return a.refused(ctx, id.RoomID(chat.ID), err)
	}
	a.forget(ctx, id.RoomID(chat.ID))
	return nil
}

// MayRemove asks the homeserver, now, whether a user has the power to remove
// others from a room.
func (a *Adapter) MayRemove(ctx context.Context, chat bot.Chat, person string) (bool, error) {
	if err := a.online(ctx); err != nil {
		return false, err
	}
	levels, err := a.levels(ctx, id.RoomID(chat.ID))
	if err != nil {
		return false, harmless(err)
	}
	return levels.GetUserLevel(id.UserID(person)) >= levels.Kick(), nil
}

// memberChanged greets a room that was joined, and leaves an empty one.
func (a *Adapter) memberChanged(ctx context.Context, b *batch, evt *event.Event) {
	if a.joins(evt) {
		if followed, _ := a.past.followed.get(evt.RoomID.String()); followed || a.tooOld(evt) {
			return
		}
		m := a.message(ctx, evt)
		m.Command = "added"
		if by, ok := a.inviter(evt); ok {
			m.From = by
		}
		a.past.questions.put(m.ID, question{})
		a.emit(ctx, b, m)
		return
	}
	now := membership(evt.Content)
	if evt.Sender == "" || a.ownMember(evt) || now != event.MembershipLeave && now != event.MembershipBan {
		return
	}
	if !a.client.StateStore.IsInRoom(ctx, evt.RoomID, a.me) || a.members.count(ctx, a.client.StateStore, evt.RoomID) > 1 {
		return
	}
	a.log.InfoContext(ctx, "an empty room is left", "room", evt.RoomID)
	a.leave(ctx, evt.RoomID)
}

// inviter is who invited the bot, if the join tells.
func (a *Adapter) inviter(evt *event.Event) (string, bool) {
	if before(evt) != event.MembershipInvite || evt.Unsigned.PrevSender == "" {
		return "", false
	}
	return evt.Unsigned.PrevSender.String(), true
}

// left tells the bot that it is no longer in a room.
func (a *Adapter) left(ctx context.Context, b *batch, room id.RoomID, r *mautrix.SyncLeftRoom) {
	for _, evt := range slices.Backward(r.Timeline.Events) {
		if !a.ownMember(evt) {
			continue
		}
		if was := before(evt); was != event.MembershipJoin && was != "" {
			break // an invitation that was refused or taken back
		}
		m := a.message(ctx, evt)
		m.Command = "gone"
		a.emit(ctx, b, m)
		break
	}
	a.forget(ctx, room)
}

// upgraded follows a room to the one that replaces it, if who says so may
// invite there: else anybody could lead the bot anywhere.
func (a *Adapter) upgraded(ctx context.Context, b *batch, evt *event.Event) {
	raw, _ := evt.Content.Raw["replacement_room"].(string)
	room := id.RoomID(cut(raw, maxID))
	if !strings.HasPrefix(raw, "!") || a.client.StateStore.IsInRoom(ctx, room, a.me) {
		return
	}
	a.past.followed.put(room.String(), true)
	if err := a.join(ctx, room, evt.Sender.Homeserver()); err != nil {
		a.past.followed.put(room.String(), false) // whoever invites it is greeted
		a.log.InfoContext(ctx, "an upgraded room was not followed; an invitation will do", "room", evt.RoomID, "err", harmless(err))
		return
	}
	if ok, err := a.mayInvite(ctx, room, evt.Sender); err != nil || !ok {
		a.log.WarnContext(ctx, "an upgraded room was left: who upgraded it may not invite there", "room", room)
		a.leave(ctx, room)
		return
	}
	m := a.message(ctx, evt)
	m.Command, m.Args = "moved", room.String()
	a.past.questions.put(m.ID, question{})
	a.emit(ctx, b, m)
}

// mayInvite asks the homeserver whether a user is in a room and may invite.
func (a *Adapter) mayInvite(ctx context.Context, room id.RoomID, user id.UserID) (bool, error) {
	var m event.MemberEventContent
	if err := a.client.StateEvent(ctx, room, event.StateMember, user.String(), &m); err != nil {
		return false, err
	}
	levels, err := a.levels(ctx, room)
	if err != nil {
		return false, err
	}
	return m.Membership == event.MembershipJoin && levels.GetUserLevel(user) >= levels.Invite(), nil
}

// isAdmin asks the homeserver, now, whether a user moderates a room.
func (a *Adapter) isAdmin(ctx context.Context, room id.RoomID, user id.UserID) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	levels, err := a.levels(ctx, room)
	if err != nil {
		return false, harmless(err)
	}
	return levels.GetUserLevel(user) >= levels.StateDefault(), nil
}

// levels are the powers in a room, its creators' among them.
func (a *Adapter) levels(ctx context.Context, room id.RoomID) (*event.PowerLevelsEventContent, error) {
	var levels event.PowerLevelsEventContent
	err := a.client.StateEvent(ctx, room, event.StatePowerLevels, "", &levels)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return nil, err
	}
	levels.CreateEvent, err = a.creation(ctx, room)
	return &levels, err
}

// creation is the event that a room began with; in newer rooms who sent it has
// power without being named. Of a room that was just joined the sync has not told
// it yet.
func (a *Adapter) creation(ctx context.Context, room id.RoomID) (*event.Event, error) {
	create, err := a.client.StateStore.GetCreate(ctx, room)
	if err == nil && create != nil && create.Sender != "" {
		return create, nil
	}
	create, err = a.client.FullStateEvent(ctx, room, event.StateCreate, "")
	if err == nil && create != nil && create.Sender != "" {
		return create, nil
	}
	all, err := a.client.State(ctx, room) // for homeservers that tell no senders of single ones
	if err != nil {
		return nil, err
	}
	return all[event.StateCreate][""], nil
}
