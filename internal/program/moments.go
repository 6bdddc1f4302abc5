package program

import (
	"errors"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/model"
)

// Moments are E[h hᵀ] of h = A x for each module, (R, R) row-major by its name, over the
// inputs x that it meets in the sequences of batches, computed as for evaluation: at rank R and without
// dropout. In the last layer what only first tokens reach counts for these alone.
func (p *Program) Moments(batches []*data.Batch) (moments map[string][]float64, err error) {
	q := *p // a program over the same weights, with a graph of its own
	q.eval, q.train, q.gates, q.moments = nil, nil, nil, model.NewMoments(len(p.a.Modules), p.a.Rank)
	defer func() {
		if q.eval != nil {
			err = errors.Join(err, q.eval.Close())
		}
	}()
	for _, b := range batches {
		if _, err := q.Logits(b, slices.Repeat([]int{p.a.Rank}, b.Len())); err != nil {
			return nil, err
		}
	}
	moments = map[string][]float64{}
	for i, m := range p.a.Modules {
		sum := q.moments.Sums[i]
		for k := range sum {
			sum[k] /= float64(max(1, q.moments.Rows[i]))
		}
		moments[m.Name] = sum
	}
	return moments, nil
}

// Resort re-sorts the adapter (see [adapter.Adapter.Resort]): weighted by the inputs of the batches
// of sample, or plain where there are none. What the program computes at rank R stays the same but for
// rounding.
func (p *Program) Resort(sample []*data.Batch) error {
	if len(sample) == 0 {
		return p.a.Resort(nil)
	}
	moments, err := p.Moments(sample)
	if err != nil {
		return err
	}
	return p.a.Resort(moments)
}
