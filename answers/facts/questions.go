package facts

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// QuestionFolder is the folder of the training questions beside the facts.
const QuestionFolder = "questions"

// NoAnswer is the id of a training talk whose last turn nothing answers.
const NoAnswer = "none"

// Question is a question that a fact, topic or intent answers, written by a
// person to learn from.
type Question struct {
	ID   string // of the fact, topic or intent
	Lang string
	Text string
	Nth  int // place among the questions of the same id and language
	Of   int // how many those are
	Pos  Pos
}

// TrainingTalk is a short talk whose last turn leaves something unsaid.
type TrainingTalk struct {
	Lang  string
	Turns []string
	Prev  string // what the turn before the last asked for
	ID    string // what the last turn asks for
	Pos   Pos
}

// LoadQuestions reads the training questions of a base: the files of the
// folder questions, each a mapping from id to language to list, and talks.yaml.
func LoadQuestions(fsys fs.FS) ([]Question, []TrainingTalk, Problems) {
	var ps Problems
	var qs []Question
	var ts []TrainingTalk
	names, _ := fs.Glob(fsys, QuestionFolder+"/*.yaml")
	slices.Sort(names)
	for _, name := range names {
		doc := parse(fsys, name)
		ps = append(ps, doc.problems...)
		if doc.root == nil {
			continue
		}
		d := decoder{file: name, problems: &ps}
		if path.Base(name) == "talks.yaml" {
			d.list(doc.root, func(n *yaml.Node) { ts = append(ts, d.talk(n)) })
			continue
		}
		d.fields(doc.root, "", func(id string, v *yaml.Node) bool {
			qs = append(qs, d.questions(id, v)...)
			return true
		})
	}
	return qs, ts, ps
}

func (d *decoder) questions(id string, n *yaml.Node) (out []Question) {
	d.fields(n, "en uk ru tr", func(lang string, v *yaml.Node) bool {
		if !slices.Contains(Languages[:], lang) {
			return false
		}
		first := len(out)
		d.list(v, func(c *yaml.Node) {
			out = append(out, Question{ID: id, Lang: lang, Text: d.str(c), Nth: len(out) - first, Pos: d.pos(c)})
		})
		for i := first; i < len(out); i++ {
			out[i].Of = len(out) - first
		}
		return true
	})
	return out
}

func (d *decoder) talk(n *yaml.Node) (t TrainingTalk) {
	t.Pos = d.pos(n)
	d.fields(n, "lang turns prev id", func(key string, v *yaml.Node) bool {
		switch key {
		case "lang":
			t.Lang = d.str(v)
		case "turns":
			t.Turns = d.strs(v)
		case "prev":
			t.Prev = d.str(v)
		case "id":
			t.ID = d.str(v)
		default:
			return false
		}
		return true
	})
	return t
}

// CheckQuestions proves the training questions against the base: ids that do
// not exist, questions given twice, odd characters.
func CheckQuestions(b *Base, qs []Question, ts []TrainingTalk, intent func(id string) bool) Problems {
	var ps Problems
	bad := func(p Pos, format string, args ...any) { ps = append(ps, Problem{p, fmt.Sprintf(format, args...)}) }
	known := func(id string) bool {
		return b.Find(id) != nil || b.Topic(id) != nil || intent(id)
	}
	first := make(map[string]Question)
	for _, q := range qs {
		if !known(q.ID) {
			bad(q.Pos, "there is no fact, topic or intent %q", q.ID)
		}
		if q.Text == "" {
			bad(q.Pos, "an empty question")
			continue
		}
		if msg := odd(strings.ReplaceAll(q.Text, "-", " ")); strings.Contains(msg, "character U+") {
			bad(q.Pos, "question %s", msg)
		}
		if f, ok := first[q.Lang+q.Text]; ok && f.ID != q.ID {
			bad(q.Pos, "the same question already asks for %s (%s)", f.ID, f.Pos)
		}
		first[q.Lang+q.Text] = q
	}
	for _, t := range ts {
		for _, id := range [...]string{t.ID, t.Prev} {
			if id != "" && id != NoAnswer && !known(id) {
				bad(t.Pos, "there is no fact, topic or intent %q", id)
			}
		}
		if !slices.Contains(Languages[:], t.Lang) || len(t.Turns) < 2 {
			bad(t.Pos, "a talk needs its lang and at least two turns")
		}
	}
	ps.sort()
	return ps
}

// Topic returns the topic with this id, or nil.
func (b *Base) Topic(id string) *Topic {
	for _, t := range b.Topics {
		if t.ID == id {
			return t
		}
	}
	return nil
}
