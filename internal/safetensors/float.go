package safetensors

import (
	"encoding/binary"
	"math"

	"github.com/dylora/dylora/internal/fault"
)

// The dtypes that weights are written in.
const (
	Float32  = "F32"
	Float16  = "F16"
	BFloat16 = "BF16"
	Float64  = "F64" // read alone
)

// widths are the bytes of a value of each of them.
var widths = map[string]int{Float32: 4, Float16: 2, BFloat16: 2, Float64: 8}

// Float32 converts an F32, F16 or BF16 tensor exactly, and rounds F64 to the nearest float32,
// ties to even, as PyTorch's copy does. Other dtypes are refused: they are no weights, or
// quantised ones.
func (t Tensor) Float32() ([]float32, error) {
	width := widths[t.DType]
	if width == 0 {
		return nil, fault.Invalidf("tensor %s: dtype %s is not read as float32; convert the file to F32, F16, BF16 or F64", quote(t.Name), t.DType)
	}
	v := make([]float32, len(t.Data)/width)
	convert(v, t.Data, t.DType)
	return v, nil
}

// convert writes the values of b to dst, which has their number.
func convert(dst []float32, b []byte, dtype string) {
	switch dtype {
	case Float32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case Float64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		}
	case BFloat16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
		}
	case Float16:
		for i := range dst {
			h := uint32(binary.LittleEndian.Uint16(b[2*i:]))
			if e := h & 0x7c00; e == 0 || e == 0x7c00 {
				dst[i] = half(uint16(h))
			} else { // nearly all, without a call: an encoder's table of words is half of its start
				dst[i] = math.Float32frombits(h&0x8000<<16 | (h&0x7fff<<13 + (127-15)<<23))
			}
		}
	}
}

// half widens an IEEE binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. Every
// value, subnormals included, is a normal float32; a NaN keeps its payload.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, fraction := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0:
		v := float32(fraction) * (1.0 / (1 << 24))
		return math.Float32frombits(sign | math.Float32bits(v))
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// toHalf rounds x to IEEE binary16, to the nearest, ties to even. NaN stays one.
func toHalf(x float32) uint16 {
	b := math.Float32bits(x)
	sign := uint16(b >> 16 & 0x8000)
	switch b &= 0x7fffffff; {
	case b > 0x7f800000:
		return sign | 0x7e00
	case b >= 0x477ff000: // 65520 and above: nearer to infinity, or a tie with an odd neighbour
		return sign | 0x7c00
	case b < 0x38800000: // below 2⁻¹⁴: a multiple of 2⁻²⁴, and 2⁻¹ + m·2⁻²⁴ rounds exactly there
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	}
	return sign | uint16((b+0xfff+b>>13&1-0x38000000)>>13)
}

// toBrain rounds x to bfloat16, the upper half of a float32, to the nearest, ties to even.
func toBrain(x float32) uint16 {
	b := math.Float32bits(x)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
