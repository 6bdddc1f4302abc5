package kernel

import "math"

// coding is how a precision rounds values and multiplies them with a machine's instructions.
type coding struct {
	level     Level      // rounds
	form      *form      // multiplies
	tiles     []wordTile // tiles[r-1] computes at least r rows
	perWord   int        // values in a word of 32 bits
	weightMax float32    // largest integer of a weight; 0: values are bfloat16
	inputMax  float32
	whole     bool // sums are integers over all of k
	offset    bool // inputs are unsigned, with 128 added
}

// coding of a precision other than Float32. Where there is no instruction for bytes, they are
// multiplied as 16-bit integers.
func (mc *Machine) coding(p Precision) coding {
	f, l := mc.form, mc.level
	switch {
	case p == BF16 && f.bf16 == nil:
		return coding{level: l, form: formPortable, tiles: formPortable.bf16, perWord: 2}
	case p == BF16:
		return coding{level: l, form: f, tiles: f.bf16, perWord: 2}
	case p == Int8 && f.bytes:
		return coding{level: l, form: f, tiles: f.int8, perWord: 4, weightMax: 127, inputMax: 127, whole: true, offset: true}
	case p == Int8:
		return coding{level: l, form: f, tiles: f.int8, perWord: 2, weightMax: 127, inputMax: 127, whole: true}
	}
	// 12 and 15 bits: the sum of 64 products stays below 2³¹.
	return coding{level: l, form: f, tiles: f.i16, perWord: 2, weightMax: 1<<11 - 1, inputMax: 1<<14 - 1}
}

// code is the rounded value.
func (c *coding) code(v float32) int32 {
	if c.weightMax == 0 {
		return int32(bfloat16(v))
	}
	return round(v)
}

// bfloat16 is the upper half of v, rounded to nearest, ties to even; NaN stays NaN.
func bfloat16(v float32) uint32 {
	b := math.Float32bits(v)
	if v != v {
		return b>>16 | 1<<6
	}
	return (b + 0x7fff + b>>16&1) >> 16
}
