package headfit

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// problem is random: n examples, features of a width, and targets of the loss's kind.
func problem(loss Loss, n, in, outputs int, penalty float64, seed uint64) (p *Problem, weight, bias []float32) {
	r := rand.New(rand.NewPCG(seed, 1))
	normals := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		return v
	}
	p = &Problem{Loss: loss, In: in, Outputs: outputs, Features: normals(n * in), Targets: make([]float32, n*outputs), Penalty: penalty}
	for i := range n {
		row := p.Targets[i*outputs : (i+1)*outputs]
		for c := range row {
			row[c] = float32(r.Float64())
		}
		if loss == CrossEntropy { // the answer depends on the features
			clear(row)
			row[int(math.Abs(float64(p.Features[i*in])*3))%outputs] = 1
		}
	}
	return p, normals(in * outputs), normals(outputs)
}

// At the fitted layer the gradient is zero, by central differences of the loss in float64, and
// the loss is below that of the layer that it began with.
func TestFitIsTheMinimum(t *testing.T) {
	for _, loss := range []Loss{CrossEntropy, BinaryCrossEntropy, SquaredError} {
		for _, penalty := range []float64{1e-4, 1e-2, 1} {
			p, weight, bias := problem(loss, 60, 5, 3, penalty, 7)
			w, b, err := p.Fit(weight, bias)
			if err != nil {
				t.Fatal(err)
			}
			o := newObjective(p, weight, bias)
			x := append(widen(w), widen(b)...)
			at, began := o.value(x), o.value(o.start)
			if !(at < began) {
				t.Errorf("loss %d, penalty %v: %v, began with %v", loss, penalty, at, began)
			}
			for i := range x {
				const eps = 1e-4
				y := slices.Clone(x)
				y[i] += eps
				up := o.value(y)
				y[i] -= 2 * eps
				if g := (up - o.value(y)) / (2 * eps); math.Abs(g) > 2e-6 { // weights are rounded to float32
					t.Errorf("loss %d, penalty %v: gradient %d is %v", loss, penalty, i, g)
				}
			}
		}
	}
}

// The gradient is that of the loss.
func TestGradient(t *testing.T) {
	for _, loss := range []Loss{CrossEntropy, BinaryCrossEntropy, SquaredError} {
		p, weight, bias := problem(loss, 20, 4, 3, 0.1, 3)
		checkGradient(t, p, weight, bias)
	}
}

// checkGradient holds the gradient of a problem near a layer against central differences.
func checkGradient(t *testing.T, p *Problem, weight, bias []float32) {
	t.Helper()
	o := newObjective(p, weight, bias)
	x := slices.Clone(o.start)
	for i := range x {
		x[i] += float64(i%5)/7 - 0.3
	}
	grad := make([]float64, len(x))
	o.gradient(grad, x)
	for i := range x {
		const eps = 1e-5
		y := slices.Clone(x)
		y[i] += eps
		up := o.value(y)
		y[i] -= 2 * eps
		if want := (up - o.value(y)) / (2 * eps); math.Abs(grad[i]-want) > 1e-7 {
			t.Errorf("loss %d: gradient %d is %v, by differences %v", p.Loss, i, grad[i], want)
		}
	}
}

// The fit of a regression is ridge regression in closed form.
func TestFitIsRidge(t *testing.T) {
	const n, in = 50, 6
	p, weight, bias := problem(SquaredError, n, in, 1, 0.05, 11)
	w, b, err := p.Fit(weight, bias)
	if err != nil {
		t.Fatal(err)
	}
	// (2/n XᵀX + ρI) (x − x₀) = 2/n Xᵀ (y − X x₀) with X the features and a column of ones.
	x := mat.NewDense(n, in+1, nil)
	for i := range n {
		for j := range in {
			x.Set(i, j, float64(p.Features[i*in+j]))
		}
		x.Set(i, in, 1)
	}
	start := mat.NewVecDense(in+1, append(widen(weight), widen(bias)...))
	var rest, right, delta mat.VecDense
	rest.MulVec(x, start)
	rest.SubVec(mat.NewVecDense(n, widen(p.Targets)), &rest)
	right.MulVec(x.T(), &rest)
	right.ScaleVec(2./n, &right)
	var left mat.Dense
	left.Mul(x.T(), x)
	left.Scale(2./n, &left)
	for i := range in + 1 {
		left.Set(i, i, left.At(i, i)+p.Penalty)
	}
	if err := delta.SolveVec(&left, &right); err != nil {
		t.Fatal(err)
	}
	for i, got := range append(slices.Clone(w), b...) {
		if want := start.AtVec(i) + delta.AtVec(i); math.Abs(float64(got)-want) > 1e-5 {
			t.Errorf("entry %d: %v, want %v", i, got, want)
		}
	}
}

