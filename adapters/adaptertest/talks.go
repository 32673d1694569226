// Package adaptertest holds what every adapter must do: the same talks, carried
// over each network. It knows no network.
package adaptertest

import (
	"embed"
	"io/fs"
	"strings"
	"testing"
)

//go:embed testdata/talks/*.txt
var talks embed.FS

// Talk is a conversation: what is said, and what each answer must contain.
type Talk struct {
	Name  string
	Turns []Turn
}

// Turn is one thing said and what the answer must and must not contain.
type Turn struct {
	Say  string
	Want []string
	Not  []string
}

// Talks reads the talks: "> " says something, "< " must be in the answer, "! "
// must not be.
func Talks(tb testing.TB) (out []Talk) {
	tb.Helper()
	names, err := fs.Glob(talks, "testdata/talks/*.txt")
	if err != nil || len(names) == 0 {
		tb.Fatal("no talks", err)
	}
	for _, name := range names {
		data, err := talks.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		t := Talk{Name: strings.TrimSuffix(name[len("testdata/talks/"):], ".txt")}
		for i, line := range strings.Split(string(data), "\n") {
			mark, rest, _ := strings.Cut(line, " ")
			switch mark {
			case "", "#":
			case ">":
				t.Turns = append(t.Turns, Turn{Say: rest})
			case "<":
				last := &t.Turns[len(t.Turns)-1]
				last.Want = append(last.Want, rest)
			case "!":
				last := &t.Turns[len(t.Turns)-1]
				last.Not = append(last.Not, rest)
			default:
				tb.Fatalf("%s:%d: a line begins with >, <, ! or #", name, i+1)
			}
		}
		out = append(out, t)
	}
	return out
}

// Run carries every talk over a network. start begins a talk in a fresh chat and
// returns how to say something there and get the answer as a person sees it.
func Run(t *testing.T, start func(t *testing.T) (say func(text string) string)) {
	for _, talk := range Talks(t) {
		t.Run(talk.Name, func(t *testing.T) {
			say := start(t)
			for _, turn := range talk.Turns {
				got := say(turn.Say)
				for _, w := range turn.Want {
					if !strings.Contains(got, w) {
						t.Errorf("%q: the answer lacks %q:\n%s", turn.Say, w, got)
					}
				}
				for _, w := range turn.Not {
					if strings.Contains(got, w) {
						t.Errorf("%q: the answer has %q:\n%s", turn.Say, w, got)
					}
				}
			}
		})
	}
}
