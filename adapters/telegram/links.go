package telegram

import (
	"regexp"
	"strconv"
	"strings"

	"parley/bot"
)

var _ bot.Linker = (*Adapter)(nil)

var validPayload = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// DeepLink is the address that opens a private chat with the bot and says /start
// with the payload, or "" if Telegram allows no such link.
func (a *Adapter) DeepLink(payload string) string {
	name := a.Username()
	if name == "" || !validPayload.MatchString(payload) {
		return ""
	}
	return "https://t.me/" + name + "?start=" + payload
}

// Link is the address of a message, for those who are in its chat. Only
// supergroups have such.
func (a *Adapter) Link(c bot.Chat, id string) (string, bool) {
	number, ok := strings.CutPrefix(a.memory.now(c.ID), "-100")
	if _, err := strconv.Atoi(id); !ok || len(number) < 10 || err != nil { // a shorter one is a plain group's
		return "", false
	}
	if c.Thread != "" {
		return "https://t.me/c/" + number + "/" + c.Thread + "/" + id, true
	}
	return "https://t.me/c/" + number + "/" + id, true
}
