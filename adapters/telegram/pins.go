package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/bot"
)

var (
	_ bot.Verifier = (*Adapter)(nil)
	_ bot.Finder   = (*Adapter)(nil)
	_ bot.Paced    = (*Adapter)(nil)
)

// PinState asks for the newest pinned message of a chat, the only one that
// Telegram tells, and what it shows. Below another's it cannot be seen whether ours
// is pinned.
func (a *Adapter) PinState(ctx context.Context, to bot.Chat, id string, r bot.Reply) (bot.PinState, error) {
	raw, err := a.carryOut(ctx, job{method: "getChat", params: params{"chat_id": a.memory.now(to.ID)}, repeatable: true})
	if err != nil {
		return bot.PinUnknown, err
	}
	var c struct {
		Pinned *struct {
			ID   int    `json:"message_id"`
			Text string `json:"text"`
		} `json:"pinned_message"`
	}
	switch err := json.Unmarshal(raw, &c); {
	case err != nil:
		return bot.PinUnknown, errors.New("telegram: getChat: the answer is no chat")
	case c.Pinned == nil:
		return bot.PinAway, nil
	case strconv.Itoa(c.Pinned.ID) != id:
		return bot.PinUnknown, nil
	}
	parts := a.parts(r)
	if len(parts) > 0 && strings.TrimSpace(parts[0].text) != strings.TrimSpace(c.Pinned.Text) {
		return bot.PinAltered, nil
	}
	return bot.PinStands, nil
}

// Pace is how far apart messages may be if nothing else is sent.
func (a *Adapter) Pace() time.Duration {
	if a.gov.limits.Off {
		return 0
	}
	return time.Duration(float64(time.Second) / (a.gov.limits.Overall * share))
}

// Newest is the newest message known in a chat.
func (a *Adapter) Newest(to bot.Chat, known ...string) string {
	newest := a.memory.newestIn(a.memory.now(to.ID))
	for _, k := range known {
		if id, err := strconv.Atoi(k); err == nil {
			newest = max(newest, id)
		}
	}
	if newest == 0 {
		return ""
	}
	return strconv.Itoa(newest)
}

// window is how many messages a message of unknown fate may be away from the
// newest one that was known before.
const window = 8

// Find finds out whether a message was sent. Telegram tells a bot nothing about
// its own messages but what an edit comes to: an edit of the caption of a text
// changes nothing and says whose the message is, and the edit of the text then
// shows that it is the one, or makes it so.
func (a *Adapter) Find(ctx context.Context, to bot.Chat, r bot.Reply, after string, others []string) (string, error) {
	first, err := strconv.Atoi(after)
	f := a.form(r)
	if err != nil || len(f.parts) == 0 {
		return "", nil
	}
	r.Unasked = false // somebody waits for the outcome: the task that asks
	ours, err := a.oursAfter(ctx, to, first)
	ours = slices.DeleteFunc(ours, func(id string) bool { return slices.Contains(others, id) })
	if err != nil {
		return "", err
	}
	if len(ours) > 1 {
		ours = a.showing(ctx, to, ours, f.parts[0].text)
	}
	if len(ours) != 1 {
		return "", nil
	}
	err = a.editOne(ctx, nil, to, ours[0], f.message(0))
	if errors.Is(err, ErrLost) {
		return "", nil
	}
	return ours[0], err
}

// oursAfter are the bot's texts among the next messages after one.
func (a *Adapter) oursAfter(ctx context.Context, to bot.Chat, first int) (ours []string, err error) {
	for id := first + 1; id <= first+window; id++ {
		err := a.repeatably(ctx, "editMessageCaption", to, params{"message_id": strconv.Itoa(id), "caption": "-"})
		var ce *callError
		switch {
		case err == nil, errors.As(err, &ce) && ce.says("no caption"):
			ours = append(ours, strconv.Itoa(id))
		case errors.Is(err, ErrLost), errors.As(err, &ce) && ce.Code == 400 && !errors.Is(err, bot.ErrGone):
		default:
			return nil, err
		}
	}
	return ours, nil
}

// showing are those of some messages that show a text, as far as Telegram tells:
// it shows a message to a bot that forwards it, and the copy is deleted at once.
func (a *Adapter) showing(ctx context.Context, to bot.Chat, ids []string, text string) (out []string) {
	chat := a.memory.now(to.ID)
	for _, id := range ids {
		p := params{"from_chat_id": chat, "message_id": id, "disable_notification": "true"}
		setThread(p, to)
		raw, err := a.carryOut(ctx, a.job(ctx, "forwardMessage", to, p))
		var copied struct {
			ID   int    `json:"message_id"`
			Text string `json:"text"`
		}
		if err != nil || json.Unmarshal(raw, &copied) != nil || copied.ID == 0 {
			continue
		}
		a.remove(ctx, to, strconv.Itoa(copied.ID))
		if strings.TrimSpace(copied.Text) == strings.TrimSpace(text) {
			out = append(out, id)
		}
	}
	return out
}

// notePin takes away the service message that tells of a pin of the bot's own,
// where it may.
func (a *Adapter) notePin(ctx context.Context, m *message) {
	me := a.self.Load()
	if m == nil || len(m.Pinned) == 0 || m.From == nil || me == nil || m.From.ID != me.id {
		return
	}
	to, id := m.place(), strconv.Itoa(m.ID)
	a.beside(func() {
		if err := a.repeatably(ctx, "deleteMessage", to, params{"message_id": id}); err != nil {
			a.log.DebugContext(ctx, "service message of a pin not deleted", "err", err)
		}
	})
}

// heard notes that a message is in a chat.
func (r *remembered) heard(chat string, id int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if had, _ := r.newest.Get(chat); id > had {
		r.newest.Add(chat, id)
	}
}

func (r *remembered) newestIn(chat string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, _ := r.newest.Get(chat)
	return id
}
