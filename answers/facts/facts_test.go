package facts

import (
	"os"
	"testing"
)

func TestTheBaseHasNoProblems(t *testing.T) {
	b, ps := Load(os.DirFS("."))
	if len(ps) == 0 {
		ps = Check(b)
	}
	for _, p := range ps {
		t.Error(p)
	}
}
