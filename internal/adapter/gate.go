package adapter

import (
	"cmp"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// Update says which rows learn in a step that runs at rank b (DyLoRA, table 4, compares the first two).
type Update int

// The modes. In all of them the forward pass uses rows 1 to b.
const (
	All    Update = iota // rows 1 to b learn
	Frozen               // the gradient reaches only row b; the optimizer still moves the others by momentum and decay
	Strict               // as Frozen, and the optimizer leaves the other rows alone
)

var updates = enum.Names[Update]{All: "all", Frozen: "frozen", Strict: "strict"}

// ParseUpdate reads a mode's name.
func ParseUpdate(name string) (Update, error) {
	u, err := updates.Parse(name)
	if err != nil {
		return 0, fault.Usagef("%w", err)
	}
	return u, nil
}

// String is the mode's name.
func (u Update) String() string { return updates.String(u) }

// rankOf and alphaOf are a module's own, or the adapter's.
func (a *Adapter) rankOf(m *Module) int      { return cmp.Or(m.Rank, a.Rank) }
func (a *Adapter) alphaOf(m *Module) float64 { return cmp.Or(m.Alpha, a.Alpha) }

// Scale says how module m is used at rank r of the adapter: its first own = min(r, rank of
// m) rows, scaled by the Scaling of own. At r = R that is PEFT's scale for each module;
// below, what a slice at r computes. Rank 0 is the base model.
func (a *Adapter) Scale(m *Module, r int) (own int, scale float64) {
	if own = min(r, a.rankOf(m)); own == 0 {
		return 0, 0
	}
	return own, a.Scaling.at(a.alphaOf(m), own, a.trainedRank())
}

// Gate writes the gate of module m at rank r into dst, one value for each of R rows: the
// scale for those in use, 0 for the rest. y = W·x + B·(g ⊙ A·x) is then the adapted layer.
func (a *Adapter) Gate(dst []float32, m *Module, r int) {
	own, scale := a.Scale(m, r)
	for i := range dst {
		dst[i] = 0
		if i < own {
			dst[i] = float32(scale)
		}
	}
}

// GradientGate writes the gate through which the gradients of A and B pass in a step at rank
// r: Gate's own for All, the last row in use alone for Frozen and Strict.
func (a *Adapter) GradientGate(dst []float32, m *Module, r int, u Update) {
	a.Gate(dst, m, r)
	if own, _ := a.Scale(m, r); u != All && own > 0 {
		clear(dst[:own-1])
	}
}
