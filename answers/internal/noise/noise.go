// Package noise makes copies of a question as people really type it: with
// slips, in Latin letters, without diacritics, with the letters of the
// neighbouring language. It is used to train and to test, never to answer.
package noise

import (
	"math/rand/v2"
	"strings"
	"unicode"
)

// Typos slips in about one of every seven words of five letters and more.
func Typos(rng *rand.Rand, s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		if len([]rune(w)) >= 4 && rng.IntN(7) == 0 {
			words[i] = slip(rng, w)
		}
	}
	return strings.Join(words, " ")
}

func slip(rng *rand.Rand, w string) string {
	r := []rune(w)
	i := 1 + rng.IntN(len(r)-2)
	switch rng.IntN(4) {
	case 0: // two letters change places
		r[i], r[i+1] = r[i+1], r[i]
	case 1: // one is left out
		r = append(r[:i], r[i+1:]...)
	case 2: // one is typed twice
		r = append(r[:i+1], r[i:]...)
	default: // a neighbour on the keyboard
		r[i] = neighbour(rng, r[i])
	}
	return string(r)
}

var rows = [...]string{"qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзх", "фывапролджэ", "ячсмитьбю", "йцукенгшщзхї", "фівапролджє"}

func neighbour(rng *rand.Rand, c rune) rune {
	for _, row := range rows {
		keys := []rune(row)
		for i, k := range keys {
			if k != unicode.ToLower(c) {
				continue
			}
			if i == 0 || i+1 < len(keys) && rng.IntN(2) == 0 {
				return keys[i+1]
			}
			return keys[i-1]
		}
	}
	return c
}

// Each Cyrillic letter as people write it in Latin letters; each text takes one
// way of writing and mostly keeps to it.
var (
	latinRu = map[rune][]string{
		'а': {"a"}, 'б': {"b"}, 'в': {"v"}, 'г': {"g"}, 'д': {"d"}, 'е': {"e"}, 'ё': {"yo", "e", "jo"}, 'ж': {"zh", "j"}, 'з': {"z"},
		'и': {"i"}, 'й': {"y", "j", "i"}, 'к': {"k"}, 'л': {"l"}, 'м': {"m"}, 'н': {"n"}, 'о': {"o"}, 'п': {"p"}, 'р': {"r"}, 'с': {"s"},
		'т': {"t"}, 'у': {"u"}, 'ф': {"f"}, 'х': {"h", "kh", "x"}, 'ц': {"ts", "c"}, 'ч': {"ch", "4"}, 'ш': {"sh"}, 'щ': {"sch", "shch", "sh"},
		'ъ': {""}, 'ы': {"y", "i"}, 'ь': {"", "'", ""}, 'э': {"e"}, 'ю': {"yu", "u", "ju"}, 'я': {"ya", "ia", "ja"},
	}
	latinUk = map[rune][]string{
		'а': {"a"}, 'б': {"b"}, 'в': {"v"}, 'г': {"h", "g"}, 'ґ': {"g"}, 'д': {"d"}, 'е': {"e"}, 'є': {"ye", "ie", "je"}, 'ж': {"zh"}, 'з': {"z"},
		'и': {"y"}, 'і': {"i"}, 'ї': {"yi", "i", "ji"}, 'й': {"y", "i", "j"}, 'к': {"k"}, 'л': {"l"}, 'м': {"m"}, 'н': {"n"}, 'о': {"o"}, 'п': {"p"},
		'р': {"r"}, 'с': {"s"}, 'т': {"t"}, 'у': {"u"}, 'ф': {"f"}, 'х': {"kh", "h", "x"}, 'ц': {"ts", "c"}, 'ч': {"ch"}, 'ш': {"sh"},
		'щ': {"shch", "sch"}, 'ь': {"", "'"}, 'ю': {"yu", "iu", "ju"}, 'я': {"ya", "ia", "ja"},
	}
)

// Latin types a Russian or Ukrainian text in Latin letters.
func Latin(rng *rand.Rand, s, lang string) string {
	table := latinRu
	if lang == "uk" {
		table = latinUk
	}
	way := rng.IntN(3)
	var b strings.Builder
	for _, r := range s {
		opts, ok := table[unicode.ToLower(r)]
		if !ok {
			if r != '’' && r != '\'' || lang != "uk" {
				b.WriteRune(r)
			}
			continue
		}
		t := opts[min(way, len(opts)-1)]
		if unicode.IsUpper(r) && t != "" {
			t = strings.ToUpper(t[:1]) + t[1:]
		}
		b.WriteString(t)
	}
	return b.String()
}

var ascii = strings.NewReplacer("ı", "i", "İ", "I", "ş", "s", "Ş", "S", "ğ", "g", "Ğ", "G", "ç", "c", "Ç", "C", "ö", "o", "Ö", "O", "ü", "u", "Ü", "U", "â", "a", "î", "i", "û", "u")

// ASCII types a Turkish text without its diacritics.
func ASCII(s string) string { return ascii.Replace(s) }

var russianLetters = strings.NewReplacer("і", "и", "І", "И", "ї", "и", "Ї", "И", "є", "е", "Є", "Е", "ґ", "г", "’", "", "'", "")

// RussianLetters types a Ukrainian text on a Russian keyboard.
func RussianLetters(s string) string { return russianLetters.Replace(s) }
