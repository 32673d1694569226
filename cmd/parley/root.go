package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"parley/answers"
	"parley/answers/facts"
)

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "parley",
		Short:         "Answers questions about the peace talks between Ukraine and Russia",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.AddCommand(chatCommand(), askCommand(), checkCommand(), evalCommand(), trainCommand(), whyCommand(), runCommand(), announceCommand(), versionCommand(), configCommand(), healthcheckCommand(), doctorCommand(), initCommand(), backupCommand(), restoreCommand())
	return c
}

// factsFlag adds --facts and returns the function that opens the book it names.
func factsFlag(c *cobra.Command) func() (*answers.Book, error) {
	dir := c.Flags().String("facts", "", "use the facts of this folder instead of those in the program")
	return func() (*answers.Book, error) { return openBook(*dir) }
}

// modelFile is the model that parley train leaves beside the facts it was
// trained on.
const modelFile = "model.bin"

func openBook(dir string) (*answers.Book, error) {
	if dir == "" {
		return answers.Embedded()
	}
	fsys := os.DirFS(dir)
	b, ps := facts.Load(fsys)
	if len(ps) == 0 {
		ps = facts.Check(b)
	}
	if len(ps) > 0 {
		return nil, fmt.Errorf("the facts in %s are not sound: %w", dir, ps)
	}
	trained, err := os.ReadFile(dir + "/" + modelFile)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	book, err := answers.New(b, trained)
	if err == nil {
		if n := len(book.Untrained()); n > 0 {
			fmt.Fprintf(os.Stderr, "parley: %d entries of %s are not in the model and are found by their id alone; run: parley train --facts %s\n", n, dir, dir)
		}
	}
	return book, err
}
