package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/answers"
	"parley/answers/facts"
	"parley/answers/lang"
	"parley/answers/score"
)

// line is one line of the files that the peers read.
type line struct {
	Lang  string `json:"lang"`
	Class string `json:"class,omitempty"`
	Text  string `json:"text"`
}

// put writes lines of JSON.
func put[T any](name string, lines []T) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return w.Flush()
}

// training are Parley's own training questions, without the noisy copies that
// its training adds.
func training(b *facts.Base, dir string) ([]line, error) {
	qs, _, ps := facts.LoadQuestions(os.DirFS(dir))
	if len(ps) > 0 {
		return nil, ps
	}
	var out []line
	for _, q := range qs {
		out = append(out, line{q.Lang, b.Resolve(q.ID), q.Text})
	}
	return out, nil
}

// texts are what a full-text search can find: the texts, short forms and titles
// of the base, in four languages.
func texts(b *facts.Base) (out []line) {
	for f := range b.All {
		if f.Tells != "" {
			continue
		}
		for i, l := range facts.Languages {
			out = append(out, line{l, f.ID, f.Short[i] + "\n" + f.Text[i]})
		}
	}
	for _, t := range b.Topics {
		for i, l := range facts.Languages {
			out = append(out, line{l, t.ID, t.Title[i]})
		}
	}
	return out
}

// single reads the questions of one turn from answers/lang/*/name.
func single(name string) ([]score.Item, error) {
	files, err := filepath.Glob("answers/lang/*/" + name)
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no answers/lang/*/%s: run this from the top of the repository", name)
	}
	var out []score.Item
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		items, err := score.Read(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, slices.DeleteFunc(items, func(it score.Item) bool { return len(it.Turns) > 1 || it.Expect == "answer_or_clarify" })...)
	}
	return out, nil
}

func asked(items []score.Item) (out []line) {
	for _, it := range items {
		out = append(out, line{Lang: it.Lang, Text: it.Turns[0]})
	}
	return out
}

// reply is what a peer makes of a question.
type reply struct {
	Class  string  `json:"class"` // empty: none
	Score  float64 `json:"score"` // how sure it is of its class, from zero up
	Status string  `json:"status,omitempty"`
	Text   string  `json:"text,omitempty"`
}

// tell gives a peer's reply the text that Parley has for its class: that of the
// fact or summary, or a refusal. From then on the score says how sure it is that
// there is an answer: the surer a refusal, the lower.
func tell(b *answers.Book, r *reply, code string) {
	switch {
	case b.Knows(r.Class):
		r.Status, r.Text = "answered", b.Open(r.Class, answers.Question{Lang: code}).Body.String()
	case strings.HasPrefix(r.Class, "talk-"):
		r.Status, r.Text = "answered", b.Say(code, r.Class, lang.Args{"date": b.AsOf()})
	default:
		r.Status, r.Score = "unknown", -r.Score
	}
}
