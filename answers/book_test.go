package answers_test

import (
	"sync"
	"testing"

	"parley/answers"
)

var once = sync.OnceValues(answers.Embedded)

func embedded(tb testing.TB) *answers.Book {
	tb.Helper()
	b, err := once()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
