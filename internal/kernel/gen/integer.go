package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The products of integers work on words of 32 bits: two values of 16 bits, whose
// products an instruction sums. Package kernel has the same numbers.
const (
	wordBlock = 128 // words of a row in one block of k; rows of packed A are so far apart
	wordFlush = 32  // words between two flushes into float32: 64 values
	wordStep  = 4   // a block is a multiple of this
)

// multiplyAdd adds the products of the pairs in t and each vector of b to that of acc; u is
// scratch, and t may be overwritten.
type multiplyAdd func(b [2]reg.Register, t, u reg.Register, acc []reg.Register)

// integer writes the micro-kernels of the integer products, in the shape of gemm's, and
// what quantises their operands.
func integer() {
	every := []int{1, 2, 3, 4, 5, 6}
	some := []int{1, 2, 4, 6, 8, 10, 12, 14}
	for _, f := range []struct {
		name   string
		isa    isa
		rows   []int
		unroll int
		fixed  bool // registers by number, for instructions written as bytes
		dot    multiplyAdd
	}{
		{"i16AVX2", avx2, every, 4, false, maddwd},
		{"i16AVX2VNNI", avx2, every, 2, true, dpwssdVEX},
		{"i16AVX512", avx512, some, 2, false, maddwd},
		{"i16AVX512VNNI", avx512, some, 2, false, dpwssd},
	} {
		for _, r := range f.rows {
			integerTile(label("%sx%d", f.name, r), f.isa, r, f.unroll, f.fixed, f.dot)
		}
	}
	pairTranspose()
	absoluteMaximum(false)
	absoluteMaximum(true)
	quantizeI16(false)
	quantizeI16(true)
	descale(false)
	descale(true)
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

// vex38 writes an instruction of the map 0F38 with the prefix 66, 256 bits wide, W = 0:
// source rm, source v, destination and source r.
func vex38(opcode byte, rm, v, r reg.Register) {
	n := func(x reg.Register) byte { return byte(x.(reg.Physical).PhysicalIndex()) }
	inverted := func(x reg.Register, bit int) byte { return (1 - n(x)>>3) << bit }
	bytes(0xc4, inverted(r, 7)|1<<6|inverted(rm, 5)|2, (^n(v)&15)<<3|1<<2|1, opcode, 3<<6|n(r)&7<<3|n(rm)&7)
}

func bytes(list ...byte) {
	for _, b := range list {
		Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []operand.Op{operand.U8(b)}})
	}
}

// registers are the tile's: accumulators, two vectors of B, two broadcasts or scratch.
func registers(s isa, n int, fixed bool) []reg.Register {
	all := []reg.Register{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}
	if fixed {
		return all[:n]
	}
	all = nil
	for _, v := range s.vecs(n) {
		all = append(all, v)
	}
	return all
}

// integerTile adds a·b to c for r rows and two vectors of columns, as floats of whole
// numbers. Row i of a begins wordBlock words after row i - 1, b is word-major, c is r rows
// of one tile. Sums of wordFlush words are exact.
func integerTile(name string, s isa, r, unroll int, fixed bool, dot multiplyAdd) {
	TEXT(name, NOSPLIT, "func(words int, a, b *int32, c *float32)")
	words, a, b, c := Load(Param("words"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64()), Load(Param("c"), GP64())
	v := registers(s, 2*r+4, fixed)
	acc, bs, t := v[:2*r], [2]reg.Register{v[2*r], v[2*r+1]}, v[2*r+2:]
	left, most := GP64(), GP64()
	MOVQ(operand.U32(wordFlush), most)
	Label("block")
	MOVQ(words, left)
	CMPQ(left, most)
	CMOVQGT(most, left)
	SUBQ(left, words)
	for _, x := range acc {
		if s == avx512 {
			VPXORD(x, x, x)
		} else {
			VPXOR(x, x, x)
		}
	}
	Label("loop")
	for w := range unroll {
		VMOVUPS(operand.Mem{Base: b, Disp: 2 * w * s.bytes}, bs[0])
		VMOVUPS(operand.Mem{Base: b, Disp: (2*w + 1) * s.bytes}, bs[1])
		for i := range r {
			VPBROADCASTD(operand.Mem{Base: a, Disp: 4 * (i*wordBlock + w)}, t[0])
			dot(bs, t[0], t[1], acc[2*i:])
		}
	}
	ADDQ(operand.U8(4*unroll), a)
	ADDQ(operand.U32(2*s.bytes*unroll), b)
	SUBQ(operand.U8(unroll), left)
	JNZ(operand.LabelRef("loop"))
	for i, x := range acc {
		at := operand.Mem{Base: c, Disp: i * s.bytes}
		VCVTDQ2PS(x, x)
		VADDPS(at, x, x)
		VMOVUPS(x, at)
	}
	TESTQ(words, words)
	JNZ(operand.LabelRef("block"))
	VZEROUPPER()
	RET()
}
