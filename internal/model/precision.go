package model

import (
	"fmt"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/op"
)

// Precision is how the projections' weights are held.
func (m *Model) Precision() kernel.Precision { return m.precision }

// Machine computes with the model.
func (m *Model) Machine() *kernel.Machine { return m.machine }

// WithThreads is m, over the same weights, on another machine with the same instruction set
// and that many threads.
func (m *Model) WithThreads(threads int) *Model {
	n := *m
	n.machine, n.layers = m.machine.WithThreads(threads), slices.Clone(m.layers)
	for _, f := range append(n.products(), &n.widening, &n.pooler) {
		if f.W != nil {
			f.W = f.W.On(n.machine)
		}
	}
	return &n
}

// products are the encoder's frozen products in a fixed order.
func (m *Model) products() (list []*op.Frozen) {
	for i := range m.layers {
		l := &m.layers[i]
		for _, f := range []*op.Frozen{&l.query, &l.attention, &l.attentionOutput, &l.intermediate, &l.output} {
			if f.W != nil {
				list = append(list, f)
			}
		}
	}
	return list
}

// Ranges are the largest magnitudes of each input channel of each frozen product.
type Ranges [][]float32

// Watch records the ranges of a float32 model's products in all runs until stop, which
// returns them.
func (m *Model) Watch() (stop func() Ranges) {
	var ranges Ranges
	for _, f := range m.products() {
		top := make([]float32, f.W.In)
		f.W.Watch(top)
		ranges = append(ranges, top)
	}
	return func() Ranges {
		for _, f := range m.products() {
			f.W.Watch(nil)
		}
		return ranges
	}
}

// migration is the exponent that divides an input channel's range between the input and
// the weight: SmoothQuant's alpha (Xiao et al. 2023, equation 4).
const migration = 0.8

// Reduced is a float32 model with its projections in the precision p; everything else is
// shared with m. With ranges, each input channel is divided, and its weights are
// multiplied, by max|x|^α / max|w|^(1-α), so that channels of large inputs, which would
// coarsen their whole row, become smaller. The layer normalisation before cannot take the
// factors in: its output is also the residual and the adapters' input. So inputs are
// divided when they are rounded. Mapped weights that can no longer be read are fault.Invalid.
func (m *Model) Reduced(p kernel.Precision, ranges Ranges) (*Model, error) {
	if m.precision != kernel.Float32 {
		return nil, fmt.Errorf("model: its weights are rounded to %s already", m.precision)
	}
	n := *m
	n.precision, n.layers = p, slices.Clone(m.layers)
	for i, f := range n.products() {
		w := f.W.Unpack()
		var factors []float32
		if ranges != nil {
			factors = spread(ranges[i], w)
		}
		f.W = m.machine.PackSpread(p, w, f.W.Out, f.W.In, factors)
	}
	if err := m.source.lost(); err != nil {
		return nil, err
	}
	return &n, nil
}

// spread is the factor of each input channel, for the largest magnitudes of its inputs and
// w (out, in); 1 where one of them is zero or no number.
func spread(inputs, w []float32) []float32 {
	factors, top := make([]float32, len(inputs)), make([]float32, len(inputs))
	for i, v := range w {
		j := i % len(top)
		top[j] = max(top[j], max(v, -v))
	}
	for j := range factors {
		s := math.Pow(float64(inputs[j]), migration) / math.Pow(float64(top[j]), 1-migration)
		if !(s > 1e-6 && s < 1e6) {
			s = 1
		}
		factors[j] = float32(s)
	}
	return factors
}
