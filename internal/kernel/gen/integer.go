package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The products of rounded values work on words of 32 bits: two values of 16 bits or four
// of 8, whose products an instruction sums. Package kernel has the same numbers.
const (
	wordBlock = 128 // words of a row in one block of k; rows of packed A are so far apart
	wordFlush = 32  // words between two flushes of 16-bit products into float32: 64 values
	wordStep  = 4   // a block is a multiple of this
)

// sums is how a micro-kernel keeps its sums.
type sums int

const (
	flushed sums = iota // integers from zero, added to the floats of c every wordFlush words
	whole               // the integers of c themselves
	floats              // the floats of c themselves
)

// multiplyAdd adds the products of the pairs in t and each vector of b to that of acc; u is
// scratch, and t may be overwritten.
type multiplyAdd func(b [2]reg.Register, t, u reg.Register, acc []reg.Register)

// integer writes the micro-kernels of the integer products, in the shape of gemm's, and
// what quantises their operands.
func integer() {
	every := []int{1, 2, 3, 4, 5, 6}
	some := []int{1, 2, 4, 6, 8, 10, 12, 14}
	for _, f := range []wordTile{
		{"i16AVX2", avx2, every, 4, false, maddwd, flushed},
		{"i16AVX2VNNI", avx2, every, 2, true, dpwssdVEX, flushed},
		{"i16AVX512", avx512, some, 2, false, maddwd, flushed},
		{"i16AVX512VNNI", avx512, some, 2, false, dpwssd, flushed},
		{"int8AVX2", avx2, every, 4, false, maddwd, whole},
		{"int8AVX2VNNI", avx2, every, 2, true, dpbusdVEX, whole},
		{"int8AVX512", avx512, some, 2, false, maddwd, whole},
		{"int8AVX512VNNI", avx512, some, 2, false, dpbusd, whole},
		{"bf16AVX512", avx512, some, 2, true, dpbf16, floats},
	} {
		for _, r := range f.rows {
			f.write(r)
		}
	}
	pairTranspose()
	absoluteMaximum(false)
	absoluteMaximum(true)
	for _, two := range []bool{false, true} {
		quantizeKernel("quantizeI16", two, packI16)
		quantizeKernel("quantizeInt8", two, packInt8)
	}
	roundBF16()
	descale("descaleAVX2", false, false)
	descale("descaleAddAVX2", false, true)
	descale("descaleWholeAVX2", true, false)
}

// maddwd has both products before the sums: on Zen 3 that is 3 % faster than in turn.
func maddwd(b [2]reg.Register, t, u reg.Register, acc []reg.Register) {
	VPMADDWD(b[0], t, u)
	VPMADDWD(b[1], t, t)
	VPADDD(u, acc[0], acc[0])
	VPADDD(t, acc[1], acc[1])
}

func dpwssd(b [2]reg.Register, t, _ reg.Register, acc []reg.Register) {
	VPDPWSSD(b[0], t, acc[0])
	VPDPWSSD(b[1], t, acc[1])
}

// dpwssdVEX is VPDPWSSD as AVX-VNNI has it, which Go's assembler does not know:
// VEX.256.66.0F38.W0 52 /r.
func dpwssdVEX(b [2]reg.Register, t, _ reg.Register, acc []reg.Register) {
	vex38(0x52, b[0], t, acc[0])
	vex38(0x52, b[1], t, acc[1])
}

// dpbusd multiplies the unsigned bytes of t by the signed ones of b.
func dpbusd(b [2]reg.Register, t, _ reg.Register, acc []reg.Register) {
	VPDPBUSD(b[0], t, acc[0])
	VPDPBUSD(b[1], t, acc[1])
}

// dpbusdVEX is VEX.256.66.0F38.W0 50 /r.
func dpbusdVEX(b [2]reg.Register, t, _ reg.Register, acc []reg.Register) {
	vex38(0x50, b[0], t, acc[0])
	vex38(0x50, b[1], t, acc[1])
}

// dpbf16 is VDPBF16PS, EVEX.512.F3.0F38.W0 52 /r.
func dpbf16(b [2]reg.Register, t, _ reg.Register, acc []reg.Register) {
	evex38(0x52, b[0], t, acc[0])
	evex38(0x52, b[1], t, acc[1])
}

