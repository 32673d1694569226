package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"parley/answers"
	"parley/answers/internal/noise"
	"parley/answers/score"
)

// again is how many differently noisy copies of each question are asked.
const again = 5

// noises measures what noise costs: the single-turn held-out questions, clean and
// as people also type them. Training draws its noise from other seeds.
func noises() error {
	book, err := answers.Embedded()
	if err != nil {
		return err
	}
	items, err := single("heldout.jsonl")
	if err != nil {
		return err
	}
	fmt.Println("| noise | questions | clean | noisy | share kept |")
	fmt.Println("|---|---|---|---|---|")
	kinds := []struct {
		name  string
		langs string
		make  func(*rand.Rand, score.Item) string
	}{
		{"Latin letters", "uk ru", func(r *rand.Rand, it score.Item) string { return noise.Latin(r, it.Turns[0], it.Lang) }},
		{"Latin letters by the passport tables, which training does not use", "uk ru", func(_ *rand.Rand, it score.Item) string { return passport(it.Turns[0], it.Lang) }},
		{"Turkish without diacritics", "tr", func(_ *rand.Rand, it score.Item) string { return noise.ASCII(it.Turns[0]) }},
		{"a slip in one of seven words", "en uk ru tr", func(r *rand.Rand, it score.Item) string { return noise.Typos(r, it.Turns[0]) }},
	}
	for _, k := range kinds {
		of := speaking(items, k.langs)
		clean, n := rightly(book, of, func(it score.Item) string { return it.Turns[0] })
		noisy, all := 0, 0
		for seed := range uint64(again) {
			rng := rand.New(rand.NewPCG(seed, 1905))
			right, n := rightly(book, of, func(it score.Item) string { return k.make(rng, it) })
			noisy, all = noisy+right, all+n
		}
		c, _ := score.Percent(clean, n)
		d, _ := score.Percent(noisy, all)
		fmt.Printf("| %s | %d | %.1f | %.1f | %.1f |\n", k.name, n, c, d, 100*d/c)
	}
	fmt.Println()
	return nil
}

func speaking(items []score.Item, langs string) (out []score.Item) {
	for _, it := range items {
		if strings.Contains(langs, it.Lang) {
			out = append(out, it)
		}
	}
	return out
}

// The tables of passports: Russian by ICAO 9303, Ukrainian by resolution 55 of
// 2010, inside words.
var (
	russian   = table("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch ie y - e iu ia")
	ukrainian = table("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "a b v h g d e ie zh z y i i i k l m n o p r s t u f kh ts ch sh shch - iu ia")
)

func table(letters, latin string) map[rune]string {
	out := make(map[rune]string)
	to := strings.Fields(latin)
	for i, r := range []rune(letters) {
		out[r] = strings.Trim(to[i], "-")
	}
	return out
}

func passport(s, lang string) string {
	t := russian
	if lang == "uk" {
		t = ukrainian
	}
	var b strings.Builder
	for _, r := range s {
		if l, ok := t[unicode.ToLower(r)]; ok {
			b.WriteString(l)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
