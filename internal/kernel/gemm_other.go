//go:build !amd64

package kernel

import "unsafe"

func vectorLevels() []Level { return nil }

var tilesPortable = []tile{portableCall}

func (l Level) tiles() []tile { return tilesPortable }

func (l Level) transpose(dst, src []float32, w int) { portableTranspose(dst, src, w) }

func prefetch(*float32, int, int) {}

// portableCall gives the portable micro-kernel the signature of the others.
func portableCall(k int, a *float32, _ int, b, c *float32, _ int, src *float32, _ int) {
	portableTile(k, unsafe.Slice(a, k), unsafe.Slice(b, 8*k), unsafe.Slice(c, 8), unsafe.Slice(src, 8))
}
