package matrix

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"parley/bot"
)

func TestTheFirstAnswerInAnEncryptedRoomIsQuick(t *testing.T) {
	r := newRobot(t).start()
	var took []time.Duration
	for range 5 {
		p := person(t, "alice")
		room := p.Room(t, true)
		r.answer = nil
		_, err := p.InviteUser(t.Context(), room, inviteOf(r))
		if err != nil {
			t.Fatal(err)
		}
		p.AwaitMember(t, room, r.id)
		start := time.Now()
		p.Reply(t, p.Say(t, room, "how quick?"))
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	t.Logf("first answers, asked to decrypted: %v", took)
	if took[2] > slack(500*time.Millisecond) {
		t.Errorf("half of the first answers took longer than %s", took[2])
	}
}

func TestABurstOverManyRoomsIsAnsweredOnceEach(t *testing.T) {
	r := newRobot(t).start()
	p := person(t, "alice")
	asked := make(map[id.RoomID][]id.EventID)
	for i := range 10 {
		asked[r.with(p, i%2 == 0)] = nil
	}
	start := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, room := range slices.Collect(maps.Keys(asked)) {
		wg.Go(func() {
			for i := range 20 {
				e := p.Say(t, room, "question "+strconv.Itoa(i))
				mu.Lock()
				asked[room] = append(asked[room], e)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for room, qs := range asked {
		for _, q := range qs {
			p.Reply(t, q)
		}
		once(t, p, room, qs...)
	}
	next := make(map[string]int)
	for _, m := range r.order {
		if m.Text == "question "+strconv.Itoa(next[m.Chat.ID]) {
			next[m.Chat.ID]++
		}
	}
	for room := range asked {
		if next[room.String()] != 20 {
			t.Errorf("a room's questions came out of order after %d", next[room.String()])
		}
	}
	t.Logf("200 questions asked and answered in %s; resident memory of bot and asker: %d MB", time.Since(start), resident(t))
}

// The bot is stopped at any moment, thirty times, while people go on asking;
// half of the stops leave messages that were being answered undone, as a kill
// does.
func TestThirtyRestartsInTheMiddleOfTrafficLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	r := newRobot(t)
	r.before = func(ctx context.Context, _ bot.Message) error { return ctx.Err() }
	r.start()
	p := person(t, "alice")
	plain, secret := r.with(p, false), r.with(p, true)
	stop := make(chan struct{})
	asked := make(chan map[id.RoomID][]id.EventID, 1)
	go func() {
		all := make(map[id.RoomID][]id.EventID)
		for i := 0; ; i++ {
			for _, room := range []id.RoomID{plain, secret} {
				resp, err := p.SendMessageEvent(context.Background(), room, event.EventMessage,
					&event.MessageEventContent{MsgType: event.MsgText, Body: fmt.Sprint("question ", i)})
				if err == nil {
					all[room] = append(all[room], resp.EventID)
				}
			}
			select {
			case <-stop:
				asked <- all
				return
			case <-time.After(30 * time.Millisecond):
			}
		}
	}()
	for i := range 30 {
		time.Sleep(time.Duration(20+i*7) * time.Millisecond)
		r.stop()
		r.start()
	}
	close(stop)
	n := 0
	for room, qs := range <-asked {
		once(t, p, room, qs...)
		n += len(qs)
	}
	t.Logf("%d questions over 30 restarts", n)
}

func resident(t *testing.T) int {
	runtime.GC()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() >> 20
}
