package matrix

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
	"parley/bot/store"
)

// sendTime is how long a send may take with all its attempts.
const sendTime = 2 * time.Minute

// Send posts a reply. It carries a transaction id made from the question, so
// that the same answer sent again, also after a crash, appears once.
func (a *Adapter) Send(ctx context.Context, to bot.Chat, r bot.Reply) (string, error) {
	c := render(a.orders.spell(r), a.cfg.Packs)
	a.relate(c, to, r.Quote)
	fit(c)
	eventID, err := a.post(ctx, to, r, c, "")
	if err != nil {
		return "", err
	}
	a.past.ours.put(eventID, true)
	a.remember(ctx, eventID, to, r)
	a.log.DebugContext(ctx, "message sent")
	if _, shown := a.typing.LoadAndDelete(to.ID); shown {
		a.seen(id.RoomID(to.ID), "")
	}
	return eventID, nil
}

// Edit changes what was sent.
func (a *Adapter) Edit(ctx context.Context, to bot.Chat, messageID string, r bot.Reply) error {
	c := render(a.orders.spell(r), a.cfg.Packs)
	c.SetEdit(id.EventID(messageID))
	c.Mentions = &event.Mentions{} // an edit calls nobody again
	fit(c)
	if _, err := a.post(ctx, to, r, c, messageID); err != nil {
		return err
	}
	a.remember(ctx, messageID, to, r)
	return nil
}

// relate makes a message a reply, and puts it into its thread.
func (a *Adapter) relate(c *event.MessageEventContent, to bot.Chat, quote string) {
	if q, ok := a.past.questions.get(quote); ok {
		quote = q.quote
	}
	switch {
	case to.Thread != "":
		fallback := quote
		if fallback == "" {
			fallback = to.Thread
		}
		c.RelatesTo = (&event.RelatesTo{}).SetThread(id.EventID(to.Thread), id.EventID(fallback))
		c.RelatesTo.IsFallingBack = quote == ""
	case quote != "":
		c.RelatesTo = (&event.RelatesTo{}).SetReplyTo(id.EventID(quote))
	}
}

// post sends a message to a room, one at a time in each.
func (a *Adapter) post(ctx context.Context, to bot.Chat, r bot.Reply, c *event.MessageEventContent, edits string) (string, error) {
	if err := a.online(ctx); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	room := id.RoomID(to.ID)
	unlock, err := a.sending.lock(ctx, room)
	if err != nil {
		return "", err
	}
	defer unlock()
	if a.crypto == nil {
		if secret, err := a.client.StateStore.IsEncrypted(ctx, room); secret || err != nil {
			return "", fmt.Errorf("%w: the room is encrypted, and matrix.encryption is off", bot.ErrMuted)
		}
	}
	if r.Quote != "" && a.rooms.pending(r.Quote) {
		a.mark(ctx, r.Quote, store.Sending)
	}
	n, _ := a.past.sends.get(r.Quote)
	resp, err := a.client.SendMessageEvent(ctx, room, event.EventMessage, withChoices(c, r),
		mautrix.ReqSendEvent{TransactionID: a.transaction(cmp.Or(r.Quote, r.Key), edits, n)})
	if err != nil {
		return "", a.refused(ctx, room, err)
	}
	if r.Quote != "" {
		a.past.sends.put(r.Quote, n+1)
	}
	return resp.EventID.String(), nil
}

// transaction is the same for the same answer to the same question. What
// answers nothing gets a new one.
func (a *Adapter) transaction(quote, edits string, n int) string {
	if quote == "" {
		return a.client.TxnID()
	}
	sum := sha256.Sum256([]byte(quote + "\x00" + edits + "\x00" + strconv.Itoa(n)))
	return "parley" + hex.EncodeToString(sum[:16])
}

// Typing shows for some seconds that an answer is on its way. A homeserver
// that is busy is not asked twice.
func (a *Adapter) Typing(ctx context.Context, to bot.Chat) error {
	if err := a.online(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(mautrix.WithMaxRetries(ctx, 0), 5*time.Second)
	defer cancel()
	a.typing.Store(to.ID, true)
	_, err := a.client.UserTyping(ctx, id.RoomID(to.ID), true, 10*time.Second)
	return sendError(err)
}

// receipt says that a message has been read; without one, that nobody is typing
// any more.
type receipt struct {
	room  id.RoomID
	event id.EventID
}

// seen has a receipt sent when there is time; if there is none, it is left
// out.
func (a *Adapter) seen(room id.RoomID, event id.EventID) {
	select {
	case a.receipt <- receipt{room, event}:
	default:
	}
}

// sendReceipts sends receipts until ctx ends. A newer one replaces those of
// the same room that still wait.
func (a *Adapter) sendReceipts(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-a.receipt:
			for _, r := range newest(r, a.receipt) {
				a.sendReceipt(ctx, r)
			}
		}
	}
}

// newest takes what waits, and leaves out what later ones replace.
func newest(first receipt, waiting <-chan receipt) (out []receipt) {
	kind := func(r receipt) receipt { return receipt{r.room, r.event[:min(1, len(r.event))]} }
	last := map[receipt]receipt{kind(first): first}
	for {
		select {
		case r := <-waiting:
			last[kind(r)] = r
		default:
			return slices.Collect(maps.Values(last))
		}
	}
}

func (a *Adapter) sendReceipt(ctx context.Context, r receipt) {
	ctx, cancel := context.WithTimeout(mautrix.WithMaxRetries(ctx, 0), 5*time.Second)
	defer cancel()
	if r.event == "" {
		_, _ = a.client.UserTyping(ctx, r.room, false, 0) // the sign ends by itself soon
		return
	}
	if err := a.client.SendReceipt(ctx, r.room, r.event, event.ReceiptTypeRead, nil); err != nil {
		a.log.DebugContext(ctx, "read receipt not sent", "room", r.room, "err", harmless(err))
	}
}
