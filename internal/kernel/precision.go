package kernel

import (
	"fmt"
	"strings"
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
)

// Precisions are all of them.
func Precisions() []Precision { return []Precision{Float32, I16} }

// String is the name that ParsePrecision reads.
func (p Precision) String() string {
	if p == I16 {
		return "i16"
	}
	return "float32"
}

// ParsePrecision reads a precision's name.
func ParsePrecision(name string) (Precision, error) {
	var names []string
	for _, p := range Precisions() {
		if p.String() == name {
			return p, nil
		}
		names = append(names, p.String())
	}
	return 0, fmt.Errorf("precision %q is unknown: want one of %s", name, strings.Join(names, ", "))
}

// Pack copies w, (out, in) row-major, into panels for the level in use.
func (p Precision) Pack(w []float32, out, in int) *Frozen {
	if p == Float32 {
		return Pack(w, out, in)
	}
	return &Frozen{Out: out, In: in, precision: p, integers: packIntegers(w, out, in)}
}
