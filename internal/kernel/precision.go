package kernel

import (
	"fmt"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/suggest"
)

// Precision is how frozen weights are held and multiplied. Everything else, and every
// input and result, is float32.
type Precision int

const (
	// Float32 multiplies as it is given.
	Float32 Precision = iota
	// I16 rounds weights to 12 bits with a scale per output channel, and inputs and incoming
	// gradients to 15 bits with a scale per row. Sums of 64 products are exact.
	I16
	// Int8 rounds weights to 8 bits with a scale per output channel, and inputs to 8 bits with
	// a scale per row. It has no backward product.
	Int8
	// BF16 rounds weights and inputs to bfloat16 and sums in float32. It has no backward
	// product: its error is four times that of I16, which is as fast.
	BF16
)

var precisionNames = enum.Names[Precision]{"float32", "i16", "int8", "bf16"}

// Precisions are all of them.
func Precisions() []Precision { return precisionNames.Values() }

// String is the name that ParsePrecision reads.
func (p Precision) String() string { return precisionNames.String(p) }

// ParsePrecision reads a precision's name.
func ParsePrecision(name string) (Precision, error) {
	p, ok := precisionNames.Lookup(name)
	if !ok {
		return 0, fmt.Errorf("precision %q is unknown: want one of %s%s", name, precisionNames.List(), suggest.Hint(name, precisionNames))
	}
	return p, nil
}

// Trains says whether there is a backward product.
func (p Precision) Trains() bool { return p == Float32 || p == I16 }

// Lacks says what the instruction set does not have, and so makes the precision slower than
// it could be; "" if nothing.
func (mc *Machine) Lacks(p Precision) string {
	f := mc.form
	switch {
	case p != Float32 && f == formPortable:
		return "the portable kernel has no instructions for it"
	case p == BF16 && f.bf16 == nil:
		return "this kernel has no dot product of bfloat16 (VDPBF16PS), so values are multiplied one by one"
	case p == Int8 && !f.bytes:
		return "this kernel has no dot product of bytes (VNNI), so they are multiplied as 16-bit integers"
	}
	return ""
}
