package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// folded names the form of a function that multiplies x by another vector first.
func folded(name string, two bool) (string, string, []string) {
	if two {
		return name + "FoldedAVX2", ", fold *float32", []string{"x", "fold"}
	}
	return name + "AVX2", "", []string{"x"}
}

func (w *sweep) loadFolded(two bool) reg.VecVirtual {
	v := w.load("x")
	if two {
		VMULPS(w.load("fold"), v, v)
	}
	return v
}

// absoluteMaximum is the bits of the largest magnitude, compared as integers: those of NaN
// are above those of infinity, and those above all others.
func absoluteMaximum(two bool) {
	name, more, operands := folded("absoluteMaximum", two)
	TEXT(name, NOSPLIT, "func(n int, tail *int32, x *float32"+more+") uint32")
	w := begin(avx2, operands...)
	top, sign := YMM(), YMM()
	VPXOR(top, top, top)
	VPCMPEQD(sign, sign, sign)
	VPSRLD(operand.U8(1), sign, sign)
	w.pass(func() {
		v := w.loadFolded(two)
		VPAND(sign, v, v)
		VPMAXUD(v, top, top)
	})
	half := XMM()
	VEXTRACTI128(operand.U8(1), top, half)
	VPMAXUD(half, top.AsX(), half)
	for _, order := range []byte{0x4e, 0xb1} {
		t := XMM()
		VPSHUFD(operand.U8(order), half, t)
		VPMAXUD(t, half, half)
	}
	out := GP32()
	VMOVD(half, out)
	VZEROUPPER()
	Store(out, ReturnIndex(0))
	RET()
}

// quantizeKernel is q = round(x·by) to nearest, ties to even, in as many bits as pack
// leaves. Eight values are written at a time: those beyond n are zero.
func quantizeKernel(name string, two bool, pack func(v reg.VecVirtual, q reg.Register)) {
	name, more, operands := folded(name, two)
	TEXT(name, NOSPLIT, "func(n int, tail *int32, q *int32, by float32, x *float32"+more+")")
	w := begin(avx2, operands...)
	q, by := Load(Param("q"), GP64()), w.param("by")
	w.pass(func() {
		v := w.loadFolded(two)
		VMULPS(by, v, v)
		VCVTPS2DQ(v, v)
		pack(v, q)
	})
	w.end()
}

func packI16(v reg.VecVirtual, q reg.Register) {
	high := XMM()
	VEXTRACTI128(operand.U8(1), v, high)
	VPACKSSDW(high, v.AsX(), v.AsX())
	VMOVDQU(v.AsX(), operand.Mem{Base: q})
	ADDQ(operand.U8(16), q)
}

// packInt8 adds 128, since VPDPBUSD takes unsigned bytes.
func packInt8(v reg.VecVirtual, q reg.Register) {
	high, offset := XMM(), XMM()
	VPCMPEQD(offset, offset, offset)
	VPSLLW(operand.U8(7), offset, offset)
	VPACKSSWB(offset, offset, offset)
	VEXTRACTI128(operand.U8(1), v, high)
	VPACKSSDW(high, v.AsX(), v.AsX())
	VPACKSSWB(v.AsX(), v.AsX(), v.AsX())
	VPXOR(offset, v.AsX(), v.AsX())
	VMOVQ(v.AsX(), operand.Mem{Base: q})
	ADDQ(operand.U8(8), q)
}

// roundBF16 rounds x to bfloat16, to nearest, ties to even; NaN stays NaN.
func roundBF16() {
	TEXT("roundBF16AVX2", NOSPLIT, "func(n int, tail *int32, q *int32, x *float32)")
	w := begin(avx2, "x")
	q := Load(Param("q"), GP64())
	one, half, quiet := YMM(), YMM(), YMM()
	VPCMPEQD(one, one, one)
	VPSRLD(operand.U8(17), one, half) // 0x7fff
	VPSRLD(operand.U8(31), one, one)
	VPSLLD(operand.U8(22), one, quiet) // the quiet bit of NaN
	w.pass(func() {
		v, t, nan, high := w.load("x"), YMM(), YMM(), XMM()
		VCMPPS(operand.U8(3), v, v, nan)
		VPSRLD(operand.U8(16), v, t)
		VPAND(one, t, t)
		VPADDD(half, t, t)
		VPADDD(v, t, t)
		VPOR(quiet, v, v)
		VBLENDVPS(nan, v, t, t)
		VPSRLD(operand.U8(16), t, t)
		VEXTRACTI128(operand.U8(1), t, high)
		VPACKUSDW(high, t.AsX(), t.AsX())
		VMOVDQU(t.AsX(), operand.Mem{Base: q})
		ADDQ(operand.U8(16), q)
	})
	w.end()
}

