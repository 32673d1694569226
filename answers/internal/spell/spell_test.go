package spell

import (
	"bytes"
	"testing"
)

func TestASingleSlipIsMended(t *testing.T) {
	s := New(map[string]int{"memorandum": 9, "prisoner": 5, "delegation": 3, "rarity": 1})
	for in, want := range map[string]string{
		"memorandm": "memorandum", "memoranddum": "memorandum", "memornadum": "memorandum", "memorandim": "memorandum",
		"prisoner": "prisoner", "prizonner": "prizonner", "memo": "memo", "raritu": "raritu", "12345": "12345", "": "",
	} {
		if got := s.Mend(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	s := New(map[string]int{"memorandum": 9, "prisoner": 5})
	var b bytes.Buffer
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	got, rest, err := Read(append(b.Bytes(), 7))
	if err != nil || len(rest) != 1 || got.Mend("prisner") != "prisoner" {
		t.Errorf("%v, %d left", err, len(rest))
	}
}
