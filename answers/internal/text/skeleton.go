package text

import (
	"strings"
	"unicode/utf8"
)

// cyrillic gives the Latin letters a Cyrillic letter is reduced to. г and х
// share one, as do ш and с: people who type in Latin letters write them in
// several ways, and all of them must meet.
var cyrillic = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "h", 'д': "d", 'е': "e", 'є': "e", 'ж': "z",
	'з': "z", 'и': "i", 'і': "i", 'ї': "i", 'й': "i", 'к': "k", 'л': "l", 'м': "m",
	'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f",
	'х': "h", 'ц': "c", 'ч': "c", 'ш': "s", 'щ': "s", 'ъ': "", 'ы': "i", 'ь': "",
	'э': "e", 'ю': "u", 'я': "a",
}

// digraphs are tried longest first at each place of a Latin word.
var digraphs = []struct{ from, to string }{
	{"shch", "s"}, {"sch", "s"}, {"sh", "s"}, {"zh", "z"}, {"kh", "h"}, {"ts", "c"},
	{"tz", "c"}, {"ch", "c"}, {"ck", "k"}, {"ph", "f"},
}

var latin = [128]byte{
	'g': 'h', 'j': 'i', 'q': 'k', 'w': 'v', 'x': 'h', 'y': 'i',
}

// Skeleton reduces a folded word to one Latin form that its spellings in
// Cyrillic, in Latin letters and without diacritics share: "шестнадцать" and
// "shestnadtsat", "görüşme" and "gorusme", "Зеленський" and "Zelenskyi".
func Skeleton(word string) string {
	var b strings.Builder
	b.Grow(len(word))
	for i := 0; i < len(word); {
		c := word[i]
		if c < 0x80 {
			if n := digraph(&b, word[i:]); n > 0 {
				i += n
				continue
			}
			if m := latin[c]; m != 0 {
				c = m
			}
			b.WriteByte(c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(word[i:])
		if s, ok := cyrillic[r]; ok {
			b.WriteString(s)
		} else {
			b.WriteString(word[i : i+size])
		}
		i += size
	}
	return collapse(b.String())
}

func digraph(b *strings.Builder, rest string) int {
	for _, d := range digraphs {
		if strings.HasPrefix(rest, d.from) {
			b.WriteString(d.to)
			return len(d.from)
		}
	}
	return 0
}

// collapse drops doubled letters, and an i before a vowel: "ia", "ya" and "я"
// are then the same.
func collapse(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 'a' || c > 'z' { // digits keep their doubles
			b.WriteByte(c)
			continue
		}
		if i+1 < len(s) && (s[i+1] == c || c == 'i' && isVowel(s[i+1])) {
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isVowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u':
		return true
	}
	return false
}
