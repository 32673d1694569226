// Package text turns what a person typed into words that can be compared
// across spellings, scripts and keyboards. It knows letters, not meanings.
package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foldTable holds, for the letters people write our four languages with, what
// each folds to: lower case, without diacritics. Zero means "not a letter".
// The Cyrillic й and ї keep their identity, since и and і are other letters.
var foldTable = makeFoldTable()

const foldSize = 0x530

func makeFoldTable() (t [foldSize]rune) {
	for r := rune(0); r < foldSize; r++ {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		switch r {
		case 'İ', 'ı':
			t[r] = 'i'
			continue
		case 'й', 'Й':
			t[r] = 'й'
			continue
		case 'ї', 'Ї':
			t[r] = 'ї'
			continue
		case 'ґ', 'Ґ':
			t[r] = 'г'
			continue
		}
		base, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r)))
		t[r] = unicode.ToLower(base)
	}
	return t
}

func foldRune(r rune) rune {
	if r < foldSize {
		return foldTable[r]
	}
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return 0
	}
	base, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r)))
	return unicode.ToLower(base)
}

func isApostrophe(r rune) bool {
	switch r {
	case '\'', '’', 'ʼ', '`', '´', '‘', '′':
		return true
	}
	return false
}

func isCyrillic(r rune) bool { return r >= 0x400 && r < 0x530 }

// MaxWords bounds how much of a message is read. A question needs a few dozen
// words; the bound keeps a hostile message cheap.
const MaxWords = 256

// maxWordBytes is longer than any word of ours; the rest of a longer run of
// letters carries no meaning.
const maxWordBytes = 48

// Words splits a message into folded words: lower case, without diacritics,
// numbers with their thousands joined ("1,000" and "1 000" become "1000"), the
// ending after an apostrophe cut where the script is Latin ("Ankara'da",
// "what's") and joined where it is Cyrillic ("п'ять"). The words are appended
// to dst, which may be reused between calls.
func Words(dst []string, s string) []string {
	dst = dst[:0]
	var b [maxWordBytes + utf8.UTFMax]byte
	n := 0
	flush := func() {
		if n > 0 && len(dst) < MaxWords {
			dst = append(dst, string(b[:n]))
		}
		n = 0
	}
	var last rune // last folded rune written to the current word
	skip := false // inside an ending after a Latin apostrophe
	for i, r := range s {
		if len(dst) >= MaxWords {
			break
		}
		f := foldRune(r)
		if f == 0 {
			if unicode.Is(unicode.Mn, r) {
				continue
			}
			if n > 0 && isApostrophe(r) {
				next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
				if unicode.IsLetter(next) || unicode.IsDigit(next) {
					skip = skip || !isCyrillic(last)
					continue
				}
			}
			if n > 0 && isDigit(last) && joinsThousands(b[:n], s[i:], r) {
				continue
			}
			skip = false
			flush()
			continue
		}
		if skip {
			continue
		}
		// Letters after digits start a word of their own: "2nd", "16мая".
		if n > 0 && isDigit(last) != isDigit(f) {
			flush()
		}
		if n < maxWordBytes {
			n += utf8.EncodeRune(b[n:], f)
		}
		last = f
	}
	flush()
	return dst
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// joinsThousands tells whether the separator r, at which rest begins, stands
// inside a number such as 1,000 or 6 057.
func joinsThousands(have []byte, rest string, r rune) bool {
	switch r {
	case ',', '.', ' ', '\u00a0', '\u202f', '\u2009':
	default:
		return false
	}
	if len(have) > 3 || have[0] == '0' {
		return false
	}
	rest = rest[utf8.RuneLen(r):]
	if len(rest) < 3 || !isDigit(rune(rest[0])) || !isDigit(rune(rest[1])) || !isDigit(rune(rest[2])) {
		return false
	}
	return len(rest) == 3 || !isDigit(rune(rest[3]))
}
