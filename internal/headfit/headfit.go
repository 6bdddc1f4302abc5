// Package headfit fits the last layer of a classification head to fixed features: numbers in,
// numbers out.
package headfit

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// Loss is what is minimised, each as training has it.
type Loss int

// CrossEntropy is the mean over examples; BinaryCrossEntropy and SquaredError are means over
// examples and outputs.
const (
	CrossEntropy Loss = iota
	BinaryCrossEntropy
	SquaredError
)

// Problem is a layer to be fitted: logits = W·f + b for n examples.
type Problem struct {
	Loss          Loss
	In            int       // width of a feature
	Outputs       int       // logits of an example
	Features      []float32 // (n, In)
	Targets       []float32 // (n, Outputs): probabilities, which add up to 1 for CrossEntropy, or numbers
	Weights       []float32 // (n): how much each example counts in the mean; nil: all alike
	OutputWeights []float32 // (n, Outputs): factors of the loss at each output, not for CrossEntropy; the mean is not divided by them; nil: 1 each
	Penalty       float64   // ρ: the loss gains ρ/2·(‖W−W₀‖² + ‖b−b₀‖²) for the layer W₀, b₀ that Fit begins with; above 0
}

// Fit is the layer with the least loss, weight (Outputs, In) and bias (Outputs). It begins with
// the given one and is pulled to it by the penalty, so that the minimum is unique and what the
// features say nothing about stays. It is found by L-BFGS (Liu and Nocedal 1989) in float64,
// until the gradient's largest entry is below 1e-7 or the loss no longer falls.
func (p *Problem) Fit(weight, bias []float32) (w, b []float32, err error) {
	if err := p.check(weight, bias); err != nil {
		return nil, nil, err
	}
	o := newObjective(p, weight, bias)
	settings := &optimize.Settings{GradientThreshold: 1e-7, MajorIterations: 1000,
		Converger: &optimize.FunctionConverge{Absolute: 1e-12, Relative: 1e-12, Iterations: 20}}
	r, err := optimize.Minimize(optimize.Problem{Func: o.value, Grad: o.gradient}, o.start, settings, &optimize.LBFGS{})
	if r == nil || err != nil && !lineSearchEnded(err) {
		return nil, nil, fmt.Errorf("headfit: %w", err)
	}
	x := narrow(r.X)
	for _, v := range x {
		if v-v != 0 { // NaN or Inf
			return nil, nil, errors.New("headfit: the fit has diverged")
		}
	}
	return x[:len(weight)], x[len(weight):], nil
}

// lineSearchEnded says whether an error of the optimizer means that no step along the gradient
// makes the loss smaller in float64: it is the minimum as far as numbers tell.
func lineSearchEnded(err error) bool {
	return errors.Is(err, optimize.ErrLinesearcherFailure) || errors.Is(err, optimize.ErrNoProgress) || errors.Is(err, optimize.ErrNonDescentDirection)
}

func (p *Problem) check(weight, bias []float32) error {
	switch {
	case p.In < 1 || p.Outputs < 1 || len(weight) != p.In*p.Outputs || len(bias) != p.Outputs:
		return fmt.Errorf("headfit: %d weights and %d biases for a layer of %d to %d", len(weight), len(bias), p.In, p.Outputs)
	case len(p.Features) == 0 || len(p.Features)%p.In != 0 || len(p.Targets) != len(p.Features)/p.In*p.Outputs:
		return fmt.Errorf("headfit: %d numbers of features of %d and %d targets of %d", len(p.Features), p.In, len(p.Targets), p.Outputs)
	case p.Weights != nil && len(p.Weights) != len(p.Features)/p.In:
		return fmt.Errorf("headfit: %d weights for %d examples", len(p.Weights), len(p.Features)/p.In)
	case p.OutputWeights != nil && (p.Loss == CrossEntropy || len(p.OutputWeights) != len(p.Targets)):
		return fmt.Errorf("headfit: %d weights of outputs for %d targets", len(p.OutputWeights), len(p.Targets))
	case !(p.Penalty > 0) || math.IsInf(p.Penalty, 1):
		return fmt.Errorf("headfit: penalty %v is not above 0", p.Penalty)
	}
	for _, v := range p.Features {
		if v-v != 0 {
			return errors.New("headfit: a feature is not finite")
		}
	}
	return nil
}

