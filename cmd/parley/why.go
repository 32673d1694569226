package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/answers"
)

func whyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "why QUESTION...",
		Short: "Explain how a question is read; turns of a talk are divided by |",
		Args:  cobra.MinimumNArgs(1),
	}
	open := factsFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		b, err := open()
		if err != nil {
			return err
		}
		turns := strings.Split(strings.Join(args, " "), "|")
		var talk answers.Talk
		for i, t := range turns {
			q := answers.Question{Text: strings.TrimSpace(t), Talk: talk, Now: time.Now()}
			if i+1 < len(turns) {
				talk = b.Answer(q).Talk
				continue
			}
			fmt.Fprint(c.OutOrStdout(), b.Why(q))
		}
		return nil
	}
	return c
}
