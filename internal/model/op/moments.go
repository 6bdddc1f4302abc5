package op

import "github.com/dylora/dylora/internal/kernel"

// Moments adds up Σ h hᵀ of h = A x, of each module and all rows x that its [LowRank] computes, in all
// runs of a graph that is built with it. Divided by Rows it is E[h hᵀ] over the inputs that the module meets.
// The gates have no part in h, but rows of A that no gate of a batch uses need not be computed: let a
// gate use all of them.
type Moments struct {
	Rank int
	Sums [][]float64 // of each module: (Rank, Rank) row-major, symmetric
	Rows []int       // of each module: how many x

	product []float32 // (Rank, Rank): of momentRows rows
}

// momentRows is how many rows are summed in float32 before they are added in float64: few enough
// that no more is lost than in h itself.
const momentRows = 64

// NewMoments has sums of nothing, for modules of A (rank, In).
func NewMoments(modules, rank int) *Moments {
	m := &Moments{Rank: rank, Sums: make([][]float64, modules), Rows: make([]int, modules), product: make([]float32, rank*rank)}
	for i := range m.Sums {
		m.Sums[i] = make([]float64, rank*rank)
	}
	return m
}

// add adds the first rows of h (rows, Rank) to a module's sum; nil adds nothing.
func (m *Moments) add(mc *kernel.Machine, module int, h []float32, rows int) {
	if m == nil {
		return
	}
	r, sum := m.Rank, m.Sums[module]
	for from := 0; from < rows; from += momentRows {
		part := h[from*r:]
		mc.MulTN(m.product, r, part, r, part, r, r, r, min(momentRows, rows-from), 1, false)
		for i, x := range m.product {
			sum[i] += float64(x)
		}
	}
	m.Rows[module] += rows
}
