package main

import (
	"parley/bot"
	"parley/config"
)

func floodOf(f config.Flood) bot.Flood {
	return bot.Flood{Person: bot.Rate(f.Person), Chat: bot.Rate(f.Chat), All: bot.Rate(f.All)}
}

// guard adds who is answered how much, and who is not at all, to the settings that
// take effect at once.
func guard(b *bot.Bot, apply map[string]func(*config.Config)) {
	for _, key := range [...]string{"flood.person.burst", "flood.person.every", "flood.chat.burst", "flood.chat.every", "flood.all.burst", "flood.all.every"} {
		apply[key] = func(c *config.Config) { b.SetFlood(floodOf(c.Flood)) }
	}
	for _, key := range [...]string{"block.people", "block.chats"} {
		apply[key] = func(c *config.Config) { b.SetBlocked(bot.Blocked(c.Block)) }
	}
}
