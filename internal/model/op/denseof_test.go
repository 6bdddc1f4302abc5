package op_test

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/op"
)

// A row has the bits that Dense gives for its layer, and zeros behind the outputs of a smaller one, on every kernel and with any
// number of threads; rows beyond the batch are zero.
func TestDenseOfIsDense(t *testing.T) {
	t.Parallel()
	const wide, in, largest = 40, 70, 21
	outputs := []int{5, largest, 1}
	bounds, which := []int32{wide - 1}, make([]int32, wide)
	for i := range int32(wide) {
		bounds = append(bounds, i)
		which[i] = 1 + (i/3)%3
	}
	bounds = append(bounds, 0)
	for _, level := range kernel.Levels() {
		for _, threads := range []int{1, 3} {
			g := newGraph(t, bounds, []int64{0, 0})
			g.in.Machine = kernel.At(level, threads)
			x := g.input("x", ramp(wide*in, 1), wide, in)
			var layers []op.Layer
			var one []*G.Node
			for k, n := range outputs {
				name := string(rune('1' + k))
				l := op.Layer{W: g.input("w"+name, ramp(n*in, 0.5+float32(k)), n, in), Bias: g.input("b"+name, ramp(n, 2), n)}
				y, err := op.Dense(&g.in, name, x, l.W, l.Bias, false)
				if err != nil {
					t.Fatal(err)
				}
				layers, one = append(layers, l), append(one, y)
			}
			y, err := op.DenseOf(&g.in, "all", x, layers, g.input("which", which, wide))
			if err != nil {
				t.Fatal(err)
			}
			g.run(t)
			got := y.Value().Data().([]float32)
			for i := range wide {
				want := make([]float32, largest)
				if i < wide-1 {
					k := which[i] - 1
					copy(want, one[k].Value().Data().([]float32)[i*outputs[k]:(i+1)*outputs[k]])
				}
				if !slices.Equal(got[i*largest:(i+1)*largest], want) {
					t.Errorf("%s, %d threads, row %d: %v, want %v", level, threads, i, got[i*largest:(i+1)*largest], want)
				}
			}
		}
	}
}

func TestDenseOfFaults(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(layers []op.Layer, g *graph) ([]op.Layer, []int32){
		"no layers":       func([]op.Layer, *graph) ([]op.Layer, []int32) { return nil, []int32{1, 1, 1, 1, 1} },
		"layer 0":         func(l []op.Layer, _ *graph) ([]op.Layer, []int32) { return l, []int32{1, 0, 1, 1, 1} },
		"layer 2 of 1":    func(l []op.Layer, _ *graph) ([]op.Layer, []int32) { return l, []int32{1, 2, 1, 1, 1} },
		"too few numbers": func(l []op.Layer, _ *graph) ([]op.Layer, []int32) { return l, []int32{1, 1} },
		"another width": func(l []op.Layer, g *graph) ([]op.Layer, []int32) {
			return append(l, op.Layer{W: g.input("v", ramp(10, 1), 2, 5), Bias: l[0].Bias}), []int32{1, 1, 1, 1, 1}
		},
		"a longer bias": func(l []op.Layer, g *graph) ([]op.Layer, []int32) {
			return append(l, op.Layer{W: l[0].W, Bias: g.input("c", ramp(3, 1), 3)}), []int32{1, 1, 1, 1, 1}
		},
		"a matrix of bias": func(l []op.Layer, _ *graph) ([]op.Layer, []int32) {
			return append(l, op.Layer{W: l[0].W, Bias: l[0].W}), []int32{1, 1, 1, 1, 1}
		},
	} {
		g := newGraph(t, []int32{used, 0, 1, 5, 8, 0, 0}, []int64{0, 0})
		layers, which := change([]op.Layer{{W: g.input("w", ramp(12, 1), 2, 6), Bias: g.input("b", ramp(2, 1), 2)}}, g)
		_, err := op.DenseOf(&g.in, "d", g.input("x", ramp(sequences*6, 1), sequences, 6), layers, g.input("which", which, len(which)))
		if err == nil {
			m := G.NewTapeMachine(g.ExprGraph)
			err = m.RunAll()
			_ = m.Close()
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