// evex38 writes an instruction of the map 0F38 with the prefix F3, 512 bits wide, W = 0.
func evex38(opcode byte, rm, v, r reg.Register) {
	inverted := func(x reg.Register, from, to int) byte { return (^number(x) >> from & 1) << to }
	bytes(0x62, inverted(r, 3, 7)|inverted(rm, 4, 6)|inverted(rm, 3, 5)|inverted(r, 4, 4)|2,
		(^number(v)&15)<<3|1<<2|2, 2<<5|inverted(v, 4, 3), opcode, 3<<6|number(r)&7<<3|number(rm)&7)
}

func number(x reg.Register) byte { return byte(x.(reg.Physical).PhysicalIndex()) }

// vex38 writes an instruction of the map 0F38 with the prefix 66, 256 bits wide, W = 0:
// source rm, source v, destination and source r.
func vex38(opcode byte, rm, v, r reg.Register) {
	inverted := func(x reg.Register, bit int) byte { return (1 - number(x)>>3) << bit }
	bytes(0xc4, inverted(r, 7)|1<<6|inverted(rm, 5)|2, (^number(v)&15)<<3|1<<2|1, opcode, 3<<6|number(r)&7<<3|number(rm)&7)
}

func bytes(list ...byte) {
	for _, b := range list {
		Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []operand.Op{operand.U8(b)}})
	}
}

// registers are the tile's: accumulators, two vectors of B, two broadcasts or scratch.
func registers(s isa, n int, fixed bool) []reg.Register {
	var all []reg.Register
	if fixed {
		for _, r := range reg.Vector.Registers() {
			if r.Size() == uint(s.bytes) && len(all) < n {
				all = append(all, r)
			}
		}
		return all
	}
	for _, v := range s.vecs(n) {
		all = append(all, v)
	}
	return all
}

// wordTile is a family of micro-kernels.
type wordTile struct {
	name   string
	isa    isa
	rows   []int
	unroll int
	fixed  bool // registers by number, for instructions written as bytes
	dot    multiplyAdd
	sums   sums
}

// write writes the micro-kernel for r rows and two vectors of columns: it adds a·b to c.
// Row i of a begins wordBlock words after row i - 1, b is word-major, c is r rows of one
// tile. Sums of integers are exact.
func (f wordTile) write(r int) {
	TEXT(label("%sx%d", f.name, r), NOSPLIT, "func(words int, a, b *int32, c *float32)")
	words, a, b, c := Load(Param("words"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64()), Load(Param("c"), GP64())
	v := registers(f.isa, 2*r+4, f.fixed)
	acc := v[:2*r]
	left := words
	if f.sums == flushed {
		most := GP64()
		left = GP64()
		MOVQ(operand.U32(wordFlush), most)
		Label("block")
		MOVQ(words, left)
		CMPQ(left, most)
		CMOVQGT(most, left)
		SUBQ(left, words)
	}
	f.begin(acc, c)
	Label("loop")
	f.step(r, a, b, v)
	SUBQ(operand.U8(f.unroll), left)
	JNZ(operand.LabelRef("loop"))
	for i, x := range acc {
		at := operand.Mem{Base: c, Disp: i * f.isa.bytes}
		if f.sums == flushed {
			VCVTDQ2PS(x, x)
			VADDPS(at, x, x)
		}
		VMOVUPS(x, at)
	}
	if f.sums == flushed {
		TESTQ(words, words)
		JNZ(operand.LabelRef("block"))
	}
	VZEROUPPER()
	RET()
}

// begin sets the accumulators.
func (f wordTile) begin(acc []reg.Register, c reg.Register) {
	for i, x := range acc {
		switch {
		case f.sums != flushed:
			VMOVUPS(operand.Mem{Base: c, Disp: i * f.isa.bytes}, x)
		case f.isa == avx512:
			VPXORD(x, x, x)
		default:
			VPXOR(x, x, x)
		}
	}
}

// step is unroll words of all rows. The registers after the accumulators are two vectors of
// B, a broadcast and scratch.
func (f wordTile) step(r int, a, b reg.Register, v []reg.Register) {
	s, acc, bs, t := f.isa, v[:2*r], [2]reg.Register{v[2*r], v[2*r+1]}, v[2*r+2:]
	for w := range f.unroll {
		VMOVUPS(operand.Mem{Base: b, Disp: 2 * w * s.bytes}, bs[0])
		VMOVUPS(operand.Mem{Base: b, Disp: (2*w + 1) * s.bytes}, bs[1])
		for i := range r {
			VPBROADCASTD(operand.Mem{Base: a, Disp: 4 * (i*wordBlock + w)}, t[0])
			f.dot(bs, t[0], t[1], acc[2*i:])
		}
	}
	ADDQ(operand.U8(4*f.unroll), a)
	ADDQ(operand.U32(2*s.bytes*f.unroll), b)
}