// objective is the loss as a function of W and b in one vector.
type objective struct {
	p        *Problem
	n        int
	weight   float64 // of all examples
	start    []float64
	features *mat.Dense // (n, In)
	logits   *mat.Dense // (n, Outputs), then their gradients
	at       []float64  // where logits are gradients and loss is
	loss     float64
}

func newObjective(p *Problem, weight, bias []float32) *objective {
	n := len(p.Features) / p.In
	o := &objective{p: p, n: n, start: append(widen(weight), widen(bias)...),
		features: mat.NewDense(n, p.In, widen(p.Features)), logits: mat.NewDense(n, p.Outputs, nil), weight: float64(n)}
	if p.Weights != nil {
		o.weight = 0
		for _, w := range p.Weights {
			o.weight += float64(w)
		}
	}
	return o
}

func (o *objective) value(x []float64) float64 {
	o.evaluate(x)
	return o.loss
}

// gradient is (dW, db) = (Gᵀ F, Σ g) + ρ (x − x₀), with G the gradients of the logits.
func (o *objective) gradient(grad, x []float64) {
	o.evaluate(x)
	weights := o.p.In * o.p.Outputs
	mat.NewDense(o.p.Outputs, o.p.In, grad[:weights]).Mul(o.logits.T(), o.features)
	bias := grad[weights:]
	clear(bias)
	for i := range o.n {
		for c, g := range o.logits.RawRowView(i) {
			bias[c] += g
		}
	}
	for i, v := range x {
		grad[i] += o.p.Penalty * (v - o.start[i])
	}
}

// evaluate computes loss and gradients of the logits at x, once for both.
func (o *objective) evaluate(x []float64) {
	if o.at != nil && equal(o.at, x) {
		return
	}
	o.at = append(o.at[:0], x...)
	weights, k := o.p.In*o.p.Outputs, o.p.Outputs
	o.logits.Mul(o.features, mat.NewDense(k, o.p.In, x[:weights]).T())
	o.loss = 0
	for i, v := range x {
		o.loss += o.p.Penalty / 2 * (v - o.start[i]) * (v - o.start[i])
	}
	for i := range o.n {
		row := o.logits.RawRowView(i)
		for c := range row {
			row[c] += x[weights+c]
		}
		n := o.weight
		if o.p.Weights != nil {
			n /= float64(o.p.Weights[i])
		}
		o.loss += o.example(row, i, n)
	}
}

// example is the share, 1/n, of example i in the loss; its logits become their gradients.
func (o *objective) example(logits []float64, i int, n float64) (loss float64) {
	k := len(logits)
	targets := o.p.Targets[i*k : (i+1)*k]
	weight := func(c int) float64 {
		if o.p.OutputWeights == nil {
			return 1
		}
		return float64(o.p.OutputWeights[i*k+c])
	}
	switch o.p.Loss {
	case CrossEntropy:
		total := logSumExp(logits)
		mass := 0.0
		for _, t := range targets {
			mass += float64(t)
		}
		for c, t := range targets {
			loss += float64(t) * (total - logits[c]) / n
			logits[c] = (mass*math.Exp(logits[c]-total) - float64(t)) / n
		}
	case BinaryCrossEntropy:
		n *= float64(len(logits))
		for c, t := range targets {
			x := logits[c]
			loss += weight(c) * (max(x, 0) - x*float64(t) + math.Log1p(math.Exp(-math.Abs(x)))) / n
			logits[c] = weight(c) * (1/(1+math.Exp(-x)) - float64(t)) / n
		}
	default:
		n *= float64(len(logits))
		for c, t := range targets {
			d := logits[c] - float64(t)
			loss += weight(c) * d * d / n
			logits[c] = weight(c) * 2 * d / n
		}
	}
	return loss
}

func logSumExp(x []float64) float64 {
	most := x[0]
	for _, v := range x {
		most = max(most, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}

func equal(a, b []float64) bool {
	for i, v := range a {
		if v != b[i] {
			return false
		}
	}
	return true
}

func widen(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

func narrow(x []float64) []float32 {
	w := make([]float32, len(x))
	for i, v := range x {
		w[i] = float32(v)
	}
	return w
}
