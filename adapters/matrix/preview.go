package matrix

import (
	"maunium.net/go/mautrix/event"

	"parley/answers/lang"
	"parley/bot"
)

// Preview is the content of a reply as it goes to a room, before encryption.
func Preview(r bot.Reply, packs lang.Packs) *event.MessageEventContent { return render(r, packs) }
