package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"parley/answers"
	"parley/answers/facts"
)

func checkCommand() *cobra.Command {
	var asJSON, questions bool
	c := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Prove a fact base: every problem with file, line and column",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var fsys fs.FS = facts.Embedded
			if len(args) > 0 {
				fsys = os.DirFS(args[0])
			}
			b, ps := facts.Load(fsys)
			ps = append(ps, facts.Check(b)...)
			qs, ts, more := facts.LoadQuestions(fsys)
			ps = append(ps, more...)
			if len(qs) > 0 {
				ps = append(ps, facts.CheckQuestions(b, qs, ts, answers.IsIntent)...)
			}
			if err := report(c, b, len(qs), ps, asJSON); err != nil || !questions {
				return err
			}
			return adviseOn(c, args, b, qs)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the problems as JSON")
	c.Flags().BoolVar(&questions, "questions", false, "tell also, as advice, where training questions are too few and which pull towards another fact")
	return c
}

// adviseOn tells what would make questions be found better. It never fails: a
// base is sound without.
func adviseOn(c *cobra.Command, args []string, b *facts.Base, qs []facts.Question) error {
	dir := ""
	if len(args) > 0 {
		dir = args[0]
	}
	book, err := openBook(dir)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	lacking, pulls := facts.Lacking(b, qs), book.Pulls(qs)
	for _, p := range lacking {
		fmt.Fprintln(out, p)
	}
	for _, p := range pulls {
		fmt.Fprintf(out, "%s: %s: %q pulls towards %s (margin higher by %.2f)\n", p.Question.Pos, p.Question.ID, p.Question.Text, p.To, p.By)
	}
	fmt.Fprintf(out, "%d times too few questions, %d of %d questions pull towards something else\n", len(lacking), len(pulls), len(qs))
	return nil
}

func report(c *cobra.Command, b *facts.Base, questions int, ps facts.Problems, asJSON bool) error {
	out := c.OutOrStdout()
	if asJSON {
		type problem struct {
			File    string `json:"file"`
			Line    int    `json:"line"`
			Column  int    `json:"column"`
			Message string `json:"message"`
		}
		list := make([]problem, 0, len(ps))
		for _, p := range ps {
			list = append(list, problem{p.Pos.File, p.Pos.Line, p.Pos.Col, p.Message})
		}
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(list); err != nil {
			return err
		}
	} else {
		for _, p := range ps {
			fmt.Fprintln(out, p)
		}
	}
	if len(ps) > 0 {
		return exit(1)
	}
	if !asJSON {
		fmt.Fprintf(out, "sound: %d facts, %d people, %d places, %d terms, %d meetings, %d events, %d exchanges, %d summaries, %d training questions\n",
			len(b.Facts), len(b.People), len(b.Places), len(b.Terms), len(b.Meetings), len(b.Events), len(b.Exchanges), len(b.Topics), questions)
	}
	return nil
}
