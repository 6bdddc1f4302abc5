package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dots computes an m × n tile of C = α·A·Bᵀ (+ C) as dot products of rows: lane sums over
// k, then a fixed tree over the lanes, so that an element does not depend on its place in
// a tile. tail is the mask of the last vector of k; its use is the same for all tiles.
func dots(s isa, m, n int) {
	TEXT(label("dots%sx%dx%d", s.name, m, n), NOSPLIT, "func(k int, tail *int32, a *float32, lda int, b *float32, ldb int, c *float32, ldc int, alpha float32, acc int)")
	k, a, b := Load(Param("k"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	lda, ldb := Load(Param("lda"), GP64()), Load(Param("ldb"), GP64())
	SHLQ(operand.U8(2), lda)
	SHLQ(operand.U8(2), ldb)
	ra, rb := rowAddresses(a, lda, rowCount(m)), rowAddresses(b, ldb, rowCount(n))
	sum := s.vecs(m * n)
	for _, v := range sum {
		s.zero(v)
	}
	x, y := s.vecs(m), s.vec()
	step := func(load func(from operand.Mem, to reg.VecVirtual)) {
		for i := range m {
			load(ra.at[i], x[i])
		}
		for j := range n {
			load(rb.at[j], y)
			for i := range m {
				VFMADD231PS(x[i], y, sum[i*n+j])
			}
		}
	}
	SUBQ(operand.U8(s.lanes()), k)
	JL(operand.LabelRef("tail"))
	Label("loop")
	step(func(from operand.Mem, to reg.VecVirtual) { VMOVUPS(from, to) })
	ADDQ(operand.U8(s.bytes), a)
	ADDQ(operand.U8(s.bytes), b)
	SUBQ(operand.U8(s.lanes()), k)
	JGE(operand.LabelRef("loop"))
	Label("tail")
	ADDQ(operand.U8(s.lanes()), k)
	JZ(operand.LabelRef("sum"))
	step(tailLoad(s))
	Label("sum")
	finish(s, m, n, sum)
	VZEROUPPER()
	RET()
}

func rowCount(n int) int {
	if n == 1 {
		return 1
	}
	return 4
}

// tailLoad reads the first lanes of a vector, as many as the parameter tail has set.
func tailLoad(s isa) func(from operand.Mem, to reg.VecVirtual) {
	p := Load(Param("tail"), GP64())
	v := s.vec()
	VMOVUPS(operand.Mem{Base: p}, v)
	if s == avx2 {
		return func(from operand.Mem, to reg.VecVirtual) { VMASKMOVPS(from, v, to) }
	}
	k := K()
	VPMOVD2M(v, k)
	return func(from operand.Mem, to reg.VecVirtual) { VMOVUPS_Z(from, k, to) }
}

// finish adds the lanes of each sum, scales by α, adds C where asked, and stores.
func finish(s isa, m, n int, sum []reg.VecVirtual) {
	c, ldc, acc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64()), Load(Param("acc"), GP64())
	SHLQ(operand.U8(2), ldc)
	alpha := XMM()
	VMOVSS(address("alpha"), alpha)
	for i := range m {
		for j := range n {
			v := sum[i*n+j]
			lanes(s, v)
			VMULSS(alpha, v.AsX(), v.AsX())
		}
	}
	TESTQ(acc, acc)
	JZ(operand.LabelRef("store"))
	c2 := GP64()
	MOVQ(c, c2)
	for i := range m {
		for j := range n {
			VADDSS(operand.Mem{Base: c2, Disp: 4 * j}, sum[i*n+j].AsX(), sum[i*n+j].AsX())
		}
		ADDQ(ldc, c2)
	}
	Label("store")
	for i := range m {
		for j := range n {
			VMOVSS(sum[i*n+j].AsX(), operand.Mem{Base: c, Disp: 4 * j})
		}
		ADDQ(ldc, c)
	}
}

// lanes leaves the sum of v's lanes in its lowest: halves are added until one is left.
func lanes(s isa, v reg.VecVirtual) { reduce(s, v, VADDPS) }

// reduce combines v's lanes in its lowest.
func reduce(s isa, v reg.VecVirtual, with func(...operand.Op)) {
	if s == avx512 {
		h := YMM()
		VEXTRACTF64X4(operand.U8(1), v, h)
		with(h, v.AsY(), v.AsY())
	}
	h := XMM()
	if s == avx512 { // reaches the upper sixteen registers, as the older form does not
		VEXTRACTF32X4(operand.U8(1), v.AsY(), h)
	} else {
		VEXTRACTF128(operand.U8(1), v.AsY(), h)
	}
	with(h, v.AsX(), v.AsX())
	VPERMILPS(operand.U8(0x4e), v.AsX(), h)
	with(h, v.AsX(), v.AsX())
	VPERMILPS(operand.U8(0xb1), v.AsX(), h)
	with(h, v.AsX(), v.AsX())
}
