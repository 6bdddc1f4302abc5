package adapter

import "github.com/dylora/dylora/internal/fault"

// Update says which rows learn in a step that runs at rank b (DyLoRA, table 4, compares the first two).
type Update int

// The modes. In all of them the forward pass uses rows 1 to b.
const (
	All    Update = iota // rows 1 to b learn
	Frozen               // the gradient reaches only row b; the optimizer still moves the others by momentum and decay
	Strict               // as Frozen, and the optimizer leaves the other rows alone
)

var updates = [...]string{All: "all", Frozen: "frozen", Strict: "strict"}

// ParseUpdate reads a mode's name.
func ParseUpdate(name string) (Update, error) {
	for u, n := range updates {
		if n == name {
			return Update(u), nil
		}
	}
	return 0, fault.Usagef("unknown update mode %q: the modes are all, frozen, strict", name)
}

// String is the mode's name.
func (u Update) String() string {
	if u < 0 || int(u) >= len(updates) {
		return "unknown"
	}
	return updates[u]
}

// Gate writes the gate of rank into dst, one value for each of the adapter's R rows: α/rank
// for the first rank of them, 0 for the rest. y = W·x + B·(g ⊙ A·x) is then the adapted
// layer at that rank (DyLoRA, equation 5); rank 0 is the base model.
func Gate(dst []float32, rank int, alpha float64) {
	for i := range dst {
		dst[i] = 0
		if i < rank {
			dst[i] = float32(alpha / float64(rank))
		}
	}
}

// LearnGate writes the gate through which the gradients of A and B pass in a step at rank:
// Gate's own for All, row rank alone for Frozen and Strict.
func LearnGate(dst []float32, rank int, alpha float64, u Update) {
	Gate(dst, rank, alpha)
	if u == All {
		return
	}
	for i := range min(rank-1, len(dst)) {
		dst[i] = 0
	}
}
