package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/answers"
	"parley/answers/facts"
	"parley/answers/lang"
)

func askCommand() *cobra.Command {
	var asJSON, asLines bool
	var code string
	c := &cobra.Command{
		Use:   "ask [--lang L] [--json] QUESTION... | --jsonl",
		Short: "Answer one question; exits 0 if answered, 3 if ambiguous, 4 if unknown",
	}
	open := factsFlag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the answer as JSON")
	c.Flags().BoolVar(&asLines, "jsonl", false, `answer {"id","turns":[...],"lang"?,"today"?} lines from standard input`)
	c.Flags().StringVar(&code, "lang", "", "the language to answer in: en, uk, ru or tr (default: that of the question)")
	c.RunE = func(c *cobra.Command, args []string) error {
		if code != "" && !lang.Has(code) {
			return fmt.Errorf("--lang %s: languages are %s", code, strings.Join(lang.Codes, ", "))
		}
		if asLines { // loading makes much garbage, answering little
			debug.SetGCPercent(50)
		}
		b, err := open()
		if err != nil {
			return err
		}
		if asLines {
			debug.FreeOSMemory()
			debug.SetGCPercent(100)
			return askLines(b, c.InOrStdin(), c.OutOrStdout(), time.Now)
		}
		if len(args) == 0 {
			return fmt.Errorf("ask what? For example: parley ask how long was the second round")
		}
		return askOne(c.OutOrStdout(), b, answers.Question{Text: strings.Join(args, " "), Lang: code, Now: time.Now()}, asJSON)
	}
	return c
}

func askOne(w io.Writer, b *answers.Book, q answers.Question, asJSON bool) error {
	start := time.Now()
	a := b.Answer(q)
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(lineOf("", a, time.Since(start))); err != nil {
			return err
		}
	} else {
		fmt.Fprint(w, plain(b, a))
	}
	switch a.Status {
	case answers.Ambiguous:
		return exit(3)
	case answers.Unknown:
		return exit(4)
	}
	return nil
}

// plain is an answer as one reads it in a terminal.
func plain(b *answers.Book, a answers.Answer) string {
	var s strings.Builder
	s.WriteString(a.Body.String())
	s.WriteByte('\n')
	for i, src := range a.Sources {
		if i == 0 {
			fmt.Fprintf(&s, "\n%s:\n", b.Say(a.Lang, "sources", nil))
		}
		fmt.Fprintf(&s, "- %s\n", source(b, a.Lang, src))
	}
	return s.String()
}

func source(b *answers.Book, code string, s facts.Source) string {
	date := b.Date(code, s.Date)
	if s.Date == facts.Undated {
		date = b.Say(code, "undated", nil)
	}
	return s.Publisher + ", " + date + ", " + s.URL
}

type askLine struct {
	ID    string   `json:"id"`
	Turns []string `json:"turns"`
	Lang  string   `json:"lang"`
	Today string   `json:"today"`
}

type answerLine struct {
	ID      string         `json:"id"`
	Status  answers.Status `json:"status"`
	Lang    string         `json:"lang"`
	Text    string         `json:"text"`
	Facts   []string       `json:"facts"`
	Sources []sourceLine   `json:"sources"`
	AsOf    string         `json:"as_of"`
	Choices []string       `json:"choices"`
	Score   float64        `json:"score"`
	Micros  float64        `json:"micros"`
}

type sourceLine struct {
	Publisher string `json:"publisher"`
	Title     string `json:"title"`
	URL       string `json:"url"`
	Date      string `json:"date"`
}

type errorLine struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

func lineOf(id string, a answers.Answer, took time.Duration) answerLine {
	l := answerLine{ID: id, Status: a.Status, Lang: a.Lang, Text: a.Body.String(), Facts: a.Facts, AsOf: a.AsOf,
		Score: float64(int(a.Score*1000+0.5)) / 1000, Micros: float64(took.Nanoseconds()) / 1000,
		Sources: []sourceLine{}, Choices: []string{}}
	if l.Facts == nil {
		l.Facts = []string{}
	}
	for _, s := range a.Sources {
		l.Sources = append(l.Sources, sourceLine{s.Publisher, s.Title, s.URL, s.Date})
	}
	for _, c := range a.Choices {
		l.Choices = append(l.Choices, c.Label)
	}
	return l
}

