package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowsOf repeats body for each row, whose pointers move by ld floats.
func (w *sweep) rowsOf(pointers []string, body func()) {
	rows, ld := Load(Param("rows"), GP64()), Load(Param("ld"), GP64())
	SHLQ(operand.U8(2), ld)
	Label("row")
	body()
	for _, p := range pointers {
		ADDQ(ld, w.ptr[p])
	}
	DECQ(rows)
	JNZ(operand.LabelRef("row"))
	w.end()
}

// softmaxKernel is rows in place: maximum, exponentials of what lies below it and their
// sum, quotient. What lies between n and the end of the last vector becomes zero.
func softmaxKernel(s isa) {
	TEXT("softmax"+s.name, NOSPLIT, "func(n int, tail *int32, x *float32, rows, ld int, scale float32)")
	w := begin(s, "x")
	w.padded = true
	scale, e := w.param("scale"), w.exponential()
	w.rowsOf([]string{"x"}, func() {
		low := w.constant(float32(math.Inf(-1)))
		top, sum := s.vec(), w.sum()
		VMOVAPS(low, top)
		w.pass(func() {
			v := w.load("x")
			w.fill(v, low)
			VMAXPS(v, top, top)
		})
		top = w.all(top, VMAXPS)
		w.pass(func() {
			v := w.load("x")
			VSUBPS(top, v, v)
			VMULPS(scale, v, v)
			e.of(v)
			w.clear(v)
			VADDPS(v, sum, sum)
			w.store(v, "x")
		})
		total := w.total(sum)
		VDIVPS(total, w.constant(1), total)
		w.pass(func() {
			v := w.load("x")
			VMULPS(total, v, v)
			w.store(v, "x")
		})
	})
}

// softmaxBackwardKernel is d = scale · p ⊙ (d - Σ d ⊙ p) for each row.
func softmaxBackwardKernel(s isa) {
	TEXT("softmaxBackward"+s.name, NOSPLIT, "func(n int, tail *int32, d, p *float32, rows, ld int, scale float32)")
	w := begin(s, "d", "p")
	w.padded = true
	scale := w.param("scale")
	w.rowsOf([]string{"d", "p"}, func() {
		sum := w.sum()
		product := func() (d, p reg.VecVirtual) { return w.load("d"), w.load("p") }
		w.pass(func() {
			d, p := product()
			w.clear(d)
			VFMADD231PS(d, p, sum)
		})
		total := w.total(sum)
		w.pass(func() {
			d, p := product()
			VSUBPS(total, d, d)
			VMULPS(p, d, d)
			VMULPS(scale, d, d)
			w.clear(d)
			w.store(d, "d")
		})
	})
}

// dropoutKernel keeps x·scale where the hash of an element's number is at least threshold,
// and writes zero elsewhere. Package kernel has the same hash in Go.
func dropoutKernel(s isa) {
	TEXT("dropout"+s.name, NOSPLIT, "func(n int, tail *int32, y, x *float32, first, key0, key1, threshold uint32, scale float32)")
	w := begin(s, "y", "x")
	whole := func(at operand.Mem) reg.VecVirtual {
		v := s.vec()
		VBROADCASTSS(at, v)
		return v
	}
	number, key0, key1 := whole(address("first")), whole(address("key0")), whole(address("key1"))
	threshold, scale, step := whole(address("threshold")), w.param("scale"), whole(memBits(uint32(s.lanes())))
	m0, m1 := whole(memBits(hash0)), whole(memBits(hash1))
	VPADDD(count, number, number)
	xor := func(a, b reg.VecVirtual) {
		if s == avx512 {
			VPXORD(a, b, b)
		} else {
			VPXOR(a, b, b)
		}
	}
	w.pass(func() {
		h, t, x := s.vec(), s.vec(), w.load("x")
		fold := func(shift uint8) {
			VPSRLD(operand.U8(shift), h, t)
			xor(t, h)
		}
		VMOVAPS(number, h)
		xor(key0, h)
		fold(16)
		VPMULLD(m0, h, h)
		fold(15)
		VPADDD(key1, h, h)
		VPMULLD(m1, h, h)
		fold(16)
		VMULPS(scale, x, x)
		if s == avx512 {
			k := K()
			VPCMPUD(operand.U8(5), threshold, h, k) // not below
			VMOVAPS_Z(x, k, x)
		} else {
			VPMAXUD(threshold, h, t)
			VPCMPEQD(t, h, h)
			VANDPS(h, x, x)
		}
		w.store(x, "y")
		VPADDD(step, number, number)
	})
	w.end()
}

// The multipliers of Chris Wellons's lowbias32.
const hash0, hash1 = 0x7feb352d, 0x846ca68b
