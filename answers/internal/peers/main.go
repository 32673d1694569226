// Command peers measures Parley beside what people would use instead, all in one
// run: trained on the same questions, asked the same held-out ones, judged by the
// same rule. It prints the table of docs/performance.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"parley/answers"
	"parley/answers/facts"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "parley-train":
		return parleyTrain(args[1], args[2])
	case len(args) == 4 && args[0] == "parley-ask":
		return parleyAsk(args[1], args[2], args[3], os.Stdout)
	}
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	dir := f.String("facts", "answers/facts", "the folder of facts")
	data := f.String("data", os.Getenv("PARLEY_NLU_DATA"), "the folder of public sets, NAME.train.tsv and NAME.test.tsv")
	only := f.String("only", "", "a word in the names of the rows to measure: parley, nlp, fast, scikit, mini, public, noise")
	if err := f.Parse(args); err != nil {
		return err
	}
	wanted := func(name string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(*only)) }
	if wanted("nlp fast scikit mini parley") || wanted("Parley nlp.js fastText scikit-learn minisearch") {
		if err := ownQuestions(*dir, wanted); err != nil {
			return err
		}
	}
	if wanted("noise") {
		if err := noises(); err != nil {
			return err
		}
	}
	if wanted("public") {
		return publicSets(*data)
	}
	return nil
}

// ownQuestions measures all on Parley's own questions.
func ownQuestions(dir string, wanted func(string) bool) error {
	b, ps := facts.Load(os.DirFS(dir))
	if len(ps) > 0 {
		return ps
	}
	book, err := answers.New(b, nil)
	if err != nil {
		return err
	}
	x := exam{book: book}
	if x.dir, err = os.MkdirTemp("", "parley-peers"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(x.dir) }()
	if x.tuning, err = single("questions.jsonl"); err != nil {
		return err
	}
	if x.heldout, err = single("heldout.jsonl"); err != nil {
		return err
	}
	rows, err := training(b, dir)
	if err != nil {
		return err
	}
	for name, lines := range map[string][]line{"questions": rows, "texts": texts(b), "tuning": asked(x.tuning), "heldout": asked(x.heldout)} {
		if err := put(filepath.Join(x.dir, name), lines); err != nil {
			return err
		}
	}
	fmt.Printf("%d training questions, %d held-out ones of one turn in four languages\n\n", len(rows), len(x.heldout))
	at, err := install()
	if err != nil {
		return err
	}
	head()
	if wanted("Parley") {
		for _, r := range measureParley(at, x, dir) {
			r.print()
		}
	}
	for _, p := range peers {
		if wanted(p.name) {
			p.measure(at, x).print()
		}
	}
	fmt.Println()
	return nil
}

func head() {
	fmt.Println("| matcher | answered right | rightly refused | wrong | AUROC | refused at 95 % kept | training, s | us a question | memory, MB |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
}

func (r result) print() {
	if r.note != "" {
		fmt.Printf("| %s | %s | | | | | | | |\n", r.name, r.note)
		return
	}
	fmt.Printf("| %s | %.1f | %.1f | %.1f | %.3f | %.1f | %.0f | %.0f | %.0f |\n", r.name, r.right, r.refused, r.wrong, r.auroc, r.at95, r.train, r.micros, r.memory)
}
