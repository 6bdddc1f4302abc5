package check

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/session"
)

// Conformance is one property of an adapter at one rank, by the largest difference of a logit
// on random tokens: of "slice", the slice at the rank against the whole adapter at it; of
// "beyond", the whole adapter against itself with everything above the rank overwritten; of
// "merged", base model and adapter merged against the two apart.
type Conformance struct {
	Check      string  `json:"check"`
	Rank       int     `json:"rank"`
	Difference float64 `json:"largest_difference"`
	Bound      float64 `json:"bound"` // 0: the same bits
	Holds      bool    `json:"holds"`
}

// comparison holds the parts that the checks at all ranks share.
type comparison struct {
	s       *session.Session
	batch   *data.Batch
	spoiled *adapter.Adapter // loses what is above a rank, from rank to rank
	beyond  *program.Program // of spoiled
}

// conforms measures slice, beyond and merged at the ranks.
func conforms(ctx context.Context, s *session.Session, ranks []int) (list []Conformance, err error) {
	c := &comparison{s: s, batch: s.RandomBatch(), spoiled: s.Adapter.Clone()}
	if c.beyond, err = program.New(s.Encoder.Model, c.spoiled, s.Task, program.Options{}); err != nil {
		return nil, err
	}
	for _, rank := range slices.Backward(ranks) { // spoiling more from rank to rank
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		three, err := c.at(rank)
		if err != nil {
			return nil, err
		}
		list = append(list, three...)
	}
	slices.SortStableFunc(list, func(a, b Conformance) int { return a.Rank - b.Rank })
	return list, nil
}

// at measures the three properties at a rank.
func (c *comparison) at(rank int) ([]Conformance, error) {
	want, err := session.LogitsAt(c.s.Program, c.batch, rank)
	if err != nil {
		return nil, err
	}
	largest := 0.0
	for _, x := range want {
		largest = max(largest, math.Abs(float64(x)))
	}
	var list []Conformance
	for _, check := range []struct {
		name   string
		bound  float64
		logits func(rank int) ([]float32, error)
	}{
		{"slice", 0, c.sliced},
		{"beyond", 0, c.without},
		{"merged", session.MergeTolerance * max(1, largest), c.merged},
	} {
		got, err := check.logits(rank)
		if err != nil {
			return nil, err
		}
		d := difference(got, want)
		list = append(list, Conformance{check.name, rank, d, check.bound, d <= check.bound})
	}
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
func (c *comparison) sliced(rank int) ([]float32, error) {
	cut, err := c.s.Adapter.Slice(rank)
	if err != nil {
		return nil, err
	}
	p, err := program.New(c.s.Encoder.Model, cut, c.s.Task, program.Options{})
	if err != nil {
		return nil, err
	}
	return session.LogitsAt(p, c.batch, rank)
}

// without gives the logits at rank of an adapter whose higher ranks are overwritten.
func (c *comparison) without(rank int) ([]float32, error) {
	spoil(c.spoiled, rank)
	return session.LogitsAt(c.beyond, c.batch, rank)
}

// merged gives the logits of the base model with the adapter merged at rank.
func (c *comparison) merged(rank int) ([]float32, error) {
	m, err := c.s.Encoder.Model.WithMerged(c.s.MergeAt(rank))
	if err != nil {
		return nil, err
	}
	base := *c.s.Adapter
	base.Head, base.Heads = base.HeadAt(rank), nil
	p, err := program.New(m, &base, c.s.Task, program.Options{})
	if err != nil {
		return nil, err
	}
	return session.LogitsAt(p, c.batch, 0)
}

// spoil overwrites what belongs to the ranks above rank, padding included.
func spoil(a *adapter.Adapter, rank int) {
	const wrong = 1000
	for i := range a.Modules {
		m := &a.Modules[i]
		own, _ := a.Scale(m, rank)
		for j := own * m.In; j < len(m.A); j++ {
			m.A[j] = wrong
		}
		for o := range m.Out {
			for j := own; j < a.Rank; j++ {
				m.B[o*a.Rank+j] = -wrong
			}
		}
	}
	for _, t := range a.Heads {
		for j := len(t.Data) / a.Rank * rank; j < len(t.Data); j++ {
			t.Data[j] = wrong
		}
	}
}

// roundTrip says whether the adapter is the same to the bit when saved and loaded again.
func roundTrip(a *adapter.Adapter) (bool, error) {
	dir, err := os.MkdirTemp("", "dylora-check-")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is in the system's folder for it
	folder := filepath.Join(dir, "adapter")
	if err := adapter.Save(folder, a, nil, adapter.SaveOptions{}); err != nil {
		return false, err
	}
	again, _, err := adapter.Load(folder)
	if err != nil {
		return false, err
	}
	return again.Fingerprint() == a.Fingerprint(), nil
}
