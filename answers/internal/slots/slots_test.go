package slots

import (
	"reflect"
	"testing"
	"time"

	"parley/answers/internal/text"
	"parley/answers/lang"
)

var reader = func() *Reader {
	ws, err := lang.LoadWords()
	if err != nil {
		panic(err)
	}
	return NewReader(ws)
}()

func read(q string) Slots {
	words := text.Words(nil, q)
	var skels []string
	for _, w := range words {
		skels = append(skels, text.Skeleton(w))
	}
	return reader.Read(q, words, skels, time.Date(2025, 7, 24, 9, 0, 0, 0, time.UTC))
}

func TestDates(t *testing.T) {
	for q, want := range map[string][]Date{
		"What happened on 2 June 2025?": {{Year: 2025, Month: 6, Day: 2}},
		"June 2nd":                      {{Month: 6, Day: 2}},
		"on the 2nd of June":            {{Month: 6, Day: 2}},
		"in May":                        {{Month: 5}},
		"may I ask something":           nil,
		"what may happen":               nil,
		"Что было 2 июня?":              {{Month: 6, Day: 2}},
		"2-го июня":                     {{Month: 6, Day: 2}},
		"в мае":                         {{Month: 5}},
		"в июле 2025 года":              {{Year: 2025, Month: 7}},
		"у травні":                      {{Month: 5}},
		"16 травня 2025-го":             {{Year: 2025, Month: 5, Day: 16}},
		"2 Haziran'da ne oldu":          {{Month: 6, Day: 2}},
		"Temmuz turu":                   {{Month: 7}},
		"02.06.2025":                    {{Year: 2025, Month: 6, Day: 2}},
		"что было 16.05":                {{Month: 5, Day: 16}},
		"2025-07-23":                    {{Year: 2025, Month: 7, Day: 23}},
		"v mae":                         {{Month: 5}},
		"the talks of 2022":             {{Year: 2022}},
		"what happened yesterday":       {{From: "2025-07-23", To: "2025-07-23"}},
		"geçen yaz ne oldu":             {{From: "2024-06-01", To: "2024-08-31"}},
		"что было на прошлой неделе":          {{From: "2025-07-14", To: "2025-07-20"}},
		"how many of the 1,200 were released": nil,
	} {
		if got := read(q).Dates; !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, want %+v", q, got, want)
		}
	}
}

func TestRounds(t *testing.T) {
	for q, want := range map[string][2]uint16{
		"How long was the second round?": {1 << 2, 0},
		"round 3 venue":                  {1 << 3, 0},
		"скільки тривав перший раунд":    {1 << 1, 0},
		"кто был на третьей встрече":     {1 << 3, 0},
		"ikinci tur nerede yapıldı":      {1 << 2, 0},
		"2. turda kim vardı":             {1 << 2, 0},
		"and the third?":                 {0, 1 << 3},
		"а третий?":                      {0, 1 << 3},
		"druhyi raund":                   {1 << 2, 0},
		"was there a fourth round":       {1 << 4, 0},
		"про що говорили в Стамбулі 2022 року": {0, 0},
		"раунд переговорів 2022 року":          {1, 0},
	} {
		s := read(q)
		if s.Rounds != want[0] || s.Weak != want[1] {
			t.Errorf("%q: got %b and weak %b, want %b and %b", q, s.Rounds, s.Weak, want[0], want[1])
		}
	}
}

func TestSidesNextLastFollow(t *testing.T) {
	if s := read("а росіяни?"); s.Sides != Russia || !s.Follow {
		t.Errorf("а росіяни: %+v", s)
	}
	if s := read("what does Ukraine want from Moscow"); s.Sides != Ukraine|Russia || s.Follow {
		t.Errorf("both sides: %+v", s)
	}
	if s := read("когда следующий раунд"); !s.Next {
		t.Errorf("next: %+v", s)
	}
	if s := read("son görüşme ne zamandı"); !s.Last {
		t.Errorf("last: %+v", s)
	}
}
