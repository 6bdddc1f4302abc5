package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// strided writes the kernels of the small products.
func strided() {
	for _, s := range []isa{avx512, avx2} {
		rows := []int{1, 4, 8}
		if s == avx2 {
			rows = []int{1, 4}
		}
		for _, r := range rows {
			outer(s, r)
		}
		for _, t := range [][2]int{{4, 4}, {4, 1}, {1, 4}, {1, 1}} {
			if s == avx2 && t == [2]int{4, 4} { // 16 registers: 2 × 4 accumulators
				t = [2]int{2, 4}
			}
			dots(s, t[0], t[1])
		}
	}
}

// outer computes r rows and two vectors of columns of C = α·A·B (+ C) as a sum of outer
// products: element (i, p) of A is at a + i·rsa + p·csa, row p of B at b + p·ldb, all
// strides in elements. mask has a bit (AVX-512) or a lane (AVX2) for each column in use.
func outer(s isa, r int) {
	mask := "mask uint64"
	if s == avx2 {
		mask = "mask *int32"
	}
	TEXT(label("outer%sx%d", s.name, r), NOSPLIT, "func(k int, a *float32, rsa, csa int, b *float32, ldb int, c *float32, ldc int, alpha float32, acc int, "+mask+")")
	k, a, b := Load(Param("k"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	rsa, csa, ldb := Load(Param("rsa"), GP64()), Load(Param("csa"), GP64()), Load(Param("ldb"), GP64())
	for _, stride := range []reg.Register{rsa, csa, ldb} {
		SHLQ(operand.U8(2), stride)
	}
	m := newMask(s)
	rows := rowAddresses(a, rsa, r)
	sum := s.vecs(2 * r)
	for _, v := range sum {
		s.zero(v)
	}
	b0, b1, t := s.vec(), s.vec(), s.vec()
	TESTQ(k, k)
	JZ(operand.LabelRef("done"))
	Label("loop")
	m.load(0, operand.Mem{Base: b}, b0)
	m.load(1, operand.Mem{Base: b, Disp: s.bytes}, b1)
	for i := range r {
		VBROADCASTSS(rows.at[i], t)
		VFMADD231PS(b0, t, sum[2*i])
		VFMADD231PS(b1, t, sum[2*i+1])
	}
	for _, base := range rows.bases {
		ADDQ(csa, base)
	}
	ADDQ(ldb, b)
	DECQ(k)
	JNZ(operand.LabelRef("loop"))
	Label("done")
	alpha := s.vec()
	VBROADCASTSS(address("alpha"), alpha)
	c, ldc, acc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64()), Load(Param("acc"), GP64())
	SHLQ(operand.U8(2), ldc)
	for _, v := range sum {
		VMULPS(alpha, v, v)
	}
	TESTQ(acc, acc)
	JZ(operand.LabelRef("store"))
	c2 := GP64()
	MOVQ(c, c2)
	for i := range r {
		for j := range 2 {
			m.load(j, operand.Mem{Base: c2, Disp: j * s.bytes}, t)
			VADDPS(t, sum[2*i+j], sum[2*i+j])
		}
		ADDQ(ldc, c2)
	}
	Label("store")
	for i := range r {
		for j := range 2 {
			m.store(j, sum[2*i+j], operand.Mem{Base: c, Disp: j * s.bytes})
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
}

// addresses are those of r rows from one or two base registers.
type addresses struct {
	bases []reg.Register
	at    []operand.Mem
}

func rowAddresses(a, stride reg.Register, r int) addresses {
	x := addresses{bases: []reg.Register{a}}
	if r == 1 {
		x.at = []operand.Mem{{Base: a}}
		return x
	}
	three := GP64()
	LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, three)
	base := a
	for i := 0; i < r; i += 4 {
		if i > 0 {
			next := GP64()
			LEAQ(operand.Mem{Base: base, Index: stride, Scale: 4}, next)
			x.bases, base = append(x.bases, next), next
		}
		x.at = append(x.at, operand.Mem{Base: base}, operand.Mem{Base: base, Index: stride, Scale: 1},
			operand.Mem{Base: base, Index: stride, Scale: 2}, operand.Mem{Base: base, Index: three, Scale: 1})
	}
	return x
}

// masks guards two vectors of columns: what lies beyond the matrix is neither read nor
// written.
type masks struct {
	s isa
	k [2]reg.Register
	v [2]reg.VecVirtual
}

func newMask(s isa) *masks {
	m := &masks{s: s}
	if s == avx512 {
		bits := Load(Param("mask"), GP64())
		m.k[0], m.k[1] = K(), K()
		KMOVW(bits.(reg.GP).As32(), m.k[0])
		SHRQ(operand.U8(16), bits)
		KMOVW(bits.(reg.GP).As32(), m.k[1])
		return m
	}
	p := Load(Param("mask"), GP64())
	m.v[0], m.v[1] = YMM(), YMM()
	VMOVUPS(operand.Mem{Base: p}, m.v[0])
	VMOVUPS(operand.Mem{Base: p, Disp: 32}, m.v[1])
	return m
}

func (m *masks) load(j int, from operand.Mem, to reg.VecVirtual) {
	if m.s == avx512 {
		VMOVUPS_Z(from, m.k[j], to)
	} else {
		VMASKMOVPS(from, m.v[j], to)
	}
}

func (m *masks) store(j int, from reg.VecVirtual, to operand.Mem) {
	if m.s == avx512 {
		VMOVUPS(from, m.k[j], to)
	} else {
		VMASKMOVPS(from, m.v[j], to)
	}
}
