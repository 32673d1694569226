package telegram

import (
	"parley/answers/lang"
	"parley/bot"
)

// Preview is a reply as it goes to Telegram, message by message.
func Preview(r bot.Reply, packs lang.Packs) []map[string]string {
	var out []map[string]string
	for _, part := range split(render(r.Body, r.Sources, packs.In(r.Lang)), maxUnits) {
		out = append(out, textParams(part))
	}
	return out
}
