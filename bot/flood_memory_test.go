package bot

import (
	"fmt"
	"testing"
	"time"
)

func TestAMillionPeopleTakeNoMoreMemoryThanThereIsForThem(t *testing.T) {
	f := newFloods(Flood{Person: Rate{30, 3 * time.Second}, Chat: Rate{120, time.Second}})
	now := time.Now()
	for i := range 200_000 {
		m := Message{Chat: Chat{"memory", fmt.Sprint("c", i), ""}, From: fmt.Sprint("p", i)}
		if v, _ := f.judge(m, false, now.Add(time.Duration(i)*time.Microsecond)); v != answer {
			t.Fatalf("person %d: %v", i, v)
		}
	}
	if len(f.people) > maxHeats || len(f.chats) > maxHeats {
		t.Errorf("%d people and %d chats are remembered", len(f.people), len(f.chats))
	}
}

func BenchmarkJudge(b *testing.B) {
	f := newFloods(Flood{Person: Rate{30, 3 * time.Second}, Chat: Rate{120, time.Second}, All: Rate{5000, time.Millisecond}})
	m := Message{Chat: Chat{"memory", "c", ""}, From: "p"}
	now := time.Now()
	for b.Loop() {
		f.judge(m, false, now)
	}
}
