package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is one instruction set: how wide a vector is and how a register of it is had. The
// same generator writes both forms of a kernel.
type isa struct {
	name  string // suffix of the function's name
	bytes int    // of one vector
}

var (
	avx2   = isa{"AVX2", 32}
	avx512 = isa{"AVX512", 64}
)

func (s isa) lanes() int { return s.bytes / 4 }

// vec is a fresh vector register.
func (s isa) vec() reg.VecVirtual {
	if s == avx512 {
		return ZMM()
	}
	return YMM()
}

func (s isa) vecs(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = s.vec()
	}
	return v
}

func (s isa) zero(v reg.VecVirtual) {
	if s == avx512 {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
}

// address is where a parameter lies, for instructions that read memory: avo's Load would
// use an SSE move, which stalls beside AVX code.
func address(param string) operand.Mem {
	p, err := Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

func label(format string, a ...any) string { return fmt.Sprintf(format, a...) }
