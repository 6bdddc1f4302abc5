package kernel

import "unsafe"

// Burst runs the micro-kernel of a precision that many times on operands
// that stay in the L1 cache, on the calling thread, and returns the multiplications and
// additions done: the rate that whole products are held against.
func (mc *Machine) Burst(p Precision, times int) (flops int64) {
	if p != Float32 {
		return mc.wordBurst(p, times)
	}
	return mc.floatBurst(times)
}

func (mc *Machine) wordBurst(p Precision, times int) (flops int64) {
	c := mc.coding(p)
	rows, width := len(c.tiles), c.form.width
	a, b, sum := aligned(rows*wordBlock, 64), aligned(wordBlock*width, 64), aligned(rows*width, 64)
	for range times {
		c.tiles[rows-1](wordBlock, words(a), words(b), &sum[0])
	}
	return int64(times) * int64(2*rows*width*c.perWord*wordBlock)
}

// words is memory of zeros as integers.
func words(v []float32) *int32 { return (*int32)(unsafe.Pointer(&v[0])) }

func (mc *Machine) floatBurst(times int) (flops int64) {
	tiles, width := mc.level.tiles(), mc.level.width()
	rows := len(tiles)
	w := mc.scratch.workspaces.Get().(*workspace)
	defer mc.scratch.workspaces.Put(w)
	for i := range w.a {
		w.a[i] = 1 / float32(i%7+1)
	}
	// Panels begin where a cache line does, as they do in a packed weight of any size.
	b := aligned(blockK*width, 64)
	for i := range b {
		b[i] = 1 / float32(i%5+1)
	}
	for range times {
		tiles[rows-1](blockK, &w.a[0], aStride, &b[0], &w.c[0], width, &w.bias[0], 0)
	}
	return int64(times) * int64(2*rows*width*blockK)
}

// aligned is n floats that begin at a multiple of that many bytes.
func aligned(n, bytes int) []float32 {
	v := make([]float32, n+bytes/4)
	skip := (bytes - int(uintptr(unsafe.Pointer(&v[0]))%uintptr(bytes))) % bytes / 4
	return v[skip : skip+n]
}
