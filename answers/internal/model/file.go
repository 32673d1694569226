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
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.posts)))
	for _, bucket := range m.buckets[:1<<m.bits] {
		b = binary.LittleEndian.AppendUint16(b, uint16(math.Round(float64(bucket.idf)*256)))
	}
	for k := range uint32(1 << m.bits) {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(m.of(k))))
	}
	for k := range m.classes {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(m.scale[k]))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(m.bias[k]))
	}
	for _, p := range m.posts {
		b = binary.LittleEndian.AppendUint16(b, uint16(p.class()))
	}
	for _, p := range m.posts {
		b = append(b, byte(p))
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
	m := &Model{bits: bits, classes: classes, buckets: make([]bucket, buckets+1), posts: make([]posting, n)}
	for i := range buckets {
		m.buckets[i].idf = float32(binary.LittleEndian.Uint16(data[2*i:])) / 256
	}
	data = data[2*buckets:]
	for i := range buckets {
		m.buckets[i+1].from = m.buckets[i].from + uint32(binary.LittleEndian.Uint16(data[2*i:]))
	}
	if int(m.buckets[buckets].from) != n {
		return nil, nil, fmt.Errorf("%w: postings do not add up", ErrFormat)
	}
	data = data[2*buckets:]
	for k := range classes {
		m.scale = append(m.scale, math.Float32frombits(uint32(le32(data[8*k:]))))
		m.bias = append(m.bias, math.Float32frombits(uint32(le32(data[8*k+4:]))))
	}
	data = data[8*classes:]
	weights := data[2*n:]
	for i := range m.posts {
		class := int(binary.LittleEndian.Uint16(data[2*i:]))
		if class >= classes {
			return nil, nil, fmt.Errorf("%w: class %d of %d", ErrFormat, class, classes)
		}
		m.posts[i] = newPosting(class, int8(weights[i]))
	}
	return m, weights[n:], nil
}

func le32(b []byte) int { return int(binary.LittleEndian.Uint32(b)) }
