package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// strided writes the kernels of the small products.
func strided() {
	for _, k := range []struct {
		isa         isa
		edges, rows []int
	}{{avx512, []int{1, 2, 3, 4, 5, 6, 7, 8}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}}, {avx2, []int{1, 4}, []int{1, 2, 3, 4, 5, 6}}} {
		for _, r := range k.edges {
			outer(k.isa, r, false)
		}
		for _, r := range k.rows {
			outer(k.isa, r, true)
		}
		for _, t := range [][2]int{{4, 4}, {4, 1}, {1, 4}, {1, 1}} {
			if k.isa == avx2 && t == [2]int{4, 4} { // 16 registers: 2 × 4 accumulators
				t = [2]int{2, 4}
			}
			dots(k.isa, t[0], t[1])
		}
	}
	transposeRows()
}

// outer computes r rows and two vectors of columns of C = α·A·B (+ C) as a sum of outer
// products: element (i, p) of A is at a + i·rsa + p·csa, row p of B at b + p·ldb, all
// strides in elements. Where the columns are not full, mask has a bit (AVX-512) or a lane
// (AVX2) for each column in use; an element's sum is the same in both forms.
func outer(s isa, r int, full bool) {
	name, mask := "outer", ", mask uint64"
	switch {
	case full:
		name, mask = "outerFull", ""
	case s == avx2:
		mask = ", mask *int32"
	}
	TEXT(label("%s%sx%d", name, s.name, r), NOSPLIT, "func(k int, a *float32, rsa, csa int, b *float32, ldb int, c *float32, ldc int, alpha float32, acc int"+mask+")")
	k, a, b := Load(Param("k"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	rsa, csa, ldb := Load(Param("rsa"), GP64()), Load(Param("csa"), GP64()), Load(Param("ldb"), GP64())
	for _, stride := range []reg.Register{rsa, csa, ldb} {
		SHLQ(operand.U8(2), stride)
	}
	m := newMask(s, full)
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
	s    isa
	full bool // no mask: all columns are there
	k    [2]reg.Register
	v    [2]reg.VecVirtual
}

func newMask(s isa, full bool) *masks {
	m := &masks{s: s, full: full}
	if full {
		return m
	}
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
	switch {
	case m.full:
		VMOVUPS(from, to)
	case m.s == avx512:
		VMOVUPS_Z(from, m.k[j], to)
	default:
		VMASKMOVPS(from, m.v[j], to)
	}
}

func (m *masks) store(j int, from reg.VecVirtual, to operand.Mem) {
	switch {
	case m.full:
		VMOVUPS(from, to)
	case m.s == avx512:
		VMOVUPS(from, m.k[j], to)
	default:
		VMASKMOVPS(from, m.v[j], to)
	}
}

// transposeRows writes the first 8·blocks columns of up to 8 rows of src as rows of 8
// floats. Rows from r on repeat row r - 1.
func transposeRows() {
	TEXT("transposeRows", NOSPLIT, "func(dst *float32, ldd int, src *float32, lds, r, blocks int)")
	dst, ldd := Load(Param("dst"), GP64()), Load(Param("ldd"), GP64())
	lds, r, n := Load(Param("lds"), GP64()), Load(Param("r"), GP64()), Load(Param("blocks"), GP64())
	SHLQ(operand.U8(2), ldd)
	SHLQ(operand.U8(2), lds)
	var row [8]reg.Register
	row[0] = Load(Param("src"), GP64())
	zero := GP64()
	XORQ(zero, zero)
	for i := 1; i < 8; i++ {
		CMPQ(r, operand.U8(i))
		CMOVQLE(zero, lds) // no further rows: stay
		row[i] = GP64()
		LEAQ(operand.Mem{Base: row[i-1], Index: lds, Scale: 1}, row[i])
	}
	at := zero
	Label("loop")
	for half := range 2 {
		var v [4]reg.VecVirtual
		for i := range v {
			v[i] = YMM()
			VBROADCASTF128(operand.Mem{Base: row[i], Index: at, Scale: 1, Disp: 16 * half}, v[i])
			VINSERTF128(operand.U8(1), operand.Mem{Base: row[i+4], Index: at, Scale: 1, Disp: 16 * half}, v[i], v[i])
		}
		for odd := range 2 {
			x, y := YMM(), YMM()
			if odd == 0 {
				VUNPCKLPS(v[1], v[0], x)
				VUNPCKLPS(v[3], v[2], y)
			} else {
				VUNPCKHPS(v[1], v[0], x)
				VUNPCKHPS(v[3], v[2], y)
			}
			for _, pick := range []uint8{0x44, 0xee} {
				t := YMM()
				VSHUFPS(operand.U8(pick), y, x, t)
				VMOVUPS(t, operand.Mem{Base: dst})
				ADDQ(ldd, dst)
			}
		}
	}
	ADDQ(operand.U8(32), at)
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}
