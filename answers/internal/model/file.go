package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrFormat is returned by ReadModel for bytes that are no model.
var ErrFormat = errors.New("not a model")

// Most of anything a model file may announce, so that a broken one cannot ask
// for more memory than a sound one needs.
const (
	maxBits    = 20
	maxClasses = 1 << 15
)

// WriteTo writes the model in a form that depends on its contents alone.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	b := binary.LittleEndian.AppendUint32(nil, uint32(m.bits))
	b = binary.LittleEndian.AppendUint32(b, uint32(m.classes))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.class)))
	for _, v := range m.idf {
		b = binary.LittleEndian.AppendUint16(b, uint16(math.Round(float64(v)*256)))
	}
	for k := range m.start[:len(m.start)-1] {
		b = binary.LittleEndian.AppendUint16(b, uint16(m.start[k+1]-m.start[k]))
	}
	for k := range m.classes {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(m.scale[k]))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(m.bias[k]))
	}
	for _, c := range m.class {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	for _, v := range m.weight {
		b = append(b, byte(v))
	}
	n, err := w.Write(b)
	return int64(n), err
}

// ReadModel reads what WriteTo wrote from the start of data and returns the rest.
func ReadModel(data []byte) (*Model, []byte, error) {
	if len(data) < 12 {
		return nil, nil, ErrFormat
	}
	bits, classes, n := le32(data), le32(data[4:]), le32(data[8:])
	data = data[12:]
	if bits > maxBits || classes > maxClasses {
		return nil, nil, fmt.Errorf("%w: %d bits, %d classes", ErrFormat, bits, classes)
	}
	buckets := 1 << bits
	need := 4*buckets + 8*classes + 3*n
	if len(data) < need {
		return nil, nil, fmt.Errorf("%w: %d bytes of %d", ErrFormat, len(data), need)
	}
	m := &Model{bits: bits, classes: classes, idf: make([]float32, buckets), start: make([]uint32, buckets+1)}
	for i := range m.idf {
		m.idf[i] = float32(binary.LittleEndian.Uint16(data[2*i:])) / 256
	}
	data = data[2*buckets:]
	for i := range buckets {
		m.start[i+1] = m.start[i] + uint32(binary.LittleEndian.Uint16(data[2*i:]))
	}
	if int(m.start[buckets]) != n {
		return nil, nil, fmt.Errorf("%w: postings do not add up", ErrFormat)
	}
	data = data[2*buckets:]
	for k := range classes {
		m.scale = append(m.scale, math.Float32frombits(uint32(le32(data[8*k:]))))
		m.bias = append(m.bias, math.Float32frombits(uint32(le32(data[8*k+4:]))))
	}
	data = data[8*classes:]
	m.class, m.weight = make([]uint16, n), make([]int8, n)
	for i := range m.class {
		if m.class[i] = binary.LittleEndian.Uint16(data[2*i:]); int(m.class[i]) >= classes {
			return nil, nil, fmt.Errorf("%w: class %d of %d", ErrFormat, m.class[i], classes)
		}
	}
	data = data[2*n:]
	for i := range m.weight {
		m.weight[i] = int8(data[i])
	}
	return m, data[n:], nil
}

func le32(b []byte) int { return int(binary.LittleEndian.Uint32(b)) }