// descale turns rows of 16 sums into c = acc·row·column + bias (+ c), each operation
// rounded on its own. The sums are floats or integers. Rows of acc and c are lda and ldc
// values apart.
func descale(name string, integers, add bool) {
	TEXT(name, NOSPLIT, "func(rows int, acc *float32, lda int, row, column, bias, c *float32, ldc int)")
	rows, acc, lda := Load(Param("rows"), GP64()), Load(Param("acc"), GP64()), Load(Param("lda"), GP64())
	row, column, bias := Load(Param("row"), GP64()), Load(Param("column"), GP64()), Load(Param("bias"), GP64())
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	SHLQ(operand.U8(2), lda)
	SHLQ(operand.U8(2), ldc)
	scale, shift := avx2.vecs(2), avx2.vecs(2)
	for j := range 2 {
		VMOVUPS(operand.Mem{Base: column, Disp: 32 * j}, scale[j])
		VMOVUPS(operand.Mem{Base: bias, Disp: 32 * j}, shift[j])
	}
	Label("loop")
	t, v := YMM(), avx2.vecs(2)
	VBROADCASTSS(operand.Mem{Base: row}, t)
	for j := range 2 {
		if at := (operand.Mem{Base: acc, Disp: 32 * j}); integers {
			VCVTDQ2PS(at, v[j])
			VMULPS(t, v[j], v[j])
		} else {
			VMULPS(at, t, v[j])
		}
		VMULPS(scale[j], v[j], v[j])
		VADDPS(shift[j], v[j], v[j])
		if add {
			VADDPS(operand.Mem{Base: c, Disp: 32 * j}, v[j], v[j])
		}
		VMOVUPS(v[j], operand.Mem{Base: c, Disp: 32 * j})
	}
	ADDQ(operand.U8(4), row)
	ADDQ(lda, acc)
	ADDQ(ldc, c)
	DECQ(rows)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// pairTranspose turns blocks of 16 × 16 values, whose words pair two inputs of one output,
// into blocks whose words pair two outputs of one input. A block of src is eight rows of 16
// words (an input pair, 16 outputs), one of dst eight rows of 16 words (an output pair, 16
// inputs); rows are stride bytes apart, blocks srcStep and dstStep bytes.
func pairTranspose() {
	TEXT("pairTransposeAVX2", NOSPLIT, "func(blocks int, dst *int32, dstStep int, src *int32, srcStep, stride int)")
	blocks, dst, src := Load(Param("blocks"), GP64()), Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	dstStep, srcStep, stride := Load(Param("dstStep"), GP64()), Load(Param("srcStep"), GP64()), Load(Param("stride"), GP64())
	order := YMM()
	VMOVDQU(wordOrder(), order)
	from, to := newRows(stride), newRows(stride)
	a, b, low, high := YMM(), YMM(), YMM(), YMM()
	Label("loop")
	from.begin(src)
	to.begin(dst)
	for i := 0; i < 8; i += 4 { // input pairs
		for j := 0; j < 8; j += 4 { // output pairs
			for k := 0; k < 4; k += 2 {
				VMOVDQU(from.at(i, 8*(j+k)), a.AsX())
				VMOVDQU(from.at(i+1, 8*(j+k)), b.AsX())
				VINSERTI128(operand.U8(1), from.at(i+2, 8*(j+k)), a, a)
				VINSERTI128(operand.U8(1), from.at(i+3, 8*(j+k)), b, b)
				VPSHUFB(order, a, a)
				VPSHUFB(order, b, b)
				VPUNPCKLQDQ(b, a, low)
				VPUNPCKHQDQ(b, a, high)
				VMOVDQU(low, to.at(j+k, 8*i))
				VMOVDQU(high, to.at(j+k+1, 8*i))
			}
		}
	}
	ADDQ(srcStep, src)
	ADDQ(dstStep, dst)
	DECQ(blocks)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// rows8 addresses eight rows from two base registers.
type rows8 struct{ base, far, stride, three reg.Register }

func newRows(stride reg.Register) *rows8 {
	r := &rows8{base: GP64(), far: GP64(), stride: stride, three: GP64()}
	LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, r.three)
	return r
}

func (r *rows8) begin(p reg.Register) {
	MOVQ(p, r.base)
	LEAQ(operand.Mem{Base: p, Index: r.stride, Scale: 4}, r.far)
}

func (r *rows8) at(i, disp int) operand.Mem {
	m := operand.Mem{Base: r.base, Disp: disp}
	if i >= 4 {
		m.Base = r.far
	}
	switch i % 4 {
	case 1, 2:
		m.Index, m.Scale = r.stride, uint8(i%4)
	case 3:
		m.Index, m.Scale = r.three, 1
	}
	return m
}

// wordOrder swaps the middle two of four 16-bit values.
func wordOrder() operand.Mem {
	m := GLOBL("wordOrder", RODATA|NOPTR)
	for lane := range 2 {
		DATA(16*lane, operand.U64(0x0706030205040100))
		DATA(16*lane+8, operand.U64(0x0f0e0b0a0d0c0908))
	}
	return m
}
