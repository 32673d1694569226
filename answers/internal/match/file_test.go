package match

import (
	"os"
	"testing"
)

// Any bytes are a model or an error, never a panic or a flood of memory.
func FuzzDecode(f *testing.F) {
	data, err := os.ReadFile("../../model.bin")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[:4096])
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if l, err := Decode(data); err == nil && l.Model.Classes() != len(l.Classes) {
			t.Error("an unsound model was read")
		}
	})
}

func TestABrokenModelIsAnError(t *testing.T) {
	data, err := os.ReadFile("../../model.bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(data); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := Decode(data[:len(data)*i/20]); err == nil {
			t.Errorf("%d bytes of %d are read as a whole", len(data)*i/20, len(data))
		}
	}
}
