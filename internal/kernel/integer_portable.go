package kernel

import "unsafe"

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
