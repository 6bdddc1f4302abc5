package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func bits(x float32) uint32 { return math.Float32bits(x) }

// The polynomials, fitted by least squares on Chebyshev nodes for relative error:
// eˣ - 1 - x from x² on over |x| ≤ ln 2 / 2 (4e-9), and Φ(-x)·e^{x²/2} in t = 1/(1 + p·x)
// from t on over 0 ≤ x ≤ 14 (2e-8). Package kernel has the same numbers in Go.
var (
	expCoefficients  = []float32{0.49999988079071045, 0.16666512191295624, 0.04166964441537857, 0.008369628340005875, 0.0013748822966590524}
	tailCoefficients = []float32{0.08370976895093918, 0.08509919792413712, 0.06897590309381485, 0.12572571635246277, -0.09596225619316101,
		0.3524196445941925, -0.3329671025276184, 0.2849435806274414, -0.0719444677233696}
)

const tailP = 0.21

// exponential computes eˣ for x ≤ 0; below -87 it is 1.6e-38. NaN stays NaN: a maximum's
// second source is its result where either is NaN.
type exponential struct {
	w                     *sweep
	low, log2e, high, rem reg.VecVirtual
}

func (w *sweep) exponential() *exponential {
	return &exponential{w, w.constant(-87), w.constant(math.Log2E), w.constant(0.693359375), w.constant(-2.12194440e-4)}
}

// of replaces x by eˣ.
func (e *exponential) of(x reg.VecVirtual) {
	s := e.w.s
	VMAXPS(x, e.low, x)
	n := s.vec()
	VMULPS(e.log2e, x, n)
	if s == avx512 {
		VRNDSCALEPS(operand.U8(0), n, n)
	} else {
		VROUNDPS(operand.U8(0), n, n)
	}
	VFNMADD231PS(e.high, n, x)
	VFNMADD231PS(e.rem, n, x)
	p, one := s.vec(), e.w.constant(1)
	VBROADCASTSS(memConstant(expCoefficients[4]), p)
	for i := 3; i >= 0; i-- {
		VFMADD213PS(e.w.constant(expCoefficients[i]), x, p)
	}
	VFMADD213PS(one, x, p)
	VFMADD213PS(one, x, p)
	VCVTPS2DQ(n, n)
	VPSLLD(operand.U8(23), n, n)
	VPADDD(n, p, x)
}

// constants are the numbers in read-only memory so far, by their bits; as integers, since
// the assembler refuses a mask that is a NaN.
var constants = map[uint32]operand.Mem{}

func memConstant(x float32) operand.Mem { return memBits(bits(x)) }

func memBits(b uint32) operand.Mem {
	if _, ok := constants[b]; !ok {
		constants[b] = ConstData(label("c%08x", b), operand.U32(b))
	}
	return constants[b]
}

// normal computes from x: Φ(x), and e = e^{-x²/2}. Φ(-|x|) = e·T(1/(1 + p|x|)).
func (w *sweep) normal(x reg.VecVirtual, ex *exponential) (phi, e reg.VecVirtual) {
	s := w.s
	e, phi = s.vec(), s.vec()
	VMULPS(x, x, e)
	VMULPS(w.constant(-0.5), e, e)
	ex.of(e)
	t, one := s.vec(), w.constant(1)
	VANDPS(w.constant(math.Float32frombits(0x7fffffff)), x, t)
	VMULPS(w.constant(tailP), t, t)
	VADDPS(one, t, t)
	VDIVPS(t, one, t)
	last := len(tailCoefficients) - 1
	VBROADCASTSS(memConstant(tailCoefficients[last]), phi)
	for i := last - 1; i >= 0; i-- {
		VFMADD213PS(w.constant(tailCoefficients[i]), t, phi)
	}
	VMULPS(t, phi, phi)
	VMULPS(e, phi, phi)
	flip := s.vec()
	VSUBPS(phi, one, flip) // Φ(|x|), taken where x is not negative
	if s == avx512 {
		k := K()
		VPMOVD2M(x, k)
		VBLENDMPS(phi, flip, k, phi)
	} else {
		VBLENDVPS(x, phi, flip, phi)
	}
	return phi, e
}

