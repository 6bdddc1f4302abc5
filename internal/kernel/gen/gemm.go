package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unroll is how many steps of k the micro-kernel's main loop takes at once.
const unroll = 4

// gemm writes one micro-kernel for each number of rows: 14 × 32 with AVX-512 (28
// accumulators, two vectors of B, two broadcasts), 6 × 16 with AVX2 (12, 2 and 2); and
// what serves them.
func gemm() {
	for _, k := range []struct {
		isa  isa
		rows int
	}{{avx512, 14}, {avx2, 6}} {
		for r := 1; r <= k.rows; r++ {
			microKernel(k.isa, r)
		}
		transposeBlock(k.isa)
	}
	prefetch()
}

// microKernel computes c = src + a·b for r rows and two vectors of columns. a is row-major
// with stride lda, b is k-major. src is read with a stride of its own: c itself to
// accumulate, the bias or zeros with stride 0 to begin.
func microKernel(s isa, r int) {
	TEXT(label("gemm%sx%d", s.name, r), NOSPLIT, "func(k int, a *float32, lda int, b, c *float32, ldc int, src *float32, ldsrc int)")
	src, ldsrc := Load(Param("src"), GP64()), Load(Param("ldsrc"), GP64())
	SHLQ(operand.U8(2), ldsrc)
	acc := s.vecs(2 * r)
	for i := range r {
		VMOVUPS(operand.Mem{Base: src}, acc[2*i])
		VMOVUPS(operand.Mem{Base: src, Disp: s.bytes}, acc[2*i+1])
		if i < r-1 {
			ADDQ(ldsrc, src)
		}
	}
	k, a, b := Load(Param("k"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	lda := Load(Param("lda"), GP64())
	SHLQ(operand.U8(2), lda)
	rows := rowAddresses(a, lda, r)
	b0, b1, t := s.vec(), s.vec(), s.vecs(2)
	steps := func(n int) {
		for p := range n {
			VMOVUPS(operand.Mem{Base: b, Disp: 2 * p * s.bytes}, b0)
			VMOVUPS(operand.Mem{Base: b, Disp: (2*p + 1) * s.bytes}, b1)
			for i := range r {
				at := rows.at[i]
				at.Disp = 4 * p
				VBROADCASTSS(at, t[i%2])
				VFMADD231PS(b0, t[i%2], acc[2*i])
				VFMADD231PS(b1, t[i%2], acc[2*i+1])
			}
		}
		for _, base := range rows.bases {
			ADDQ(operand.U8(4*n), base)
		}
		ADDQ(operand.U32(2*n*s.bytes), b)
	}
	SUBQ(operand.U8(unroll), k)
	JL(operand.LabelRef("rest"))
	Label("loop")
	steps(unroll)
	SUBQ(operand.U8(unroll), k)
	JGE(operand.LabelRef("loop"))
	Label("rest")
	ADDQ(operand.U8(unroll), k)
	JZ(operand.LabelRef("store"))
	Label("single")
	steps(1)
	DECQ(k)
	JNZ(operand.LabelRef("single"))
	Label("store")
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	SHLQ(operand.U8(2), ldc)
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

// transposeBlock writes the transpose of a dense square as wide as a panel, 8 × 8 at a
// time. Half the lanes are gathered by loads, which leaves 16 shuffles for 64 elements.
func transposeBlock(s isa) {
	w := 2 * s.lanes()
	TEXT("transpose"+s.name, NOSPLIT, "func(dst, src *float32)")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), GP64()
	MOVQ(operand.U32(w/8), n)
	Label("loop")
	for j := range w / 8 {
		transpose8(dst, j*8*w*4, src, j*32, w*4)
	}
	ADDQ(operand.U32(8*w*4), src)
	ADDQ(operand.U8(32), dst)
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// transpose8 transposes 8 × 8 floats; offsets and the stride of both are in bytes.
func transpose8(dst reg.Register, to int, src reg.Register, from, stride int) {
	for half := range 2 {
		var r [4]reg.VecVirtual
		for i := range r { // rows i and i + 4, four columns of each
			r[i] = YMM()
			VBROADCASTF128(operand.Mem{Base: src, Disp: from + i*stride + 16*half}, r[i])
			VINSERTF128(operand.U8(1), operand.Mem{Base: src, Disp: from + (i+4)*stride + 16*half}, r[i], r[i])
		}
		for odd := range 2 {
			x, y := YMM(), YMM()
			if odd == 0 {
				VUNPCKLPS(r[1], r[0], x)
				VUNPCKLPS(r[3], r[2], y)
			} else {
				VUNPCKHPS(r[1], r[0], x)
				VUNPCKHPS(r[3], r[2], y)
			}
			for k, pick := range []uint8{0x44, 0xee} {
				v := YMM()
				VSHUFPS(operand.U8(pick), y, x, v)
				VMOVUPS(v, operand.Mem{Base: dst, Disp: to + (4*half+2*odd+k)*stride})
			}
		}
	}
}

// prefetch asks for n cache lines that are stride floats apart.
func prefetch() {
	TEXT("prefetch", NOSPLIT, "func(p *float32, stride, n int)")
	p, stride, n := Load(Param("p"), GP64()), Load(Param("stride"), GP64()), Load(Param("n"), GP64())
	SHLQ(operand.U8(2), stride)
	Label("loop")
	PREFETCHT1(operand.Mem{Base: p})
	ADDQ(stride, p)
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	RET()
}
