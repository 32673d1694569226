package telegram

import (
	"context"
	"strings"
	"time"

	"parley/bot"
	"parley/bot/store"
)

// keepEvery is how often it is stored which message answers which. What a crash
// loses of it is convenience: an edit of the question is answered anew.
const keepEvery = 5 * time.Second

// pair is a question and the first message of its answer.
type pair struct{ chat, question, answer string }

const maxPairs = 5000 // that wait to be stored

func (a *Adapter) keepAnswers(ctx context.Context) {
	for pause(ctx, keepEvery) == nil {
		a.storeAnswers(ctx)
	}
}

func (a *Adapter) storeAnswers(ctx context.Context) {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	ps := a.memory.unstored()
	if len(ps) == 0 {
		return
	}
	all := make([]store.Said, 0, len(ps))
	for _, p := range ps {
		all = append(all, store.Said{
			Chat: bot.Chat{Network: Network, ID: p.chat}, Message: inChat(p.chat, p.answer), Question: inChat(p.chat, p.question),
		})
	}
	if err := a.cfg.Store.PutAllSaid(ctx, all, time.Now()); err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "answers not remembered for edits of their questions", "err", err)
	}
}

// Forget drops what is known of a chat's messages.
func (a *Adapter) Forget(c bot.Chat) {
	a.keeping.Lock() // what is being stored comes before
	defer a.keeping.Unlock()
	a.memory.forget(c.ID)
}

// inChat names a message: Telegram counts them in each chat.
func inChat(chat, id string) string { return chat + "/" + id }

// answerTo is the first message of the answer to a question, if it is known.
func (a *Adapter) answerTo(chat, question string) string {
	if id, ok := a.memory.answerTo(chat, question); ok {
		return id
	}
	ctx, cancel := context.WithTimeout(a.hard, time.Second)
	defer cancel()
	said, err := a.cfg.Store.SaidTo(ctx, Network, inChat(chat, question))
	if err != nil || said == nil {
		return ""
	}
	return strings.TrimPrefix(said.Message, chat+"/")
}
