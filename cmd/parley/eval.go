package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"parley/answers"
	"parley/answers/score"
)

func evalCommand() *cobra.Command {
	var failures, asJSON bool
	var minRight, minRefused, maxWrong float64
	c := &cobra.Command{
		Use:   "eval FILE...",
		Short: "Score question files: answered right, refused right, wrong answers",
		Args:  cobra.MinimumNArgs(1),
	}
	open := factsFlag(c)
	c.Flags().BoolVar(&failures, "failures", false, "show what went wrong, grouped")
	c.Flags().BoolVar(&asJSON, "json", false, "print the table as JSON")
	c.Flags().Float64Var(&minRight, "min-right", 0, "fail below this percentage answered right, in any language")
	c.Flags().Float64Var(&minRefused, "min-refused", 0, "fail below this percentage rightly refused, in any language")
	c.Flags().Float64Var(&maxWrong, "max-wrong", 100, "fail above this percentage of wrong answers, in any language")
	c.RunE = func(c *cobra.Command, files []string) error {
		b, err := open()
		if err != nil {
			return err
		}
		var items []score.Item
		for _, name := range files {
			f, err := os.Open(name)
			if err != nil {
				return err
			}
			more, err := score.Read(f)
			f.Close()
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			items = append(items, more...)
		}
		rs := evaluate(b, items)
		rows := score.Table(rs)
		if asJSON {
			if err := json.NewEncoder(c.OutOrStdout()).Encode(rows); err != nil {
				return err
			}
		} else {
			printTable(c.OutOrStdout(), rows)
		}
		if failures {
			printFailures(c.OutOrStdout(), b, rs)
		}
		for _, r := range rows {
			right, _ := score.Percent(r.AnsweredRight, r.Answerable)
			refused, _ := score.Percent(r.RefusedRight, r.Refusable)
			wrong, _ := score.Percent(r.Wrong, r.N)
			if r.Answerable > 0 && right < minRight || r.Refusable > 0 && refused < minRefused || wrong > maxWrong {
				return exit(1)
			}
		}
		return nil
	}
	return c
}

func evaluate(b *answers.Book, items []score.Item) (rs []score.Result) {
	for _, it := range items {
		l := answerTurns(b, askLine{ID: it.ID, Turns: it.Turns, Today: it.Today}, time.Now())
		rs = append(rs, score.Result{Item: it, Verdict: score.Judge(it, string(l.Status), l.Text), Status: string(l.Status),
			Lang: l.Lang, Text: l.Text, Facts: l.Facts, Micros: l.Micros})
	}
	return rs
}

func printTable(w io.Writer, rows []score.Row) {
	fmt.Fprintf(w, "%-5s%6s%16s%16s%8s%8s%10s%10s%8s%8s%8s\n", "", "n", "answered right", "refused right", "wrong", "missed", "follow-up", "noisy", "lang", "p50 us", "p99 us")
	for _, r := range rows {
		right, pm := score.Percent(r.AnsweredRight, r.Answerable)
		refused, rpm := score.Percent(r.RefusedRight, r.Refusable)
		wrong, _ := score.Percent(r.Wrong, r.N)
		missed, _ := score.Percent(r.Missed, r.Answerable)
		follow, _ := score.Percent(r.FollowUpsRight, r.FollowUps)
		noisy, _ := score.Percent(r.NoisyRight, r.Noisy)
		langs, _ := score.Percent(r.N-r.OtherLanguage, r.N)
		fmt.Fprintf(w, "%-5s%6d%9.1f ± %4.1f%9.1f ± %4.1f%8.1f%8.1f%10.1f%10.1f%8.1f%8.0f%8.0f\n",
			r.Name, r.N, right, pm, refused, rpm, wrong, missed, follow, noisy, langs, r.P50, r.P99)
	}
}
