package adapter

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/dylora/dylora/internal/fault"
)

// Resort changes the rows of every module so that they stand in the order of what they contribute:
// B·A stays what it is, but for rounding to float32, and the first b rows and columns are the best
// approximation of it of rank b. moments[name] is E[h·hᵀ] of the module's h = A·x over inputs x, (r, r) of
// the module's own rank r or (R, R), row-major: best is then the mean square of (B·A − B[:, :b]·A[:b, :])·x.
// For a module without moments it is ‖B·A − B[:, :b]·A[:b, :]‖, Frobenius.
//
// With B = Q·T, Q orthonormal, M = E[h·hᵀ] = L·Lᵀ, and U·S·Vᵀ the singular value decomposition of T·L, the
// left singular vectors of B·A·C^½, C = E[x·xᵀ], are the columns of Q·U. So B becomes Q·U·D and A becomes
// D⁻¹·(Q·U)ᵀ·B·A, with the diagonal D that gives each column the norm of its row. Without
// inputs M is A·Aᵀ, and L is known from the QR factorisation of Aᵀ.
//
// The weights are written in place. A rank that B·A does not need gets a column of zeros in B and, so that it
// can learn, a row in A: see spare. A module whose B·A is zero stays as it is. Weights or moments that are no
// finite numbers, and moments of another shape or of no module, are fault.Invalid; then nothing is changed.
func (a *Adapter) Resort(moments map[string][]float64) error {
	sorted := make([]pair, len(a.Modules))
	known := 0
	for i := range a.Modules {
		m := &a.Modules[i]
		p, err := a.pairOf(m)
		if err != nil {
			return err
		}
		var moment *mat.SymDense
		if v, ok := moments[m.Name]; ok {
			known++
			if moment, err = a.momentOf(m, v); err != nil {
				return err
			}
		}
		if sorted[i], err = p.resort(moment); err != nil {
			return fault.Invalidf("module %s: %w", m.Name, err)
		}
	}
	if known < len(moments) {
		return fault.Invalidf("there are moments of %d modules, and the adapter has %d of them", len(moments), known)
	}
	for i, p := range sorted {
		a.put(&a.Modules[i], p)
	}
	return nil
}

// pair is a module's A and B in float64, of its own rank.
type pair struct {
	a, b *mat.Dense // (r, In) and (Out, r)
}

// pairOf copies the pair of a module.
func (a *Adapter) pairOf(m *Module) (pair, error) {
	r := a.rankOf(m)
	p := pair{mat.NewDense(r, m.In, nil), mat.NewDense(m.Out, r, nil)}
	for i := range r {
		for j, x := range m.A[i*m.In:][:m.In] {
			p.a.Set(i, j, float64(x))
		}
		for o := range m.Out {
			p.b.Set(o, i, float64(m.B[o*a.Rank+i]))
		}
	}
	// A sum of squares of float32 values is finite in float64 where they are.
	if n := mat.Norm(p.a, 2) + mat.Norm(p.b, 2); math.IsNaN(n) || math.IsInf(n, 0) {
		return p, fault.Invalidf("module %s: its A or B holds values that are no finite numbers", m.Name)
	}
	return p, nil
}

// put writes a pair over that of a module, rounded to float32.
func (a *Adapter) put(m *Module, p pair) {
	for i := range a.rankOf(m) {
		for j := range m.In {
			m.A[i*m.In+j] = float32(p.a.At(i, j))
		}
		for o := range m.Out {
			m.B[o*a.Rank+i] = float32(p.b.At(o, i))
		}
	}
}

// momentOf checks the moments of a module and gives those of its own rank.
func (a *Adapter) momentOf(m *Module, v []float64) (*mat.SymDense, error) {
	r := a.rankOf(m)
	stride := r
	switch len(v) {
	case r * r:
	case a.Rank * a.Rank:
		stride = a.Rank
	default:
		return nil, fault.Invalidf("module %s: %d moments, want %d of rank %d", m.Name, len(v), r*r, r)
	}
	s := mat.NewSymDense(r, nil)
	for i := range r {
		for j := range i + 1 {
			x := (v[i*stride+j] + v[j*stride+i]) / 2
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fault.Invalidf("module %s: its moments hold values that are no finite numbers", m.Name)
			}
			s.SetSym(i, j, x)
		}
	}
	return s, nil
}
