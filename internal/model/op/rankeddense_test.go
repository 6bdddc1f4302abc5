package op_test

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/model/op/optest"
)

// rankInput gives each sequence of a batch its rank, of 4 outputs and 3 ranks.
func rankInput(ranks ...int32) optest.Input {
	return optest.Input{Name: "ranks", Shape: tensor.Shape{sequences}, Fixed: append(ranks, make([]int32, sequences-len(ranks))...)}
}

// A rank that is alone, one that two sequences have with another between them, and a sequence
// for each rank; on every kernel.
func TestRankedDenseGradient(t *testing.T) {
	t.Parallel()
	for _, level := range kernel.Levels() {
		mc := kernel.At(level, 2)
		for _, ranks := range [][]int32{{2, 2, 2}, {3, 1, 3}, {1, 2, 3}} {
			inputs := []optest.Input{matrix("x", sequences, 6), matrix("w", 3*4, 6), matrix("bias", 3, 4), layout(), rankInput(ranks...)}
			optest.Check(t, inputs, used, tolerance, func(in G.Nodes) (*G.Node, error) {
				return op.RankedDense(&op.Inputs{Machine: mc, Layout: in[3], Ranks: in[4]}, "d", in[0], in[1], in[2], true)
			})
		}
	}
}

// A row has the bits that Dense gives for the weights of its rank, on every kernel and with any
// number of threads; rows beyond the batch are zero.
func TestRankedDenseIsDense(t *testing.T) {
	t.Parallel()
	const wide, outputs, in, ranks = 40, 5, 70, 3
	bounds := []int32{wide - 1}
	rank := make([]int32, wide)
	for i := range int32(wide) {
		bounds = append(bounds, i)
		rank[i] = 1 + (i/3)%ranks
	}
	bounds = append(bounds, 0)
	for _, level := range kernel.Levels() {
		for _, threads := range []int{1, 3} {
			g := newGraph(t, bounds, []int64{0, 0})
			g.in.Machine = kernel.At(level, threads)
			g.in.Ranks = g.input("ranks", rank, wide)
			x, w, bias := g.input("x", ramp(wide*in, 1), wide, in), ramp(ranks*outputs*in, 0.7), ramp(ranks*outputs, 2)
			y, err := op.RankedDense(&g.in, "all", x, g.input("w", w, ranks*outputs, in), g.input("b", bias, ranks, outputs), false)
			if err != nil {
				t.Fatal(err)
			}
			var one []*G.Node
			for r := range ranks {
				name := string(rune('1' + r))
				n, err := op.Dense(&g.in, name, x, g.input("w"+name, w[r*outputs*in:(r+1)*outputs*in], outputs, in), g.input("b"+name, bias[r*outputs:(r+1)*outputs], outputs), false)
				if err != nil {
					t.Fatal(err)
				}
				one = append(one, n)
			}
			g.run(t)
			got := y.Value().Data().([]float32)
			for i := range wide - 1 {
				want := one[rank[i]-1].Value().Data().([]float32)[i*outputs : (i+1)*outputs]
				if !slices.Equal(got[i*outputs:(i+1)*outputs], want) {
					t.Errorf("%s, %d threads, row %d: %v, want %v", level, threads, i, got[i*outputs:(i+1)*outputs], want)
				}
			}
			if !slices.Equal(got[(wide-1)*outputs:], make([]float32, outputs)) {
				t.Error("a row beyond the batch is not zero")
			}
		}
	}
}

func TestRankedDenseFaults(t *testing.T) {
	t.Parallel()
	for name, rank := range map[string][]int32{"rank 0": {1, 0, 1, 0, 0}, "rank 4": {1, 4, 1, 0, 0}, "too few": {1, 1}} {
		g := newGraph(t, []int32{used, 0, 1, 5, 8, 0, 0}, []int64{0, 0})
		g.in.Ranks = g.input("ranks", rank, len(rank))
		_, err := op.RankedDense(&g.in, "d", g.input("x", ramp(sequences*6, 1), sequences, 6), g.input("w", ramp(12*6, 1), 12, 6), g.input("b", ramp(12, 1), 3, 4), false)
		if err == nil {
			m := G.NewTapeMachine(g.ExprGraph)
			err = m.RunAll()
			_ = m.Close()
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	g := newGraph(t, []int32{used, 0, 1, 5, 8, 0, 0}, []int64{0, 0})
	g.in.Ranks = g.input("ranks", []int32{1, 1, 1, 1, 1}, 5)
	x, b := g.input("x", ramp(sequences*6, 1), sequences, 6), g.input("b", ramp(12, 1), 3, 4)
	if _, err := op.RankedDense(&g.in, "d", x, g.input("w", ramp(11*6, 1), 11, 6), b, false); err == nil {
		t.Error("11 rows for 3 ranks of 4 outputs were accepted")
	}
}
