package telegram

import (
	"net/url"
	"unicode/utf8"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"parley/answers"
	"parley/bot"
)

const (
	maxLabel   = 60 // characters that fit on a phone
	maxData    = 64 // bytes
	maxChoices = 20 // rows; more would hide the text
)

type button = tgbotapi.InlineKeyboardButton

// buttons makes a keyboard: one choice in a row, and below an answer its
// sources and a way to share it. A choice whose id is too long for a button is
// left out; it can still be asked for in words.
func (a *Adapter) buttons(r bot.Reply) string {
	var rows [][]button
	for _, c := range r.Choices {
		if b, ok := choiceButton(c); ok && len(rows) < maxChoices {
			rows = append(rows, []button{b})
		}
	}
	if last := a.aboutFact(r); len(last) > 0 {
		rows = append(rows, last)
	}
	if len(rows) == 0 {
		return ""
	}
	return jsonOf(tgbotapi.InlineKeyboardMarkup{InlineKeyboard: rows})
}

func choiceButton(c answers.Choice) (button, bool) {
	data, label := choicePrefix+c.ID, cutLabel(c.Label)
	return button{Text: label, CallbackData: &data}, label != "" && c.ID != "" && len(data) <= maxData
}

// aboutFact are the buttons that belong to the fact told.
func (a *Adapter) aboutFact(r bot.Reply) (row []button) {
	if r.Fact == "" || r.Notice {
		return nil
	}
	pack := a.cfg.Packs.In(r.Lang)
	if len(r.Sources) > 0 {
		c := answers.Choice{ID: bot.CommandChoice("sources", r.Fact), Label: pack.Say("button.sources", nil)}
		if b, ok := choiceButton(c); ok {
			row = append(row, b)
		}
	}
	if link := a.DeepLink(r.Fact); link != "" {
		share := "https://t.me/share/url?url=" + url.QueryEscape(link)
		row = append(row, button{Text: cutLabel(pack.Say("button.share", nil)), URL: &share})
	}
	return row
}

func cutLabel(s string) string {
	s = clean(s)
	if utf8.RuneCountInString(s) <= maxLabel {
		return s
	}
	return string([]rune(s)[:maxLabel-1]) + "…"
}
