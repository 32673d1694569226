// Command load measures bots from outside, each as a process of its own against
// the same Bot API server: answers a second, the time from an update to its
// answer, memory, and the time from start to the first poll. `make
// telegram-load` and `make telegram-peers` run it.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"parley/adapters/telegram/telegramtest"
)

func main() {
	o := options{}
	bots := flag.String("bots", "parley,echo", "which bots, in the order of the table: "+strings.Join(names(), ", "))
	flag.StringVar(&o.parley, "parley", "bin/parley", "the binary of Parley")
	flag.StringVar(&o.echo, "echo", "bin/telegram-echo", "the binary of the echo bot")
	flag.StringVar(&o.peers, "peers", "adapters/telegram/telegramtest/peers", "the folder of the Node bots, with their modules")
	flag.IntVar(&o.questions, "questions", 2000, "how many questions")
	flag.IntVar(&o.chats, "chats", 100, "from how many chats")
	flag.IntVar(&o.open, "open", 50, "how many at a time")
	flag.DurationVar(&o.latency, "latency", 0, "how long the server takes for each request but getUpdates")
	flag.BoolVar(&o.limits, "limits", false, "the server has Telegram's limits, and all questions are asked at once")
	flag.BoolVar(&o.inRow, "in-row", false, "the questions of a chat come in a row instead of the chats in turn")
	from := flag.String("from", "", "files to take the questions from, as answers/lang/*/questions.jsonl; else twenty usual ones")
	rounds := flag.Int("rounds", 5, "how often each bot is measured, in turn; the table has medians")
	flag.Parse()
	o.texts = usual
	if *from != "" {
		var err error
		if o.texts, err = varied(*from); err != nil || len(o.texts) == 0 {
			fmt.Fprintln(os.Stderr, "no questions in", *from, err)
			os.Exit(1)
		}
	}
	if err := compare(o, strings.Split(*bots, ","), *rounds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are what is measured.
type options struct {
	parley, echo, peers    string
	questions, chats, open int
	texts                  []string
	latency                time.Duration
	limits, inRow          bool
}

// compare measures the bots in turn, so that a busy moment of the machine
// harms none of them alone.
func compare(o options, bots []string, rounds int) error {
	all := map[string][]result{}
	for range rounds {
		for _, name := range bots {
			r, err := measure(o, name)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			all[name] = append(all[name], r)
		}
	}
	if o.limits {
		return limited(bots, all)
	}
	fmt.Println("| bot | start ms | answers/s | p50 ms | p99 ms | CPU us/answer | memory MB | lost | doubled |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, name := range bots {
		m := median(all[name])
		fmt.Printf("| %s | %d | %.0f | %.1f | %.1f | %d | %.0f | %d | %d |\n", name, m.start.Milliseconds(), m.rate, ms(m.p50), ms(m.p99), m.cpu.Microseconds(), m.memory, m.lost, m.doubled)
	}
	return nil
}

// limited prints what matters where the server has limits.
func limited(bots []string, all map[string][]result) error {
	fmt.Println("| bot | seconds | of the allowed rate | requests | 429 | during a retry_after | lost | doubled |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, name := range bots {
		for _, r := range all[name] {
			fmt.Printf("| %s | %.1f | %.0f %% | %d | %d | %d | %d | %d |\n", name, r.took.Seconds(), 100*r.rate/telegramtest.Telegram.Overall, r.requests, r.refused, r.impatient, r.lost, r.doubled)
		}
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
