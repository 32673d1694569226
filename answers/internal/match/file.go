package match

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"parley/answers/internal/model"
	"parley/answers/internal/near"
	"parley/answers/internal/sense"
	"parley/answers/internal/spell"
)

const magic = "parley model 3\n"

// head is the part of the model file that people may want to read.
type head struct {
	Classes []string
	Weights *Weights
	Short   *Weights
}

// Encode writes what was learnt in a form that depends on it alone.
func (l *Learnt) Encode() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(magic)
	h, err := json.Marshal(head{l.Classes, l.Weights, l.Short})
	if err != nil {
		return nil, err
	}
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(h))))
	b.Write(h)
	for _, m := range []*model.Model{l.Model, l.Language} {
		if _, err := m.WriteTo(&b); err != nil {
			return nil, err
		}
	}
	if _, err := l.Near.WriteTo(&b); err != nil {
		return nil, err
	}
	if _, err := l.Spell.WriteTo(&b); err != nil {
		return nil, err
	}
	if _, err := l.Sense.WriteTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Decode reads what Encode wrote. Any other bytes are an error, never a panic.
func Decode(data []byte) (*Learnt, error) {
	fail := func(what string) (*Learnt, error) { return nil, fmt.Errorf("%w: %s", model.ErrFormat, what) }
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(rest) < 4 {
		return fail("another format; train again")
	}
	n := int(binary.LittleEndian.Uint32(rest))
	if rest = rest[4:]; len(rest) < n {
		return fail("cut short")
	}
	var h head
	if err := json.Unmarshal(rest[:n], &h); err != nil {
		return nil, fmt.Errorf("%w: %w", model.ErrFormat, err)
	}
	if h.Weights == nil || h.Short == nil {
		return fail("no weights")
	}
	l := &Learnt{Classes: h.Classes, Weights: h.Weights, Short: h.Short}
	var err error
	if l.Model, rest, err = model.ReadModel(rest[n:]); err != nil {
		return nil, err
	}
	if l.Language, rest, err = model.ReadModel(rest); err != nil {
		return nil, err
	}
	if l.Near, rest, err = near.Read(rest, len(l.Classes)); err != nil {
		return nil, err
	}
	if l.Spell, rest, err = spell.Read(rest); err != nil {
		return nil, err
	}
	if l.Sense, _, err = sense.Read(rest, l.Near.Stems(), len(l.Classes)); err != nil {
		return nil, err
	}
	if l.Model.Classes() != len(l.Classes) {
		return fail("classes do not add up")
	}
	return l, nil
}
