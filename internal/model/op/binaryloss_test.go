package op_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/model/op/optest"
)

func TestBinaryLossGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	targets := fixed("targets", sequences, 4)
	targets.Fixed = []float32{1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9}
	optest.Check(t, []optest.Input{matrix("x", sequences, 4), targets, layout()}, used, tolerance, func(in G.Nodes) (*G.Node, error) {
		return op.BinaryLoss(&op.Inputs{Machine: mc, Layout: in[2]}, "loss", in[0], in[1])
	})
}

// TestBinaryLoss holds value and gradient against torch.nn.functional.
// binary_cross_entropy_with_logits in float64, at logits where e^|x| overflows float32 too.
func TestBinaryLoss(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	for _, tt := range []struct {
		x, t           float32
		loss, gradient float64
	}{
		{0, 0, math.Ln2, 0.5},
		{0, 1, math.Ln2, -0.5},
		{0.5, 1, 0.4740769841801067, -0.3775406687981454},
		{-2, 0, 0.1269280110429725, 0.11920292202211755},
		{2, 0, 2.1269280110429727, 0.8807970779778823},
		{-30, 1, 30.000000000000092, -0.9999999999999064},
		{100, 1, 3.720075976020836e-44, 0},
		{100, 0, 100, 1},
		{-100, 0, 3.720075976020836e-44, 3.720075976020836e-44},
		{3e38, 0, 3e38, 1},
		{-3e38, 1, 3e38, -1},
	} {
		loss, gradient := lossAt(t, &op.Inputs{Machine: mc}, tt.x, tt.t)
		if !close32(loss, tt.loss) || !close32(gradient, tt.gradient) {
			t.Errorf("x %v, target %v: loss %v, gradient %v, want %v, %v", tt.x, tt.t, loss, gradient, tt.loss, tt.gradient)
		}
	}
}

// close32 allows for one rounding to float32, to one of its smallest numbers as well.
func close32(got float32, want float64) bool {
	return math.Abs(float64(got)-want) <= math.Abs(want)/(1<<24)+math.SmallestNonzeroFloat32
}

// lossAt computes loss and gradient of one logit; a row beyond it holds what must not matter.
func lossAt(t *testing.T, b *op.Inputs, x, target float32) (loss, gradient float32) {
	t.Helper()
	g := G.NewGraph()
	input := func(name string, backing any, of tensor.Dtype, shape ...int) *G.Node {
		return G.NewTensor(g, of, len(shape), G.WithName(name), G.WithShape(shape...),
			G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))))
	}
	nan := float32(math.NaN())
	logits := input("x", []float32{x, nan}, tensor.Float32, 2, 1)
	b.Layout = input("layout", []int32{1, 0, 1, 0}, tensor.Int32, 4)
	y, err := op.BinaryLoss(b, "loss", logits, input("targets", []float32{target, nan}, tensor.Float32, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	grads, err := G.Grad(G.Must(G.Sum(y)), logits)
	if err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	losses, gradients := y.Value().Data().([]float32), grads[0].Value().Data().([]float32)
	if losses[1] != 0 || gradients[1] != 0 {
		t.Errorf("beyond the batch: loss %v, gradient %v", losses[1], gradients[1])
	}
	return losses[0], gradients[0]
}

func TestBinaryLossShapes(t *testing.T) {
	g := G.NewGraph()
	x, targets := G.NewMatrix(g, tensor.Float32, G.WithName("x"), G.WithShape(2, 3)), G.NewMatrix(g, tensor.Float32, G.WithName("t"), G.WithShape(2, 1))
	if _, err := op.BinaryLoss(&op.Inputs{}, "loss", x, targets); err == nil {
		t.Error("targets of another shape were accepted")
	}
}
