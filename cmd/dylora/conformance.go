package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/program"
)

// conformance is one property of an adapter at one rank.
type conformance struct {
	Check      string  `json:"check"`
	Rank       int     `json:"rank"`
	Difference float64 `json:"largest_difference"` // of a logit
	Bound      float64 `json:"bound"`              // 0: the same bits
	Holds      bool    `json:"holds"`
}

// conforms measures slice, beyond and merged at the ranks on random tokens.
func (s *session) conforms(ctx context.Context, ranks []int) (list []conformance, err error) {
	b := randomBatch(s.base.model.Config.VocabSize, s.maxLength)
	at := func(p *program.Program, rank int) ([]float32, error) {
		logits, err := p.Logits(b, slices.Repeat([]int{rank}, b.Len()))
		return slices.Clone(logits), err
	}
	spoiled := s.adapter.Clone()
	beyond, err := program.New(s.base.model, spoiled, s.task, program.Options{})
	if err != nil {
		return nil, err
	}
	for _, rank := range slices.Backward(ranks) { // spoiling more from rank to rank
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		want, err := at(s.program, rank)
		if err != nil {
			return nil, err
		}
		largest := 0.0
		for _, x := range want {
			largest = max(largest, math.Abs(float64(x)))
		}
		add := func(check string, bound float64, got []float32, err error) error {
			d := difference(got, want)
			list = append(list, conformance{check, rank, d, bound, err == nil && d <= bound})
			return err
		}
		got, err := s.sliced(rank, at)
		if err := add("slice", 0, got, err); err != nil {
			return nil, err
		}
		spoil(spoiled, rank)
		got, err = at(beyond, rank)
		if err := add("beyond", 0, got, err); err != nil {
			return nil, err
		}
		got, err = s.mergedLogits(rank, at)
		if err := add("merged", mergeTolerance*max(1, largest), got, err); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b conformance) int { return a.Rank - b.Rank })
	return list, nil
}

// difference is the largest of a logit, 0 for the same bits; infinite where one is no number.
func difference(got, want []float32) (worst float64) {
	for i, w := range want {
		d := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst = max(worst, d)
	}
	return worst
}

// sliced gives the logits of the slice at rank.
func (s *session) sliced(rank int, at func(*program.Program, int) ([]float32, error)) ([]float32, error) {
	cut, err := s.adapter.Slice(rank)
	if err != nil {
		return nil, err
	}
	p, err := program.New(s.base.model, cut, s.task, program.Options{})
	if err != nil {
		return nil, err
	}
	return at(p, rank)
}

// mergedLogits gives those of the base model with the adapter worked in at rank.
func (s *session) mergedLogits(rank int, at func(*program.Program, int) ([]float32, error)) ([]float32, error) {
	m, err := s.base.model.WithMerged(s.mergeAt(rank))
	if err != nil {
		return nil, err
	}
	p, err := program.New(m, s.adapter, s.task, program.Options{})
	if err != nil {
		return nil, err
	}
	return at(p, 0)
}

// spoil overwrites what belongs to the ranks above rank, padding included.
func spoil(a *adapter.Adapter, rank int) {
	const wrong = 1000
	for i := range a.Modules {
		s := &a.Modules[i]
		own, _ := a.Scale(s, rank)
		for j := own * s.In; j < len(s.A); j++ {
			s.A[j] = wrong
		}
		for o := range s.Out {
			for j := own; j < a.Rank; j++ {
				s.B[o*a.Rank+j] = -wrong
			}
		}
	}
}

// roundTrip says whether the adapter is the same to the bit when saved and loaded again.
func (s *session) roundTrip() (bool, error) {
	dir, err := os.MkdirTemp("", "dylora-check-")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is in the system's folder for it
	folder := filepath.Join(dir, "adapter")
	if err := adapter.Save(folder, s.adapter, nil, adapter.SaveOptions{}); err != nil {
		return false, err
	}
	again, _, err := adapter.Load(folder)
	if err != nil {
		return false, err
	}
	return again.Fingerprint() == s.adapter.Fingerprint(), nil
}