func geluKernel(s isa) {
	TEXT("gelu"+s.name, NOSPLIT, "func(n int, tail *int32, y, x *float32)")
	w := begin(s, "y", "x")
	ex := w.exponential()
	w.pass(func() {
		x := w.load("x")
		phi, _ := w.normal(x, ex)
		VMULPS(x, phi, phi)
		w.store(phi, "y")
	})
	w.end()
}

func geluBackwardKernel(s isa) {
	TEXT("geluBackward"+s.name, NOSPLIT, "func(n int, tail *int32, dx, dy, x *float32)")
	w := begin(s, "dx", "dy", "x")
	ex := w.exponential()
	w.pass(func() {
		x := w.load("x")
		phi, e := w.normal(x, ex)
		VMULPS(w.constant(0.3989422804014327), e, e)
		VFMADD231PS(x, e, phi)
		dy := w.load("dy")
		VMULPS(dy, phi, phi)
		w.store(phi, "dx")
	})
	w.end()
}

// gate computes from x, whose square is in q: e = e^{-|z|} and d = 1/(1 + e) for
// z = x·(a + b·x²), and σ(z), which is d where z is not negative and e·d elsewhere. The
// parameters a and b are read for every vector: AVX2 has no registers to keep them in.
func (w *sweep) gate(x, q reg.VecVirtual, ex *exponential) (sigma, e, d reg.VecVirtual) {
	s := w.s
	z := s.vec()
	VMOVAPS(q, z)
	VFMADD213PS(w.param("a"), w.param("b"), z)
	VMULPS(x, z, z)
	e = s.vec()
	if s == avx512 {
		VPORD(w.constant(float32(math.Copysign(0, -1))), z, e)
	} else {
		VORPS(w.constant(float32(math.Copysign(0, -1))), z, e)
	}
	ex.of(e)
	one := w.constant(1)
	d = s.vec()
	VADDPS(one, e, d)
	VDIVPS(d, one, d)
	sigma = s.vec()
	VMULPS(e, d, sigma)
	if s == avx512 {
		k := K()
		VPMOVD2M(z, k)
		VBLENDMPS(sigma, d, k, sigma)
	} else {
		VBLENDVPS(z, sigma, d, sigma)
	}
	return sigma, e, d
}

func gatedKernel(s isa) {
	TEXT("gated"+s.name, NOSPLIT, "func(n int, tail *int32, y, x *float32, a, b float32)")
	w := begin(s, "y", "x")
	ex := w.exponential()
	w.pass(func() {
		x, q := w.load("x"), s.vec()
		VMULPS(x, x, q)
		sigma, _, _ := w.gate(x, q, ex)
		VMULPS(x, sigma, sigma)
		w.store(sigma, "y")
	})
	w.end()
}

// gatedBackwardKernel: the slope of σ is e·d², that of z is a + 3b·x².
func gatedBackwardKernel(s isa) {
	TEXT("gatedBackward"+s.name, NOSPLIT, "func(n int, tail *int32, dx, dy, x *float32, a, b, threeB float32)")
	w := begin(s, "dx", "dy", "x")
	ex := w.exponential()
	w.pass(func() {
		x, q := w.load("x"), s.vec()
		VMULPS(x, x, q)
		sigma, e, d := w.gate(x, q, ex)
		VFMADD213PS(w.param("a"), w.param("threeB"), q)
		VMULPS(x, q, q)
		VMULPS(d, e, e)
		VMULPS(d, e, e)
		VFMADD231PS(q, e, sigma)
		dy := w.load("dy")
		VMULPS(dy, sigma, sigma)
		w.store(sigma, "dx")
	})
	w.end()
}
