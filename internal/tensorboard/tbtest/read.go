// Package tbtest reads event files for tests, in the way of TensorBoard: files by name, a
// torn record ends its file, and a session's start makes older values of its step and
// later ones forgotten.
package tbtest

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// Point is a value of a chart.
type Point struct {
	Step  int
	Value float32
}

// Charts are the points that TensorBoard shows of the folder dir, by tag, in file order.
func Charts(t testing.TB, dir string) map[string][]Point {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*tfevents*"))
	if err != nil {
		t.Fatal(err)
	}
	charts := map[string][]Point{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for record, ok := next(t, &b); ok; record, ok = next(t, &b) {
			take(t, charts, record)
		}
	}
	return charts
}

// next cuts a record off b and checks its checksums; false at the end or at a torn one.
func next(t testing.TB, b *[]byte) ([]byte, bool) {
	t.Helper()
	if len(*b) < 12 {
		return nil, false
	}
	n := int(binary.LittleEndian.Uint64(*b))
	if len(*b) < n+16 {
		return nil, false
	}
	data := (*b)[12 : 12+n]
	if sum(*b, 8) != binary.LittleEndian.Uint32((*b)[8:]) || sum(data, n) != binary.LittleEndian.Uint32((*b)[12+n:]) {
		t.Fatal("a record's checksum is wrong")
	}
	*b = (*b)[n+16:]
	return data, true
}

func sum(b []byte, n int) uint32 {
	c := crc32.Checksum(b[:n], crc32.MakeTable(crc32.Castagnoli))
	return (c>>15 | c<<17) + 0xa282ead8
}

func take(t testing.TB, charts map[string][]Point, event []byte) {
	t.Helper()
	step, start := 0, false
	var values [][]byte
	each(t, event, func(field protowire.Number, number uint64, bytes []byte) {
		switch field {
		case 2:
			step = int(number)
		case 5:
			each(t, bytes, func(_ protowire.Number, _ uint64, value []byte) { values = append(values, value) })
		case 7:
			start = true
		}
	})
	if start {
		forget(charts, step)
	}
	for _, v := range values {
		tag, value := "", float32(0)
		each(t, v, func(field protowire.Number, number uint64, bytes []byte) {
			if field == 1 {
				tag = string(bytes)
			} else {
				value = math.Float32frombits(uint32(number))
			}
		})
		charts[tag] = append(charts[tag], Point{step, value})
	}
}

func forget(charts map[string][]Point, from int) {
	for tag, points := range charts {
		var kept []Point
		for _, p := range points {
			if p.Step < from {
				kept = append(kept, p)
			}
		}
		charts[tag] = kept
	}
}

// each visits the fields of a message.
func each(t testing.TB, b []byte, visit func(field protowire.Number, number uint64, bytes []byte)) {
	t.Helper()
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		b = b[max(n, 0):]
		var number uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			number, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var short uint32
			short, n = protowire.ConsumeFixed32(b)
			number = uint64(short)
		default:
			bytes, n = protowire.ConsumeBytes(b)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		visit(field, number, bytes)
	}
}
