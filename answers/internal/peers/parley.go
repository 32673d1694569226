package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"parley/answers"
	"parley/answers/facts"
	"parley/answers/score"
)

// measureParley trains Parley on its questions and asks it, in processes of
// their own as the peers are. The first row is what people get: where several
// readings are close it asks back, telling up to two of them, which counts as
// right if the answer is among them and never as wrong. The second is judged as
// the peers are, who cannot ask back: the first reading alone is told.
func measureParley(at place, x exam, dir string) []result {
	r := result{name: "Parley"}
	model := filepath.Join(x.dir, "parley.model")
	start := time.Now()
	if _, _, err := child(at, self(), "parley-train", dir, model); err != nil {
		r.note = "training fails: " + err.Error()
		return []result{r}
	}
	train := time.Since(start).Seconds()
	held, memory, err := ask(at, self(), "parley-ask", model, dir, filepath.Join(x.dir, "heldout"))
	if err != nil {
		r.note = "asking fails: " + err.Error()
		return []result{r}
	}
	// Its own thresholds decide what it refuses: none is put on top.
	whole := judge(x.heldout, held.Answers, -10)
	whole.name = "Parley, whole answers"
	asked := 0
	for i := range held.Answers {
		a := &held.Answers[i]
		if a.Status == string(answers.Ambiguous) {
			asked++
		}
		if a.Class != "" {
			tell(x.book, a, x.heldout[i].Lang)
		}
	}
	first := judge(x.heldout, held.Answers, -10)
	first.name = fmt.Sprintf("Parley, first reading alone (whole, it asks back %d times)", asked)
	for _, r := range []*result{&whole, &first} {
		r.train, r.micros, r.memory = train, held.Micros, memory
	}
	return []result{whole, first}
}

func parleyTrain(dir, model string) error {
	data, err := answers.Train(os.DirFS(dir), func(string) {})
	if err != nil {
		return err
	}
	return os.WriteFile(model, data, 0o644)
}

// parleyAsk answers the questions of a file as the peers do.
func parleyAsk(model, dir, questions string, w io.Writer) error {
	data, err := os.ReadFile(model)
	if err != nil {
		return err
	}
	b, ps := facts.Load(os.DirFS(dir))
	if len(ps) > 0 {
		return ps
	}
	book, err := answers.New(b, data)
	if err != nil {
		return err
	}
	lines, err := readLines(questions)
	if err != nil {
		return err
	}
	out := answered{Micros: 1e9}
	for range 3 {
		out.Answers = make([]reply, 0, len(lines))
		start := time.Now()
		for _, l := range lines {
			out.Answers = append(out.Answers, replyOf(book.Answer(answers.Question{Text: l.Text, Now: start})))
		}
		out.Micros = min(out.Micros, float64(time.Since(start).Microseconds())/float64(len(lines)))
	}
	return json.NewEncoder(w).Encode(out)
}

func replyOf(a answers.Answer) reply {
	r := reply{Score: a.Score, Status: string(a.Status), Text: a.Body.String()}
	if a.Status == answers.Unknown {
		r.Score = -r.Score
		return r
	}
	r.Class = a.Talk.Fact
	return r
}

func readLines(name string) (out []line, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		var l line
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, sc.Err()
}

// rightly tells how many of the items that have an answer a book answers right.
func rightly(book *answers.Book, items []score.Item, change func(score.Item) string) (right, all int) {
	now := time.Now()
	for _, it := range items {
		if it.Expect != "answer" {
			continue
		}
		all++
		a := book.Answer(answers.Question{Text: change(it), Now: now})
		if score.Judge(it, string(a.Status), a.Body.String()) == score.Right {
			right++
		}
	}
	return right, all
}
