// Package adapter holds DyLoRA weights and the pure arithmetic on them: slices, gates,
// rank sampling, merging and files. It builds no graphs and knows no model.
//
// A module's update at rank r is s(r)·B[:, :r]·A[:r, :], with s(r) = α/r in the paper and
// another Scaling where one is chosen. The scale is applied by the gate between A and B and
// never baked into the weights, so a lower rank is a prefix of them.
package adapter

import (
	"slices"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/weights"
)

// Adapter is a set of pairs, one per adapted projection, and the trained head, which all
// ranks share unless Heads has a last layer for each.
type Adapter struct {
	Rank    int // R, the largest of the modules'
	Alpha   float64
	Scaling Scaling          // how the scale at rank r depends on r
	Modules []Module         // by layer, then in the order of Targets
	Head    []weights.Tensor // none: the base model's own
	Heads   []weights.Tensor // the head's last layer by rank, weight (R, out, in) and bias (R, out); that of R shares Head's memory: see GrowHeads. None: one for all ranks
	Saved   []weights.Tensor // whole tensors of other modules, which take the place of the base model's: "bert.pooler.dense.weight"
	Saves   []string         // names of PEFT's modules_to_save, beside the head's, whose tensors are in Saved: see Covers
	Biases  []weights.Tensor // take the place of the base model's: "roberta.embeddings.LayerNorm.bias"

	ScalingRank int // of a slice whose Scaling is not PEFT's: the R of it, above Rank; 0: Rank
}

// Module adapts one frozen projection y = W·x, W of (Out, In).
type Module struct {
	Name    string // module path, as "roberta.encoder.layer.0.attention.self.query"
	In, Out int
	Rank    int       // its own, below the adapter's; 0: the adapter's
	Alpha   float64   // its own; 0: the adapter's
	A       []float32 // (R, In) row-major: row i belongs to rank i+1, rows beyond Rank are 0
	B       []float32 // (Out, R) row-major: column i belongs to rank i+1, those beyond Rank are 0
}

// Slice cuts a to its first r ranks, without rescaling: with the gate of rank r the cut is
// what training at rank r used. A module of a lower rank stays as it is. Of heads by rank the
// cut has that of r alone. It shares no memory with a.
func (a *Adapter) Slice(r int) (*Adapter, error) {
	if r < 1 || r > a.Rank {
		return nil, fault.Usagef("rank %d is not in 1 to %d, the adapter's ranks", r, a.Rank)
	}
	ranks := make([]int, len(a.Modules))
	for i := range ranks {
		ranks[i] = min(r, a.rankOf(&a.Modules[i]))
	}
	return a.cut(r, ranks), nil
}

// cut keeps the first ranks[i] ranks of module i, none above the new adapter's rank r.
func (a *Adapter) cut(r int, ranks []int) *Adapter {
	c := &Adapter{Rank: r, Alpha: a.Alpha, Scaling: a.Scaling, Modules: slices.Clone(a.Modules),
		Head: weights.CloneAll(a.HeadAt(r)), Biases: weights.CloneAll(a.Biases), Saved: weights.CloneAll(a.Saved), Saves: slices.Clone(a.Saves)}
	if trained := a.trainedRank(); !a.Scaling.inPEFT() && trained > r {
		c.ScalingRank = trained
	}
	for i := range c.Modules {
		m, own := &c.Modules[i], ranks[i]
		m.A, m.B = resize(m.A[:own*m.In], r*m.In), restride(m.B, m.Out, a.Rank, own, r)
		if m.Rank = own; own == r {
			m.Rank = 0
		}
	}
	return c
}

// resize copies v, followed by zeros, to a length of n.
func resize(v []float32, n int) []float32 {
	w := make([]float32, n)
	copy(w, v)
	return w
}

// restride copies the first own columns of rows × from into rows × to, zeros behind them.
func restride(v []float32, rows, from, own, to int) []float32 {
	w := make([]float32, rows*to)
	for o := range rows {
		copy(w[o*to:], v[o*from:][:own])
	}
	return w
}

// Clone copies a, weights and the heads of all ranks included.
func (a *Adapter) Clone() *Adapter {
	c, err := a.Slice(a.Rank)
	if err != nil { // only an adapter of rank 0, which has no weights
		return &Adapter{Alpha: a.Alpha, Scaling: a.Scaling}
	}
	if len(a.Heads) > 0 {
		c.Heads = weights.CloneAll(a.Heads)
		c.shareHead()
	}
	return c
}

// Parameters is the number of trained scalars, those of head, whole modules and biases included,
// and of the heads of all ranks.
func (a *Adapter) Parameters() int { return a.ParametersAt(a.Rank) + a.extraHeads() }

// ParametersAt is the number of scalars that a slice at rank r would hold.
func (a *Adapter) ParametersAt(r int) (n int) {
	for i := range a.Modules {
		m := &a.Modules[i]
		n += min(r, a.rankOf(m)) * (m.In + m.Out)
	}
	for _, t := range slices.Concat(a.Head, a.Saved, a.Biases) {
		n += len(t.Data)
	}
	return n
}
