package kernel

import (
	"math"
	"unsafe"
)

// portableI16 is the micro-kernel in Go: 1 row, 8 columns.
func portableI16(words int, a, b *int32, c *float32) {
	x, y, s := unsafe.Slice(a, words), unsafe.Slice(b, 8*words), unsafe.Slice(c, 8)
	for len(x) > 0 {
		n := min(wordFlush, len(x))
		var sum [8]int32
		for p, v := range x[:n] {
			low, high := int32(int16(v)), v>>16
			for j, w := range y[8*p : 8*p+8] {
				sum[j] += low*int32(int16(w)) + high*(w>>16)
			}
		}
		for j, v := range sum {
			s[j] += float32(v)
		}
		x, y = x[n:], y[8*n:]
	}
}

// portableInt8 is portableI16 for integers so small that all of k stays below 2³¹.
func portableInt8(words int, a, b *int32, c *float32) {
	x, y, s := unsafe.Slice(a, words), unsafe.Slice(b, 8*words), unsafe.Slice((*int32)(unsafe.Pointer(c)), 8)
	for p, v := range x {
		low, high := int32(int16(v)), v>>16
		for j, w := range y[8*p : 8*p+8] {
			s[j] += low*int32(int16(w)) + high*(w>>16)
		}
	}
}

// portableBF16 is the micro-kernel of bfloat16 in Go: 1 row, 8 columns.
func portableBF16(words int, a, b *int32, c *float32) {
	x, y, s := unsafe.Slice(a, words), unsafe.Slice(b, 8*words), unsafe.Slice(c, 8)
	for p, v := range x {
		low, high := fromBF16(v<<16), fromBF16(v)
		for j, w := range y[8*p : 8*p+8] {
			s[j] += high*fromBF16(w) + low*fromBF16(w<<16)
		}
	}
}

// fromBF16 is the bfloat16 in the upper half of a word.
func fromBF16(word int32) float32 { return math.Float32frombits(uint32(word) &^ 0xffff) }
