package kernel

import (
	"fmt"
	"runtime"
	"unsafe"
)

// packingVersion is a part of Packing's name. It grows with every change of the layout or
// of the rounding; TestPackingVersion notices one.
const packingVersion = 1

// Packing names the way in which weights of a precision are packed: memory that was packed
// under a name is good wherever the name is the same.
func (mc *Machine) Packing(p Precision) string {
	return fmt.Sprintf("%s-%s-%s-v%d", p, runtime.GOARCH, mc.Name(), packingVersion)
}

// Memory is W as it is packed, in pieces, which are not to be written to; nil of Int8, which
// is packed from Float32 once its inputs' ranges are known.
func (f *Frozen) Memory() [][]byte {
	m := f.reduced
	switch {
	case m == nil:
		return [][]byte{Bytes(f.panels.data)}
	case m.start != nil || m.fold != nil:
		return nil
	}
	return [][]byte{Bytes(m.data), Bytes(m.scale)}
}

// Adopt is a weight over memory that holds what Memory gave end to end, of a weight of the
// same shape and Packing. It keeps b, reads it alone, and copies nothing. False:
// b has not that size, or does not begin on a multiple of 64 bytes, or is of Int8.
func (mc *Machine) Adopt(p Precision, b []byte, out, in int) (*Frozen, bool) {
	if len(b) == 0 || uintptr(unsafe.Pointer(&b[0]))%64 != 0 {
		return nil, false
	}
	if p == Float32 {
		f := &Frozen{Out: out, In: in, machine: mc}
		width := mc.level.width()
		f.panels = panels{in, out, width, wordsOf[float32](b)}
		return f, len(b) == 4*((out+width-1)/width*width*in)
	}
	m := &reduced{coding: mc.coding(p), out: out, in: in}
	m.depth = (in + 15) / 16 * 16 / m.perWord
	channels := (out + m.form.width - 1) / m.form.width * m.form.width
	if m.whole || len(b) != 4*channels*(m.depth+1) {
		return nil, false
	}
	m.data, m.scale = wordsOf[int32](b[:4*channels*m.depth]), wordsOf[float32](b[4*channels*m.depth:])
	return &Frozen{Out: out, In: in, machine: mc, precision: p, reduced: m}, true
}

// Bytes is the memory of v.
func Bytes[T int32 | float32](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
}

// Floats is the memory b, which begins on a multiple of 4 bytes, as float32.
func Floats(b []byte) []float32 { return wordsOf[float32](b) }

func wordsOf[T int32 | float32](b []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
