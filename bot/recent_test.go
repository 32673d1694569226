package bot_test

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/answers"
	"parley/answers/facts"
	"parley/answers/markup"
	"parley/bot"
)

var asked = []string{"Who led the Russian delegation?", "and the Ukrainian one?", "2", "What was said yesterday?", "Коли третій раунд?",
	"Сколько пленных обменяли?", "ikinci tur", "second round", "asdf qwer", "Кто победит?"}

// talk asks all questions in one talk, some days after one another.
func talk(answer func(answers.Question) answers.Answer, days int) (as []answers.Answer) {
	now := time.Date(2025, 6, 2+days, 12, 0, 0, 0, time.UTC)
	var t answers.Talk
	for i, q := range asked {
		a := answer(answers.Question{Text: q, Hint: []string{"", "tr"}[i%2], Talk: t, Now: now})
		as, t = append(as, a), a.Talk
		now = now.Add(time.Minute)
	}
	return as
}

func TestWhatWasAskedBeforeIsAnsweredAsEver(t *testing.T) {
	b, err := book()
	if err != nil {
		t.Fatal(err)
	}
	recent := bot.Recent()
	for round := range 3 {
		for days := range 3 {
			got := talk(func(q answers.Question) answers.Answer { return recent(b, q) }, days)
			if want := talk(b.Answer, days); !reflect.DeepEqual(got, want) {
				t.Fatalf("round %d, day %d: other answers than without a memory", round, days)
			}
		}
	}
}

func TestChangedFactsAnswerAtOnce(t *testing.T) {
	one := scheduleOf(t, event("ev-other", "round", "2026-05-02", "2026-07-01"))
	b, err := book()
	if err != nil {
		t.Fatal(err)
	}
	recent, q := bot.Recent(), answers.Question{Text: "When was the second round?", Now: time.Now()}
	for range 2 {
		for _, bk := range []*answers.Book{b, one} {
			if got, want := recent(bk, q), bk.Answer(q); !reflect.DeepEqual(got, want) {
				t.Errorf("answered from other facts: %v, want %v", got.Facts, want.Facts)
			}
		}
	}
}

func TestWhoAddsToAnAnswerChangesNobodyElses(t *testing.T) {
	b, err := book()
	if err != nil {
		t.Fatal(err)
	}
	recent, q := bot.Recent(), answers.Question{Text: "When was the second round?", Now: time.Date(2026, 6, 20, 12, 0, 0, 0, time.UTC)}
	want := b.Answer(q)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				a := recent(b, q)
				_ = append(a.Body, markup.Block{Item: true})
				_ = append(a.Sources, facts.Source{URL: "x"})
				_ = append(a.Choices, answers.Choice{ID: "x"})
				_ = append(a.Facts, "x")
				_ = append(a.Talk.Choices, "x")
			}
		})
	}
	wg.Wait()
	if got := recent(b, q); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// BenchmarkAskedAgain shows what is saved where one question of two was asked lately.
func BenchmarkAskedAgain(b *testing.B) {
	bk, err := book()
	if err != nil {
		b.Fatal(err)
	}
	recent, now := bot.Recent(), time.Now()
	for i := 0; b.Loop(); i++ {
		text := asked[i%len(asked)]
		if slices.Contains([]int{0, 2, 4, 6, 8}, i%10) {
			text += fmt.Sprint(" ", i)
		}
		recent(bk, answers.Question{Text: text, Now: now})
	}
}