// maxLine is the longest line of --jsonl, in bytes.
const maxLine = 1 << 20

// numbered is a line of --jsonl on its way to its answer.
type numbered struct {
	n       int
	text    []byte
	tooLong bool
	answer  bytes.Buffer
	ready   chan struct{} // closed when there is an answer
}

// askLines answers each line of r with a line on w, in their order, as they come: as
// many at a time as there are cores.
func askLines(b *answers.Book, r io.Reader, w io.Writer, now func() time.Time) error {
	cores := runtime.GOMAXPROCS(0)
	todo, inOrder := make(chan *numbered, 8*cores), make(chan *numbered, 16*cores)
	stop := make(chan struct{})
	defer close(stop)
	var broken error
	go func() {
		defer close(inOrder)
		defer close(todo)
		broken = eachLine(r, func(l *numbered) bool {
			for _, to := range [...]chan *numbered{inOrder, todo} {
				select {
				case to <- l:
				case <-stop:
					return false
				}
			}
			return true
		})
	}()
	for range cores {
		go func() {
			for l := range todo {
				l.reply(b, now)
				close(l.ready)
			}
		}()
	}
	out := bufio.NewWriterSize(w, 1<<16)
	for l := range inOrder {
		<-l.ready
		if _, err := l.answer.WriteTo(out); err != nil {
			return err
		}
		if len(inOrder) == 0 { // whoever writes one line at a time waits for its answer
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(broken, out.Flush())
}

// reply answers the line.
func (l *numbered) reply(b *answers.Book, now func() time.Time) {
	enc := json.NewEncoder(&l.answer)
	enc.SetEscapeHTML(false)
	var v any
	if asked, bad := parseLine(l.text, l.tooLong); bad != nil {
		v = errorLine{l.n, bad.Error()}
	} else {
		v = answerTurns(b, asked, now())
	}
	if err := enc.Encode(v); err != nil { // a number that JSON does not have
		fmt.Fprintf(&l.answer, "{\"line\":%d,\"error\":%q}\n", l.n, err)
	}
}

// eachLine calls do for the lines of r that are not empty, until it says no.
func eachLine(r io.Reader, do func(*numbered) bool) error {
	in := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		text, tooLong, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if (tooLong || len(bytes.TrimSpace(text)) > 0) && !do(&numbered{n: n, text: text, tooLong: tooLong, ready: make(chan struct{})}) || err != nil {
			return nil
		}
	}
}

// readLine reads a line; the rest of one longer than maxLine is dropped.
func readLine(in *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			tooLong = true
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}

func parseLine(line []byte, tooLong bool) (l askLine, err error) {
	if tooLong {
		return l, fmt.Errorf("longer than %d bytes", maxLine)
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return l, err
	}
	if len(l.Turns) == 0 {
		return l, fmt.Errorf("no turns")
	}
	if l.Today != "" {
		if _, err := time.Parse(time.DateOnly, l.Today); err != nil {
			return l, fmt.Errorf("today: %w", err)
		}
	}
	return l, nil
}

// answerTurns answers the last turn, the earlier ones being its talk.
func answerTurns(b *answers.Book, l askLine, now time.Time) answerLine {
	if l.Today != "" {
		now, _ = time.Parse(time.DateOnly, l.Today)
	}
	var talk answers.Talk
	var a answers.Answer
	var took time.Duration
	for _, t := range l.Turns {
		start := time.Now()
		a = b.Answer(answers.Question{Text: t, Hint: l.Lang, Talk: talk, Now: now})
		took = time.Since(start)
		talk = a.Talk
	}
	return lineOf(l.ID, a, took)
}
