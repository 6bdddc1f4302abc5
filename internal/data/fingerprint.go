package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// Fingerprint is the SHA-256, in hex, of everything that examples hold: equal ones train
// and measure alike.
func Fingerprint(examples []Example) string {
	h := sha256.New()
	var b []byte
	text := func(s string) {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, e := range examples {
		b = binary.LittleEndian.AppendUint64(b[:0], uint64(e.Index))
		b = binary.LittleEndian.AppendUint32(b, uint32(e.Class))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(e.Score))
		text(e.A)
		if e.B != nil {
			text(*e.B)
		}
		for _, v := range e.Targets {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