// A large penalty keeps the layer; separable classes stay finite; the same problem has the same bits.
func TestFitLimits(t *testing.T) {
	p, weight, bias := problem(CrossEntropy, 40, 3, 2, 1e9, 5)
	w, _, err := p.Fit(weight, bias)
	if err != nil || !near(w, weight, 1e-6) {
		t.Errorf("a layer that is held: %v from %v, %v", w, weight, err)
	}
	p = &Problem{In: 1, Outputs: 2, Features: []float32{-1, 1}, Targets: []float32{1, 0, 0, 1}, Penalty: 1e-3}
	first, _, err := p.Fit([]float32{0, 0}, []float32{0, 0})
	if err != nil || !(first[1] > 1 && first[1] < 100) {
		t.Errorf("separable classes: %v, %v", first, err)
	}
	again, _, err := p.Fit([]float32{0, 0}, []float32{0, 0})
	if err != nil || !slices.Equal(first, again) {
		t.Errorf("again: %v, before %v, %v", again, first, err)
	}
}

func near(a, b []float32, tolerance float64) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x)-float64(y)) <= tolerance })
}

func TestFaults(t *testing.T) {
	for want, change := range map[string]func(p *Problem){
		"penalty":              func(p *Problem) { p.Penalty = 0 },
		"targets":              func(p *Problem) { p.Targets = p.Targets[1:] },
		"weights":              func(p *Problem) { p.Outputs = 5 },
		"a feature is not fin": func(p *Problem) { p.Features[2] = float32(math.NaN()) },
	} {
		p, weight, bias := problem(CrossEntropy, 4, 3, 2, 1, 5)
		change(p)
		if _, _, err := p.Fit(weight, bias); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestOutputWeights: a factor of 2 at an output counts as a copy of the example of which the other
// outputs do not count, in a mean over the examples as they were; the gradient is that of the loss.
func TestOutputWeights(t *testing.T) {
	for _, loss := range []Loss{BinaryCrossEntropy, SquaredError} {
		p, weight, bias := problem(loss, 20, 4, 3, 1e-2, 3)
		copied := *p
		p.OutputWeights = slices.Repeat([]float32{1}, 60)
		copied.OutputWeights = slices.Clone(p.OutputWeights)
		for i := range 7 {
			p.OutputWeights[3*i+i%3] = 2
			only := make([]float32, 3)
			only[i%3] = 1
			copied.OutputWeights = append(copied.OutputWeights, only...)
			copied.Features = append(slices.Clone(copied.Features), p.Features[4*i:4*i+4]...)
			copied.Targets = append(slices.Clone(copied.Targets), p.Targets[3*i:3*i+3]...)
		}
		for i := range copied.OutputWeights { // its mean is over 27 examples
			copied.OutputWeights[i] *= 27. / 20
		}
		w, b, err := p.Fit(weight, bias)
		if err != nil {
			t.Fatal(err)
		}
		wantW, wantB, err := copied.Fit(weight, bias)
		if err != nil || !near(w, wantW, 1e-5) || !near(b, wantB, 1e-5) {
			t.Errorf("loss %d: %v, with copies %v, %v", loss, b, wantB, err)
		}
		checkGradient(t, p, weight, bias)
		p.OutputWeights = p.OutputWeights[:59]
		if _, _, err := p.Fit(weight, bias); err == nil || !strings.Contains(err.Error(), "59 weights of outputs for 60 targets") {
			t.Errorf("too few weights: %v", err)
		}
	}
	p, weight, bias := problem(CrossEntropy, 4, 3, 2, 1, 5)
	p.OutputWeights = slices.Repeat([]float32{1}, 8)
	if _, _, err := p.Fit(weight, bias); err == nil {
		t.Error("weights of outputs of classes were accepted")
	}
}

// TestWeightsAreCopies: an example of weight 2 counts as two of weight 1.
func TestWeightsAreCopies(t *testing.T) {
	for _, loss := range []Loss{CrossEntropy, BinaryCrossEntropy, SquaredError} {
		p, weight, bias := problem(loss, 20, 4, 3, 1e-2, 3)
		copied := *p
		p.Weights = slices.Repeat([]float32{1}, 20)
		for i := range 7 {
			p.Weights[i] = 2
			copied.Features = append(slices.Clone(copied.Features), p.Features[4*i:4*i+4]...)
			copied.Targets = append(slices.Clone(copied.Targets), p.Targets[3*i:3*i+3]...)
		}
		w, b, err := p.Fit(weight, bias)
		if err != nil {
			t.Fatal(err)
		}
		wantW, wantB, err := copied.Fit(weight, bias)
		if err != nil || !near(w, wantW, 1e-5) || !near(b, wantB, 1e-5) {
			t.Errorf("loss %d: %v, with copies %v, %v", loss, b, wantB, err)
		}
		p.Weights = p.Weights[:19]
		if _, _, err := p.Fit(weight, bias); err == nil || !strings.Contains(err.Error(), "19 weights for 20 examples") {
			t.Errorf("too few weights: %v", err)
		}
	}
}
