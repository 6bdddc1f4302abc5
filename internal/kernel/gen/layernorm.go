package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// statistics writes s = a (+ b) to out and leaves its mean and 1/σ, by two passes.
func (w *sweep) statistics(two bool, out string) (mean, inverse reg.VecVirtual) {
	sum, square, perN := w.sum(), w.sum(), w.param("perN")
	w.pass(func() {
		v := w.load("a")
		if two {
			VADDPS(w.load("b"), v, v)
		}
		VADDPS(v, sum, sum)
		w.store(v, out)
	})
	mean = w.total(sum)
	VMULPS(perN, mean, mean)
	w.pass(func() {
		v := w.load(out)
		VSUBPS(mean, v, v)
		w.clear(v)
		VFMADD231PS(v, v, square)
	})
	inverse = w.total(square)
	VMULPS(perN, inverse, inverse)
	VADDPS(w.param("eps"), inverse, inverse)
	VSQRTPS(inverse, inverse)
	VDIVPS(inverse, w.constant(1), inverse)
	return mean, inverse
}

// signature adds the second operand, and names the form that has it.
func signature(s isa, name string, two bool) (string, string) {
	if two {
		return "add" + name + s.name, ", b *float32"
	}
	return strings.ToLower(name[:1]) + name[1:] + s.name, ""
}

// layerNormKernel is one row: y = (s - mean)/σ·gamma + beta.
func layerNormKernel(s isa, two bool) {
	name, b := signature(s, "LayerNorm", two)
	TEXT(name, NOSPLIT, "func(n int, tail *int32, y, gamma, beta *float32, perN, eps float32, a *float32"+b+")")
	w := begin(s, operands(two, "y", "gamma", "beta", "a")...)
	mean, inverse := w.statistics(two, "y")
	w.pass(func() {
		v := w.load("y")
		VSUBPS(mean, v, v)
		VMULPS(inverse, v, v)
		VFMADD213PS(w.load("beta"), w.load("gamma"), v)
		w.store(v, "y")
	})
	w.end()
}

func operands(two bool, names ...string) []string {
	if two {
		return append(names, "b")
	}
	return names
}

// layerNormBackwardKernel is one row: with x̂ = (s - mean)/σ and g = dy·gamma,
// ds = (g - mean(g) - x̂·mean(g·x̂))/σ.
func layerNormBackwardKernel(s isa, two bool) {
	name, b := signature(s, "LayerNormBackward", two)
	TEXT(name, NOSPLIT, "func(n int, tail *int32, ds, dy, gamma *float32, perN, eps float32, a *float32"+b+")")
	w := begin(s, operands(two, "ds", "dy", "gamma", "a")...)
	mean, inverse := w.statistics(two, "ds")
	sum, dot, perN := w.sum(), w.sum(), w.param("perN")
	w.pass(func() {
		g := w.load("dy")
		VMULPS(w.load("gamma"), g, g)
		VADDPS(g, sum, sum)
		x := w.load("ds")
		VSUBPS(mean, x, x)
		VFMADD231PS(x, g, dot) // in the tail g is zero beyond n
	})
	g1, g2 := w.total(sum), w.total(dot)
	VMULPS(perN, g1, g1)
	VMULPS(perN, g2, g2)
	VMULPS(inverse, g2, g2)
	VMULPS(inverse, g2, g2) // mean(g·x̂)/σ, to be multiplied by s - mean
	w.pass(func() {
		g := w.load("dy")
		VMULPS(w.load("gamma"), g, g)
		VSUBPS(g1, g, g)
		x := w.load("ds")
		VSUBPS(mean, x, x)
		VFNMADD231PS(g2, x, g)
		VMULPS(inverse, g, g)
		w.store(g, "ds")
	})
	w.end()
}
