package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// count is the numbers from 0 to 15 in read-only memory.
var count operand.Mem

// vector writes the functions that work element by element or row by row.
func vector() {
	count = GLOBL("count", attr.RODATA|attr.NOPTR)
	for i := range 16 {
		DATA(4*i, operand.U32(i))
	}
	for _, s := range []isa{avx512, avx2} {
		geluKernel(s)
		geluBackwardKernel(s)
		gatedKernel(s)
		gatedBackwardKernel(s)
		softmaxKernel(s)
		softmaxBackwardKernel(s)
		dropoutKernel(s)
		for _, two := range []bool{false, true} {
			layerNormKernel(s, two)
			layerNormBackwardKernel(s, two)
		}
		adamWKernel(s)
		scaleKernel(s)
		addScaledKernel(s)
	}
	pause()
}

// pause waits for n PAUSE instructions, which leave the core's resources to its sibling.
func pause() {
	TEXT("pause", NOSPLIT, "func(n int)")
	n := Load(Param("n"), GP64())
	Label("loop")
	PAUSE()
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	RET()
}

// sweep is a pass over n elements: whole vectors, then one masked by the parameter tail.
// Lanes beyond n are read as zero and not written.
type sweep struct {
	s    isa
	n    reg.Register
	ptr  map[string]reg.Register
	at   reg.Register // byte offset
	vtl  reg.VecVirtual
	ktl  reg.Register
	in   bool // inside the masked tail
	uses int

	padded bool // rows have room for whole vectors: the tail is read and written whole
}

// begin loads n, tail and the pointers of a function.
func begin(s isa, pointers ...string) *sweep {
	w := &sweep{s: s, n: Load(Param("n"), GP64()), at: GP64(), ptr: map[string]reg.Register{}}
	for _, p := range pointers {
		w.ptr[p] = Load(Param(p), GP64())
	}
	t := Load(Param("tail"), GP64())
	w.vtl = s.vec()
	VMOVUPS(operand.Mem{Base: t}, w.vtl)
	if s == avx512 {
		w.ktl = K()
		VPMOVD2M(w.vtl, w.ktl)
	}
	return w
}

// pass runs body over all elements. body is written twice: for whole vectors and for the
// tail.
func (w *sweep) pass(body func()) {
	w.uses++
	left := GP64()
	MOVQ(w.n, left)
	XORQ(w.at, w.at)
	id := w.uses
	SUBQ(operand.U8(w.s.lanes()), left)
	JL(operand.LabelRef(label("tail%d", id)))
	Label(label("loop%d", id))
	body()
	ADDQ(operand.U8(w.s.bytes), w.at)
	SUBQ(operand.U8(w.s.lanes()), left)
	JGE(operand.LabelRef(label("loop%d", id)))
	Label(label("tail%d", id))
	ADDQ(operand.U8(w.s.lanes()), left)
	JZ(operand.LabelRef(label("end%d", id)))
	w.in = true
	body()
	w.in = false
	Label(label("end%d", id))
}

func (w *sweep) mem(p string) operand.Mem {
	return operand.Mem{Base: w.ptr[p], Index: w.at, Scale: 1}
}

func (w *sweep) load(p string) reg.VecVirtual {
	v := w.s.vec()
	switch {
	case !w.in || w.padded:
		VMOVUPS(w.mem(p), v)
	case w.s == avx512:
		VMOVUPS_Z(w.mem(p), w.ktl, v)
	default:
		VMASKMOVPS(w.mem(p), w.vtl, v)
	}
	return v
}

func (w *sweep) store(v reg.VecVirtual, p string) {
	switch {
	case !w.in || w.padded:
		VMOVUPS(v, w.mem(p))
	case w.s == avx512:
		VMOVUPS(v, w.ktl, w.mem(p))
	default:
		VMASKMOVPS(v, w.vtl, w.mem(p))
	}
}

// clear sets the lanes beyond n to zero, in the tail.
func (w *sweep) clear(v reg.VecVirtual) {
	if !w.in {
		return
	}
	if w.s == avx512 {
		VMOVAPS_Z(v, w.ktl, v)
	} else {
		VANDPS(w.vtl, v, v)
	}
}

// fill sets the lanes beyond n to those of x, in the tail.
func (w *sweep) fill(v, x reg.VecVirtual) {
	if !w.in {
		return
	}
	if w.s == avx512 {
		VBLENDMPS(v, x, w.ktl, v)
	} else {
		VBLENDVPS(w.vtl, v, x, v)
	}
}

// param broadcasts a float32 parameter.
func (w *sweep) param(name string) reg.VecVirtual {
	v := w.s.vec()
	VBROADCASTSS(address(name), v)
	return v
}

// constant broadcasts a number from read-only memory.
func (w *sweep) constant(x float32) reg.VecVirtual {
	v := w.s.vec()
	VBROADCASTSS(memConstant(x), v)
	return v
}

// total is the sum of v's lanes in every lane.
func (w *sweep) total(v reg.VecVirtual) reg.VecVirtual { return w.all(v, VADDPS) }

// all combines v's lanes, in every lane.
func (w *sweep) all(v reg.VecVirtual, with func(...operand.Op)) reg.VecVirtual {
	reduce(w.s, v, with)
	t := w.s.vec()
	VBROADCASTSS(v.AsX(), t)
	return t
}

func (w *sweep) sum() reg.VecVirtual {
	v := w.s.vec()
	w.s.zero(v)
	return v
}

func (w *sweep) end() {
	VZEROUPPER()
	RET()
}

func scaleKernel(s isa) {
	TEXT("scale"+s.name, NOSPLIT, "func(n int, tail *int32, x *float32, a float32)")
	w := begin(s, "x")
	a := w.param("a")
	w.pass(func() {
		v := w.load("x")
		VMULPS(a, v, v)
		w.store(v, "x")
	})
	w.end()
}

func addScaledKernel(s isa) {
	TEXT("addScaled"+s.name, NOSPLIT, "func(n int, tail *int32, y, x *float32, a float32)")
	w := begin(s, "y", "x")
	a := w.param("a")
	w.pass(func() {
		y, x := w.load("y"), w.load("x")
		VFMADD231PS(a, x, y)
		w.store(y, "y")
	})
	w.end()
}

// adamWKernel is PyTorch's order: decay, then m by interpolation, v, and the step.
func adamWKernel(s isa) {
	TEXT("adamW"+s.name, NOSPLIT, "func(n int, tail *int32, w, grad, m, v *float32, decay, oneMinusBeta1, beta2, oneMinusBeta2, rootCorrection2, eps, step float32)")
	w := begin(s, "w", "grad", "m", "v")
	decay, b1, b2, c2 := w.param("decay"), w.param("oneMinusBeta1"), w.param("beta2"), w.param("oneMinusBeta2")
	root, eps, step := w.param("rootCorrection2"), w.param("eps"), w.param("step")
	w.pass(func() {
		x, g, m, v := w.load("w"), w.load("grad"), w.load("m"), w.load("v")
		VMULPS(decay, x, x)
		d := s.vec()
		VSUBPS(m, g, d)
		VFMADD231PS(b1, d, m)
		w.store(m, "m")
		VMULPS(b2, v, v)
		VMULPS(g, g, g)
		VFMADD231PS(c2, g, v)
		w.store(v, "v")
		VSQRTPS(v, v)
		VDIVPS(root, v, v)
		VADDPS(eps, v, v)
		VDIVPS(v, m, m)
		VFNMADD231PS(step, m, x)
		w.store(x, "w")
	})
	w.end()
}
