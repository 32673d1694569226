package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"parley/bot"
)

// Edit changes a message that Send sent. Messages in which a long reply went
// on are changed, added or removed with it.
func (a *Adapter) Edit(ctx context.Context, to bot.Chat, id string, r bot.Reply) error {
	if r.Unasked {
		ctx = Later(ctx)
	}
	return a.edit(ctx, a.ticketOf(ctx, to, r.Quote), to, id, r)
}

func (a *Adapter) edit(ctx context.Context, t *ticket, to bot.Chat, id string, r bot.Reply) error {
	f := a.form(r)
	n := len(f.parts)
	if n == 0 {
		return errEmpty
	}
	had := append([]string{id}, a.memory.restOf(to.ID, id)...)
	for i := 0; i < n && i < len(had); i++ {
		if err := a.editOne(ctx, t, to, had[i], f.message(i)); err != nil {
			return err
		}
	}
	for _, old := range had[min(n, len(had)):] {
		a.remove(ctx, to, old)
	}
	kept := had[:min(n, len(had))]
	added, err := a.post(ctx, t, to, r, f, len(kept))
	a.memory.setRest(to.ID, id, append(append([]string{}, kept[1:]...), added...))
	if r.Quote != "" {
		a.memory.answered(to.ID, r.Quote, id)
	}
	a.stats.edited.Add(1)
	return err
}

func (a *Adapter) editOne(ctx context.Context, t *ticket, to bot.Chat, id string, p params) error {
	p["message_id"] = id
	j := a.job(ctx, "editMessageText", to, p)
	j.ticket, j.repeatable = t, true
	_, err := a.carryOut(ctx, j)
	if ce := (*callError)(nil); errors.As(err, &ce) && ce.unmodified() {
		return nil
	}
	return err
}

// remove deletes what is left of a longer reply; if it cannot, that stays.
func (a *Adapter) remove(ctx context.Context, to bot.Chat, id string) {
	if err := a.repeatably(ctx, "deleteMessage", to, params{"message_id": id}); err != nil {
		a.log.DebugContext(ctx, "message not deleted", "err", err)
	}
}

// repeatably makes a call that can be made twice and that belongs to a chat.
func (a *Adapter) repeatably(ctx context.Context, method string, to bot.Chat, p params) error {
	j := a.job(ctx, method, to, p)
	j.repeatable = true
	_, err := a.carryOut(ctx, j)
	return err
}

// Pin pins a message without a sound. In groups it needs a right: ErrMuted.
func (a *Adapter) Pin(ctx context.Context, to bot.Chat, id string) error {
	return a.repeatably(Later(ctx), "pinChatMessage", to, params{"message_id": id, "disable_notification": "true"})
}

// Unpin takes a pin away; one that is gone already is no error.
func (a *Adapter) Unpin(ctx context.Context, to bot.Chat, id string) error {
	err := a.repeatably(Later(ctx), "unpinChatMessage", to, params{"message_id": id})
	if ce := (*callError)(nil); errors.As(err, &ce) && ce.says("message to unpin not found") {
		return nil
	}
	return err
}

// Typing shows that an answer is on its way, unless that would take the place
// of a message under Telegram's limits.
func (a *Adapter) Typing(ctx context.Context, to bot.Chat) error {
	chat := a.memory.now(to.ID)
	if a.stop.Err() != nil || !a.gov.try(chat) {
		return nil
	}
	p := params{"chat_id": chat, "action": "typing"}
	setThread(p, to)
	_, err := a.client.call(ctx, "sendChatAction", p, callTimeout)
	a.gov.done(chat, err)
	return err
}

func (a *Adapter) isAdmin(ctx context.Context, chat string, user int64) (bool, error) {
	raw, err := a.carryOut(ctx, job{
		method: "getChatMember", params: params{"chat_id": a.memory.now(chat), "user_id": strconv.FormatInt(user, 10)}, repeatable: true,
	})
	if err != nil {
		return false, err
	}
	var m member
	if err := json.Unmarshal(raw, &m); err != nil {
		return false, errors.New("telegram: getChatMember: the answer is no member")
	}
	return m.admin(), nil
}

// obey pauses what a 429 asks to pause.
func (a *Adapter) obey(err error, chat string) bool {
	var ce *callError
	if !errors.As(err, &ce) || ce.Code != 429 {
		return false
	}
	a.stats.flooded.Add(1)
	a.gov.pause(chat, ce.After)
	return true
}
