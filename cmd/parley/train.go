package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"parley/answers"
)

func trainCommand() *cobra.Command {
	var dir, out string
	c := &cobra.Command{
		Use:   "train",
		Short: "Learn from the training questions beside the facts",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				out = filepath.Join(dir, modelFile)
			}
			start := time.Now()
			model, err := answers.Train(os.DirFS(dir), func(what string) {
				fmt.Fprintf(c.ErrOrStderr(), "%5.1f s  %s\n", time.Since(start).Seconds(), what)
			})
			if err != nil {
				return err
			}
			if err := os.WriteFile(out, model, 0o644); err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "%5.1f s  wrote %s, %d bytes\n", time.Since(start).Seconds(), out, len(model))
			return nil
		},
	}
	c.Flags().StringVar(&dir, "facts", "answers/facts", "the folder of facts")
	c.Flags().StringVar(&out, "out", "", "where to write the model (default: beside the facts)")
	return c
}
