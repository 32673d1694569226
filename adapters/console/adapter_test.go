package console_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/adapters/adaptertest"
	"parley/adapters/console"
	"parley/answers"
	"parley/bot"
)

var book = sync.OnceValues(answers.Embedded)

func config(tb testing.TB, in io.Reader, out io.Writer) (console.Config, *answers.Book) {
	tb.Helper()
	b, err := book()
	if err != nil {
		tb.Fatal(err)
	}
	return console.Config{In: in, Out: out, Lang: "en", Date: b.Date,
		Say: func(code, key string) string { return b.Say(code, key, nil) }}, b
}

// mark ends each answer in the tests: a command that does not exist.
const mark = "/end-of-answer"

func TestTheTalksRunInATerminal(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) func(string) string {
		in, typed := io.Pipe()
		printed, out := io.Pipe()
		c, b := config(t, in, out)
		done := make(chan error, 1)
		go func() { done <- bot.New(bot.Options{Book: b}).Run(context.Background(), console.New(c)) }()
		t.Cleanup(func() {
			typed.Close()
			go io.Copy(io.Discard, printed)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return func(text string) string {
			go io.WriteString(typed, text+"\n"+mark+"\n")
			var got []byte
			for buf := make([]byte, 4096); !bytes.Contains(got, []byte(mark)); {
				n, err := printed.Read(buf)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, buf[:n]...)
			}
			answer, _, _ := strings.Cut(string(got), mark)
			return answer
		}
	})
}

func TestPipedQuestionsAreAnsweredLineByLine(t *testing.T) {
	var out strings.Builder
	c, b := config(t, strings.NewReader("where was the third round held?\n\nhow long did the first round last?"), &out)
	if err := bot.New(bot.Options{Book: b}).Run(t.Context(), console.New(c)); err != nil {
		t.Fatal(err)
	}
	venue, duration := strings.Index(out.String(), "Çırağan"), strings.Index(out.String(), "105 minutes")
	if venue < 0 || duration < venue {
		t.Errorf("not both, or not in order:\n%s", out.String())
	}
	if strings.Contains(out.String(), "\x1b[") {
		t.Error("colours in a pipe")
	}
}

func TestStoppingEndsAWaitForInput(t *testing.T) {
	in, typed := io.Pipe()
	defer typed.Close()
	c, b := config(t, in, io.Discard)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- bot.New(bot.Options{Book: b}).Run(ctx, console.New(c)) }()
	cancel()
	go io.WriteString(typed, "\n") // a pipe, unlike a terminal, is not woken by closing
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still running")
	}
}
