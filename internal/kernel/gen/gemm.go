package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// Block is the depth of a k block, and aStride the distance of two rows of the packed A
// in bytes: a line more than the block, so that the rows of a panel fall into different
// sets of the L1 cache. Package kernel has the same two numbers.
const (
	block   = 256
	aStride = (block + 16) * 4
)

// gemm writes one micro-kernel for each number of rows: 14 × 32 with AVX-512 (28
// accumulators, two vectors of B, two broadcasts), 6 × 16 with AVX2 (12, 2 and 2).
func gemm() {
	for _, k := range []struct {
		isa  isa
		rows int
	}{{avx512, 14}, {avx2, 6}} {
		for r := 1; r <= k.rows; r++ {
			microKernel(k.isa, r)
		}
	}
}

// microKernel computes c = src + a·b for r rows and two vectors of columns. a is row-major
// with stride aStride, b is k-major. src is read with a stride of its own: c itself to
// accumulate, the bias or zeros with stride 0 to begin.
func microKernel(s isa, r int) {
	TEXT(label("gemm%sx%d", s.name, r), NOSPLIT, "func(k int, a, b, c *float32, ldc int, src *float32, ldsrc int)")
	k, a, b := Load(Param("k"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	src, ldsrc := Load(Param("src"), GP64()), Load(Param("ldsrc"), GP64())
	SHLQ(operand.U8(2), ldc)
	SHLQ(operand.U8(2), ldsrc)
	acc := s.vecs(2 * r)
	for i := range r {
		VMOVUPS(operand.Mem{Base: src}, acc[2*i])
		VMOVUPS(operand.Mem{Base: src, Disp: s.bytes}, acc[2*i+1])
		if i < r-1 {
			ADDQ(ldsrc, src)
		}
	}
	b0, b1, t := s.vec(), s.vec(), s.vecs(2)
	Label("loop")
	VMOVUPS(operand.Mem{Base: b}, b0)
	VMOVUPS(operand.Mem{Base: b, Disp: s.bytes}, b1)
	for i := range r {
		VBROADCASTSS(operand.Mem{Base: a, Disp: i * aStride}, t[i%2])
		VFMADD231PS(b0, t[i%2], acc[2*i])
		VFMADD231PS(b1, t[i%2], acc[2*i+1])
	}
	ADDQ(operand.U8(4), a)
	ADDQ(operand.U32(2*s.bytes), b)
	DECQ(k)
	JNZ(operand.LabelRef("loop"))
	for i := range r {
		VMOVUPS(acc[2*i], operand.Mem{Base: c})
		VMOVUPS(acc[2*i+1], operand.Mem{Base: c, Disp: s.bytes})
		if i < r-1 {
			ADDQ(ldc, c)
		}
	}
	VZEROUPPER()
	RET()
}
