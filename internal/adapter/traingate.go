package adapter

import (
	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// TrainGate is the gate that a step of training computes with. Evaluation, slices and files have Gate's
// at a single rank, whatever an adapter was trained with.
type TrainGate int

// The kinds.
const (
	// Nested is Gate at the rank that is drawn (DyLoRA, equation 5).
	Nested TrainGate = iota
	// Matryoshka is the sum of the gates of all ranks that can be drawn, so that each row learns in every
	// step, the more strongly the more ranks have it (MatryoshkaLoRA, arXiv 2605.07850, algorithm 1).
	// What is evaluated at rank b is one term of the sum that was trained, as in the authors' code
	// (IST-DASLab/MatryoshkaLoRA, adapters/matryoshka.py).
	Matryoshka
)

var trainGates = enum.Names[TrainGate]{Nested: "nested", Matryoshka: "matryoshka"}

// ParseTrainGate reads a kind's name.
func ParseTrainGate(name string) (TrainGate, error) {
	g, err := trainGates.Parse(name)
	if err != nil {
		return 0, fault.Usagef("%w", err)
	}
	return g, nil
}

// String is the kind's name.
func (g TrainGate) String() string { return trainGates.String(g) }

// SumGate writes the sum of the gates of module m at several ranks into dst, one value for each of R
// rows: P_i = Σ s_r over the ranks r ≥ i, s_r being the scale at r. Gradients pass through it, too.
func (a *Adapter) SumGate(dst []float32, m *Module, ranks []int) {
	for i := range dst {
		sum := 0.0
		for _, r := range ranks {
			if own, scale := a.Scale(m, r); i < own {
				sum += scale
			}
		}
		dst[i] = float32(sum)
	}
}
