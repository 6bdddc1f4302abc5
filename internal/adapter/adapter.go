// Package adapter holds DyLoRA weights and the pure arithmetic on them: slices, gates,
// rank sampling, merging and files. It builds no graphs and knows no model.
//
// A site's update at rank r is (α/r)·B[:, :r]·A[:r, :]. α is applied by the gate between
// A and B and never baked into the weights, so a lower rank is a prefix of them.
package adapter

import (
	"slices"

	"github.com/dylora/dylora/internal/fault"
)

// Adapter is a set of rank-R pairs, one per adapted projection, and the trained head
// that all ranks share.
type Adapter struct {
	Rank  int
	Alpha float64
	Sites []Site // by layer, then in the order of Targets
	Head  []Tensor
}

// Site adapts one frozen projection y = W·x, W of (Out, In).
type Site struct {
	Name    string // module path, as "roberta.encoder.layer.0.attention.self.query"
	In, Out int
	A       []float32 // (Rank, In) row-major: row i belongs to rank i+1
	B       []float32 // (Out, Rank) row-major: column i belongs to rank i+1
}

// Tensor is a named weight of the head, as "classifier.dense.weight".
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32 // row-major
}

// Slice cuts a to its first r ranks, without rescaling: with the gate α/r the cut is
// what training at rank r used. It shares no memory with a.
func (a *Adapter) Slice(r int) (*Adapter, error) {
	if r < 1 || r > a.Rank {
		return nil, fault.Usagef("rank %d is not in 1 to %d, the adapter's ranks", r, a.Rank)
	}
	cut := &Adapter{Rank: r, Alpha: a.Alpha, Sites: slices.Clone(a.Sites), Head: slices.Clone(a.Head)}
	for i := range cut.Sites {
		s := &cut.Sites[i]
		s.A = slices.Clone(s.A[:r*s.In])
		b := make([]float32, 0, s.Out*r)
		for o := range s.Out {
			b = append(b, s.B[o*a.Rank:][:r]...)
		}
		s.B = b
	}
	for i := range cut.Head {
		h := &cut.Head[i]
		h.Shape, h.Data = slices.Clone(h.Shape), slices.Clone(h.Data)
	}
	return cut, nil
}

// Clone copies a, weights included.
func (a *Adapter) Clone() *Adapter {
	c, err := a.Slice(a.Rank)
	if err != nil { // only an adapter of rank 0, which has no weights
		return &Adapter{Alpha: a.Alpha}
	}
	return c
}

// Parameters is the number of trained scalars, the head's included.
func (a *Adapter) Parameters() int { return a.ParametersAt(a.Rank) }

// ParametersAt is the number of scalars that a slice at rank r would hold.
func (a *Adapter) ParametersAt(r int) (n int) {
	for _, s := range a.Sites {
		n += r * (s.In + s.Out)
	}
	for _, h := range a.Head {
		n += len(h.Data)
	}
	return n
}
