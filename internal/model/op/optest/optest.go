// Package optest checks an operation's backward pass against finite differences.
package optest

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Input is one input of the operation under test.
type Input struct {
	Name  string
	Shape tensor.Shape
	Fixed any  // the value of an input that is not drawn: []float32, []int32 or []int64
	Grad  bool // check the gradient that reaches it
}

// Check compares Gorgonia's gradient of Σ w ⊙ build(inputs), over the first rows of the
// result, with central differences, for every input that asks for it. The cotangent w is
// random: a plain sum hides mistakes wherever rows of the Jacobian sum to zero (softmax,
// layer norm). A zero reference fails, since it would check nothing.
func Check(t *testing.T, inputs []Input, rows int, tol float64, build func(in G.Nodes) (*G.Node, error)) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	c := &checker{inputs: inputs, rows: rows, build: build}
	for _, in := range inputs {
		v, ok := in.Fixed.([]float32)
		if in.Fixed == nil {
			v, ok = normal(rng, in.Shape.TotalSize()), true
		}
		if !ok {
			v = nil
		}
		c.values = append(c.values, v)
	}
	c.compile(t, rng)
	defer func() { must(t, c.machine.Close()) }()
	c.run(t)
	got := map[int][]float32{} // of this run: later ones are at other points
	for i, g := range c.grads {
		got[i] = append([]float32(nil), g.Value().Data().([]float32)...)
	}
	for i, in := range inputs {
		if in.Grad {
			c.compare(t, i, got[i], tol)
		}
	}
}

type checker struct {
	inputs  []Input
	values  [][]float32 // nil for inputs that are not float32
	rows    int
	build   func(in G.Nodes) (*G.Node, error)
	machine G.VM
	y       *G.Node
	w       []float32
	grads   map[int]*G.Node
}

// compile builds one graph whose inputs alias c.values, so a change shows in the next run.
func (c *checker) compile(t *testing.T, rng *rand.Rand) {
	t.Helper()
	g := G.NewGraph()
	var nodes, wrt G.Nodes
	var index []int
	for i, in := range c.inputs {
		dt, backing := tensor.Float32, any(c.values[i])
		switch in.Fixed.(type) {
		case []int32:
			dt, backing = tensor.Int32, in.Fixed
		case []int64:
			dt, backing = tensor.Int64, in.Fixed
		}
		n := G.NewTensor(g, dt, in.Shape.Dims(), G.WithName(in.Name), G.WithShape(in.Shape...),
			G.WithValue(tensor.New(tensor.WithShape(in.Shape...), tensor.WithBacking(backing))))
		nodes = append(nodes, n)
		if in.Grad {
			wrt, index = append(wrt, n), append(index, i)
		}
	}
	var err error
	c.y, err = c.build(nodes)
	must(t, err)
	s := c.y.Shape()
	c.w = make([]float32, s.TotalSize())
	copy(c.w, normal(rng, c.rows*s[1]))
	w := G.NewTensor(g, tensor.Float32, 2, G.WithName("cotangent"), G.WithShape(s...),
		G.WithValue(tensor.New(tensor.WithShape(s...), tensor.WithBacking(c.w))))
	cost, err := G.Sum(G.Must(G.HadamardProd(c.y, w)))
	must(t, err)
	grads, err := G.Grad(cost, wrt...)
	must(t, err)
	c.grads = map[int]*G.Node{}
	for j, i := range index {
		c.grads[i] = grads[j]
	}
	c.machine = G.NewTapeMachine(g)
}

// run is Σ w ⊙ y in float64.
func (c *checker) run(t *testing.T) (sum float64) {
	t.Helper()
	c.machine.Reset()
	must(t, c.machine.RunAll())
	y := c.y.Value().Data().([]float32)
	for i := range c.rows * c.y.Shape()[1] {
		sum += float64(c.w[i]) * float64(y[i])
	}
	return sum
}

func (c *checker) compare(t *testing.T, i int, got []float32, tol float64) {
	t.Helper()
	const eps = 1.0 / 128
	x := c.values[i]
	var diff, norm float64
	for j := range x {
		x0 := x[j]
		x[j] = x0 + eps
		up := c.run(t)
		x[j] = x0 - eps
		down := c.run(t)
		x[j] = x0
		want := (up - down) / (2 * eps)
		diff += (want - float64(got[j])) * (want - float64(got[j]))
		norm += want * want
	}
	name := c.inputs[i].Name
	if norm == 0 {
		t.Fatalf("optest: the reference gradient of %s is zero; the check would be vacuous", name)
	}
	if d := math.Sqrt(diff / norm); !(d < tol) {
		t.Errorf("gradient of %s is off by %.2g (relative), tolerance %.0g", name, d, tol)
	}
}

func normal(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
