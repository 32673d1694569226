// Command echo answers every text with itself, the way the example of
// go-telegram-bot-api does. It is what a bot costs that does nothing: the other
// bots are measured beside it.
package main

import (
	"fmt"
	"os"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

func main() {
	if err := run(os.Getenv("TOKEN"), os.Getenv("API_URL"), os.Getenv("PARALLEL") != ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(token, url string, parallel bool) error {
	bot, err := tgbotapi.NewBotAPIWithAPIEndpoint(token, url+"/bot%s/%s")
	if err != nil {
		return err
	}
	poll := tgbotapi.NewUpdate(0)
	poll.Timeout = 50
	poll.AllowedUpdates = []string{tgbotapi.UpdateTypeMessage}
	for u := range bot.GetUpdatesChan(poll) {
		if u.Message == nil {
			continue
		}
		if parallel {
			go echo(bot, u.Message)
			continue
		}
		echo(bot, u.Message)
	}
	return nil
}

func echo(bot *tgbotapi.BotAPI, m *tgbotapi.Message) {
	reply := tgbotapi.NewMessage(m.Chat.ID, m.Text)
	reply.ReplyToMessageID = m.MessageID
	if _, err := bot.Send(reply); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
