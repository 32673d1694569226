package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"parley/answers"
	"parley/answers/score"
)

// peer is a matcher that Parley is measured beside. It is trained by one
// process and asked in another, as it would be used.
type peer struct {
	name    string
	needs   string // what must have been installed
	program string
	script  string
	learns  string // the file it is trained on
}

var peers = []peer{
	{"minisearch 7.2.0, full text", "npm", "node", "minisearch.js", "texts"},
	{"fastText 0.9.2, subwords, ova", "fasttext", "python3", "fasttext.py", "questions"},
	{"scikit-learn 1.2.1, words+chars, LinearSVC", "python", "python3", "svm.py", "questions"},
	{"nlp.js 4.27.0", "npm", "node", "nlpjs.js", "questions"},
}

// exam is what all are asked, in the folder of the run.
type exam struct {
	dir             string
	book            *answers.Book
	tuning, heldout []score.Item
}

// measure trains a peer and asks it.
func (p peer) measure(at place, x exam) result {
	r := result{name: p.name}
	if err := at.failed[p.needs]; err != nil {
		r.note = fmt.Sprintf("cannot be installed: %v", err)
		return r
	}
	program := p.program
	if program == "python3" {
		program = at.python()
	}
	model := filepath.Join(x.dir, p.script+".model")
	start := time.Now()
	if _, _, err := child(at, program, at.script(p.script), "train", filepath.Join(x.dir, p.learns), model); err != nil {
		r.note = fmt.Sprintf("training fails: %v", err)
		return r
	}
	train := time.Since(start).Seconds()
	tuning, _, err := ask(at, program, at.script(p.script), "ask", model, filepath.Join(x.dir, "tuning"))
	if err != nil {
		r.note = fmt.Sprintf("asking fails: %v", err)
		return r
	}
	held, memory, err := ask(at, program, at.script(p.script), "ask", model, filepath.Join(x.dir, "heldout"))
	if err != nil {
		r.note = fmt.Sprintf("asking fails: %v", err)
		return r
	}
	for i := range tuning.Answers {
		tell(x.book, &tuning.Answers[i], x.tuning[i].Lang)
	}
	for i := range held.Answers {
		tell(x.book, &held.Answers[i], x.heldout[i].Lang)
	}
	r = judge(x.heldout, held.Answers, threshold(x.tuning, tuning.Answers))
	r.name, r.train, r.micros, r.memory = p.name, train, held.Micros, memory
	return r
}

// answered is what a process that was asked prints.
type answered struct {
	Micros  float64 `json:"micros"` // of one question
	Answers []reply `json:"answers"`
}

// ask runs a process and reads its answers; memory is the most it held, in MB.
func ask(at place, program string, args ...string) (a answered, memory float64, err error) {
	out, memory, err := child(at, program, args...)
	if err != nil {
		return a, 0, err
	}
	if err := json.Unmarshal(out, &a); err != nil {
		return a, 0, fmt.Errorf("%s: %w", filepath.Base(program), err)
	}
	return a, memory, nil
}

func child(at place, program string, args ...string) (out []byte, memory float64, err error) {
	var printed, told bytes.Buffer
	c := exec.Command(program, args...)
	c.Env, c.Stdout, c.Stderr = at.environment(), &printed, &told
	if err := c.Run(); err != nil {
		lines := bytes.Split(bytes.TrimSpace(told.Bytes()), []byte("\n"))
		return nil, 0, fmt.Errorf("%s: %w: %.200s", filepath.Base(program), err, lines[len(lines)-1])
	}
	if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		memory = float64(u.Maxrss) / 1024
		if runtime.GOOS == "darwin" {
			memory /= 1024 // bytes there
		}
	}
	return printed.Bytes(), memory, nil
}

// self is this program, to be run as a process of its own.
func self() string {
	name, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return name
}
