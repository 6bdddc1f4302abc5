package session

import (
	"math"

	"github.com/dylora/dylora/internal/adapter"
)

// Inspection describes an adapter by its files, and the change that each rank makes.
type Inspection struct {
	Folder  string              `json:"folder"`
	Rank    int                 `json:"rank"`
	Alpha   float64             `json:"alpha"`
	RSLoRA  bool                `json:"rslora"`     // the scale is alpha/√rank
	Scaling string              `json:"scaling"`    // as adapter.ParseScaling reads it
	Scale   string              `json:"scale"`      // at a rank, a formula: alpha/√rank
	Sites   []string            `json:"sites"`      // adapted modules
	Own     []int               `json:"site_ranks"` // of each of them
	Head    int                 `json:"head_parameters"`
	Heads   int                 `json:"rank_heads,omitzero"` // ranks with a last layer of the head of their own; 0: one for all
	Biases  int                 `json:"bias_parameters"`     // biases of the base model that the adapter replaces
	Idle    bool                `json:"changes_nothing"`     // but for the head: the update is zero at every rank
	Notes   []string            `json:"notes"`               // contents of the files that were not loaded, one line each
	Ranks   []RankSize          `json:"ranks"`
	Facts   *adapter.Provenance `json:"facts"` // null where dylora did not write the adapter
}

// RankSize is the size of a slice at a rank, and of the change that it makes.
type RankSize struct {
	Rank       int     `json:"rank"`
	Parameters int     `json:"parameters"`
	Bytes      int64   `json:"bytes"`
	DeltaNorm  float64 `json:"delta_norm"` // ‖ΔW‖, Frobenius, over all modules
}

// Inspect describes a stored adapter.
func (a *StoredAdapter) Inspect() (*Inspection, error) {
	b := a.Adapter
	i := &Inspection{Folder: a.Folder, Rank: b.Rank, Alpha: b.Alpha, RSLoRA: b.Scaling == adapter.Sqrt, Scaling: b.Scaling.String(), Scale: b.ScaleText(), Own: b.Ranks(), Idle: b.ChangesNothing(), Notes: append([]string{}, a.Notes...)}
	for _, m := range b.Modules {
		i.Sites = append(i.Sites, m.Name)
	}
	for _, t := range b.Head {
		i.Head += len(t.Data)
	}
	if len(b.Heads) > 0 {
		i.Heads = b.Rank
	}
	for _, t := range b.Biases {
		i.Biases += len(t.Data)
	}
	if a.Provenance != nil && a.Provenance.Task != "" {
		i.Facts = a.Provenance
	}
	for r := 1; r <= b.Rank; r++ {
		s, err := NewSlice(b, a.Provenance, r, Form{})
		if err != nil {
			return nil, err
		}
		sum := 0.0
		for m := range b.Modules {
			n := b.DeltaNorm(&b.Modules[m], r)
			sum += n * n
		}
		i.Ranks = append(i.Ranks, RankSize{r, s.Parameters, s.Bytes, math.Sqrt(sum)})
	}
	return i, nil
}
