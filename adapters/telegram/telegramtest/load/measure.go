package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"parley/adapters/telegram/telegramtest"
)

// result is what one run of one bot showed.
type result struct {
	start, p50, p99 time.Duration
	rate            float64       // answers a second
	cpu             time.Duration // for one answer
	memory          float64       // the most that was resident, MB
	lost, doubled   int
	took            time.Duration // all questions together

	requests, refused, impatient int // where the server has limits
}

const patience = time.Minute

func measure(o options, name string) (result, error) {
	so := telegramtest.Options{Latency: o.latency}
	if o.limits {
		so.Limits = telegramtest.Telegram
	}
	s, err := telegramtest.Start(so)
	if err != nil {
		return result{}, err
	}
	defer s.Close()
	dir, err := os.MkdirTemp("", "load")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	bot, err := begin(o, name, s, dir)
	if err != nil {
		return result{}, err
	}
	defer func() {
		_ = bot.Process.Signal(syscall.SIGTERM)
		_ = bot.Wait() // how it ends is not what is measured
	}()
	if !s.WaitPolling(patience) {
		return result{}, errors.New("it never asked for updates")
	}
	r := result{start: time.Since(began)}
	before := busy(bot.Process.Pid)
	ask(o, s, &r)
	r.cpu = (busy(bot.Process.Pid) - before) / time.Duration(o.questions)
	r.memory = peak(bot.Process.Pid)
	return r, nil
}

// ask asks all questions, so many at a time, each chat in its turn.
func ask(o options, s *telegramtest.Server, r *result) {
	var users []*telegramtest.User
	var chats []*telegramtest.Chat
	for i := range o.chats {
		u := s.User("Ann", [...]string{"en", "uk", "ru", "tr"}[i%4])
		users, chats = append(users, u), append(chats, s.Private(u))
	}
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	next := make(chan int)
	began := time.Now()
	open := o.open
	if o.limits {
		open = o.questions
	}
	for range open {
		wg.Go(func() {
			for i := range next {
				at := time.Now()
				c := i % o.chats
				if o.inRow {
					c = i * o.chats / o.questions
				}
				_, ok := s.WaitReply(s.Say(chats[c], users[c], o.texts[i%len(o.texts)]), patience)
				mu.Lock()
				if took = append(took, time.Since(at)); !ok {
					r.lost++
				}
				mu.Unlock()
			}
		})
	}
	for i := range o.questions {
		next <- i
	}
	close(next)
	wg.Wait()
	r.took = time.Since(began)
	r.rate = float64(o.questions-r.lost) / r.took.Seconds()
	slices.Sort(took)
	r.p50, r.p99 = took[len(took)/2], took[len(took)*99/100]
	sent := 0
	for _, c := range chats {
		sent += len(s.Sent(c))
	}
	r.doubled = sent - (o.questions - r.lost)
	r.impatient = s.Impatient()
	for _, q := range s.Requests("") {
		if q.Method == "sendMessage" || q.Status == 429 {
			r.requests++
		}
		if q.Status == 429 {
			r.refused++
		}
	}
}

// peak is the most memory that a process had, in MB.
func peak(pid int) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024
		}
	}
	return 0
}

// busy is the processor's time that a process has used.
func busy(pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), ") ") // behind the name, which may have spaces
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // Linux counts hundredths
}

// median takes the median of each figure by itself, and all of what was lost.
func median(rs []result) (m result) {
	m.start = middle(rs, func(r result) time.Duration { return r.start })
	m.p50 = middle(rs, func(r result) time.Duration { return r.p50 })
	m.p99 = middle(rs, func(r result) time.Duration { return r.p99 })
	m.rate = middle(rs, func(r result) float64 { return r.rate })
	m.cpu = middle(rs, func(r result) time.Duration { return r.cpu })
	m.memory = middle(rs, func(r result) float64 { return r.memory })
	for _, r := range rs {
		m.lost += r.lost
		m.doubled += r.doubled
	}
	return m
}

func middle[T time.Duration | float64](rs []result, of func(result) T) T {
	var vs []T
	for _, r := range rs {
		vs = append(vs, of(r))
	}
	slices.Sort(vs)
	return vs[len(vs)/2]
}
