package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"parley/adapters/console"
	"parley/answers"
	"parley/answers/lang"
	"parley/bot"
)

func chatCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "chat",
		Short: "Ask in the terminal; needs no account and no server",
		Args:  cobra.NoArgs,
	}
	open := factsFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		b, err := open()
		if err != nil {
			return err
		}
		return chat(c.Context(), b)
	}
	return c
}

func chat(ctx context.Context, b *answers.Book) error {
	terminal, colour := console.Terminal(os.Stdout)
	typed, _ := console.Terminal(os.Stdin)
	l := systemLanguage()
	a := console.New(console.Config{In: os.Stdin, Out: os.Stdout, Colour: colour, Lang: l,
		Say:  func(code, key string) string { return b.Say(code, key, nil) },
		Date: b.Date})
	if terminal && typed {
		fmt.Println(b.Say(l, "console.welcome", lang.Args{"date": b.Date(l, b.AsOf())}))
		fmt.Println(b.Say(l, "console.hint", nil))
		fmt.Println()
		defer func() { fmt.Println(b.Say(l, "console.bye", nil)) }()
	}
	return bot.New(bot.Options{Book: b}).Run(ctx, a)
}

// systemLanguage is the language the system is set to, if it is one of ours.
func systemLanguage() string {
	for _, name := range [...]string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			code, _, _ := strings.Cut(v, "_")
			if lang.Has(code) {
				return code
			}
			break
		}
	}
	return lang.Codes[0]
}
