// Command serve runs the Bot API server of the tests by hand: what is typed is
// said to the bot, and what the bot sends is shown.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/adapters/telegram/telegramtest"
)

const manual = `text    a question in private     #text   something said in a group
~text   edits the last question   =N      presses button N of the last message
?text   an inline query
`

func main() {
	listen := flag.String("listen", "127.0.0.1:8081", "the address of the server")
	language := flag.String("lang", "en", "the language of the person's Telegram")
	limits := flag.Bool("limits", false, "the server has Telegram's limits")
	faults := flag.Float64("faults", 0, "the share of requests that fail, each in one of five ways")
	flag.Parse()
	o := telegramtest.Options{Addr: *listen}
	if *limits {
		o.Limits = telegramtest.Telegram
	}
	s, err := telegramtest.Start(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer s.Close()
	if *faults > 0 {
		for _, k := range []telegramtest.Kind{telegramtest.DropBefore, telegramtest.DropAfter, telegramtest.BadGateway, telegramtest.Restart, telegramtest.Slow} {
			s.Fail(telegramtest.Fault{Kind: k, Share: *faults / 5, Delay: time.Second})
		}
	}
	fmt.Printf("PARLEY_TELEGRAM_API_URL=%s PARLEY_TELEGRAM_TOKEN=%s\n%s", s.URL, s.Token, manual)
	newTalk(s, *language, os.Stdout).run(os.Stdin)
}

// talk is one person in a private chat with the bot and in a group.
type talk struct {
	*telegramtest.Server
	u              *telegramtest.User
	private, group *telegramtest.Chat

	mu    sync.Mutex
	out   io.Writer
	asked *telegramtest.Message
	last  telegramtest.Message // of the bot
	shown map[[2]int64]int     // chat and message: edits seen, and one
}

func newTalk(s *telegramtest.Server, language string, out io.Writer) *talk {
	u := s.User("You", language)
	return &talk{Server: s, u: u, private: s.Private(u), group: s.Supergroup("group", u), out: out, shown: map[[2]int64]int{}}
}

// run says what is typed until the input ends, and then waits for what is on its way.
func (t *talk) run(in io.Reader) {
	end := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for tick := time.Tick(50 * time.Millisecond); ; {
			select {
			case <-tick:
				t.show(t.private)
				t.show(t.group)
			case <-end:
				return
			}
		}
	})
	for lines := bufio.NewScanner(in); lines.Scan(); {
		t.say(strings.TrimSpace(lines.Text()))
	}
	t.WaitConfirmed(5 * time.Second)
	time.Sleep(200 * time.Millisecond)
	close(end)
	wg.Wait()
}

func (t *talk) say(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if line == "" {
		return
	}
	switch rest := strings.TrimSpace(line[1:]); {
	case line[0] == '#':
		t.asked = t.Say(t.group, t.u, rest)
	case line[0] == '~' && t.asked != nil:
		t.Edit(t.asked, rest)
	case line[0] == '?':
		r, _ := t.WaitInline(t.Query(t.u, rest), 5*time.Second)
		fmt.Fprintln(t.out, r.Form.Get("results"))
	case line[0] == '=':
		if n, err := strconv.Atoi(rest); err == nil && n > 0 && n <= len(t.last.Buttons) {
			t.Press(t.u, &t.last, t.last.Buttons[n-1].Data)
		}
	default:
		t.asked = t.Say(t.private, t.u, line)
	}
}

// show shows what is new in a chat.
func (t *talk) show(c *telegramtest.Chat) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.Sent(c) {
		key := [2]int64{c.ID, int64(m.ID)}
		if t.shown[key] > m.Edits {
			continue
		}
		t.shown[key], t.last = m.Edits+1, m
		fmt.Fprintf(t.out, "\n[%s, message %d, to %d, edits %d]\n%s\n", c.Type, m.ID, m.ReplyTo, m.Edits, m.Text)
		for i, b := range m.Buttons {
			fmt.Fprintf(t.out, "  =%d %s %s\n", i+1, b.Text, b.URL)
		}
	}
}
