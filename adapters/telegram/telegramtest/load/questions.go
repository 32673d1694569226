package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"

	"parley/answers/score"
)

// usual are questions that many people ask, in all four languages.
var usual = []string{
	"How long did the second round last?",
	"Who led the Russian delegation in Istanbul?",
	"how many prisoners were exchanged in may 2025",
	"What does Ukraine want on NATO?",
	"When is the next meeting?",
	"Where did the first round take place?",
	"What did Russia demand about the four regions?",
	"Скільки тривав другий раунд?",
	"Хто такий Умєров?",
	"Коли буде наступна зустріч?",
	"Чого вимагає Росія?",
	"Скільки полонених обміняли у травні 2025 року?",
	"Кто возглавлял российскую делегацию?",
	"Когда был третий раунд?",
	"Что стало с телами погибших?",
	"Кто победит?",
	"İkinci tur ne kadar sürdü?",
	"Ukrayna heyetinin başında kim vardı?",
	"Üçüncü tur ne zaman yapıldı?",
	"Kaç esir takas edildi?",
}

// varied are the questions of files, in an order of chance that is always the same.
func varied(pattern string) (out []string, err error) {
	names, err := filepath.Glob(pattern)
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		items, err := score.Read(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			out = append(out, it.Turns...)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out, err
}
