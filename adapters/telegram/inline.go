package telegram

import (
	"context"
	"errors"
	"strconv"
	"time"

	"parley/answers"
	"parley/answers/markup"
)

// Inline answers what is typed behind the bot's name in any chat.
type Inline interface {
	Inline(ctx context.Context, query, lang string) []InlineResult
}

// InlineResult is one thing offered. ID is unique among the results of a query.
type InlineResult struct {
	ID, Title, Preview, Lang string
	Body                     markup.Text // what is posted if it is picked
	Sources                  []answers.Source
}

const (
	maxResults  = 10
	inlineCache = 5 * time.Minute
)

// answerInline answers beside the lanes, a few at a time: nothing is kept of a
// query, and one that comes too late is of no use to anybody.
func (a *Adapter) answerInline(ctx context.Context, q *inlineQuery) {
	select {
	case a.inlineWaiting <- struct{}{}:
	default:
		a.stats.dropped.Add(1)
		return // so many type at the same time; the next letter asks again
	}
	free := func() { <-a.inlineWaiting }
	if !a.spawn(func() { defer free(); a.inlineInTurn(ctx, q) }) {
		free()
	}
}

func (a *Adapter) inlineInTurn(ctx context.Context, q *inlineQuery) {
	select {
	case a.inlineSlots <- struct{}{}:
		defer func() { <-a.inlineSlots }()
		a.inlineNow(ctx, q)
	case <-ctx.Done():
	}
}

func (a *Adapter) inlineNow(ctx context.Context, q *inlineQuery) {
	defer a.recovered(ctx, "inline query not answered", func() {})
	code := a.inlineLang(ctx, q.From)
	articles := []map[string]any{}
	for _, r := range a.cfg.Inline.Inline(ctx, q.Query, code) {
		if art, ok := a.article(r); ok && len(articles) < maxResults {
			articles = append(articles, art)
		}
	}
	p := params{
		"inline_query_id": q.ID, "results": jsonOf(articles), "is_personal": "true",
		"cache_time": strconv.Itoa(int(inlineCache.Seconds())),
		"button":     jsonOf(map[string]string{"text": cutLabel(a.cfg.Packs.In(code).Say("telegram.inline.button", nil)), "start_parameter": "inline"}),
	}
	if a.gov.wait(ctx, "", urgent) != nil {
		return
	}
	if err := a.answerQuery("answerInlineQuery", p); err != nil && ctx.Err() == nil {
		a.log.DebugContext(ctx, "inline query not answered", "err", err)
	}
}

// inlineLang is the language that a person chose in the chat with the bot, or that
// Telegram says they read.
func (a *Adapter) inlineLang(ctx context.Context, u *user) string {
	if u == nil {
		return ""
	}
	if code, err := a.cfg.Store.Language(ctx, Network, strconv.FormatInt(u.ID, 10)); err == nil && code != "" {
		return code
	}
	return u.hint()
}

func (a *Adapter) article(r InlineResult) (map[string]any, bool) {
	parts := split(render(r.Body, r.Sources, a.cfg.Packs.In(r.Lang)), maxUnits)
	if len(parts) == 0 || r.ID == "" || len(r.ID) > maxData || r.Title == "" {
		return nil, false
	}
	content := map[string]any{"message_text": parts[0].text, "link_preview_options": map[string]bool{"is_disabled": true}}
	if len(parts[0].ents) > 0 {
		content["entities"] = parts[0].ents
	}
	return map[string]any{
		"type": "article", "id": r.ID, "title": clean(r.Title), "description": clean(r.Preview), "input_message_content": content,
	}, true
}

// stopSpinner ends the button's turning. It is not limited by Telegram and
// waits for nothing.
func (a *Adapter) stopSpinner(id string) {
	defer a.recovered(a.hard, "callback not answered", func() {})
	_ = a.answerQuery("answerCallbackQuery", params{"callback_query_id": id}) // too old: the button has stopped by itself
}

// answerQuery answers what nobody waits for long, and again if that did not arrive:
// a second time does no harm.
func (a *Adapter) answerQuery(method string, p params) error {
	for n := 0; ; n++ {
		_, err := a.client.call(a.hard, method, p, callTimeout)
		var ce *callError
		if n == 3 || !errors.As(err, &ce) || !ce.Unsent && !ce.Unknown && !ce.down() && !a.obey(err, "") {
			return err
		}
		if pause(a.stop, max(backoff(n, firstRetry, time.Second), ce.After)) != nil {
			return err
		}
	}
}
