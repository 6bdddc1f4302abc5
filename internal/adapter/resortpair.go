package adapter

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// negligible is the share of the largest singular value below which one is the rounding of a zero: that
// of float64 is 1e-16 for each operation, and a float32 weight has a precision of 6e-8.
const negligible = 1e-12

// ridge is the weight that plain moments get beside those of inputs, relative to their traces. What the inputs
// never excite is so put in its plain order, and what they do excite changes by a part in a billion.
const ridge = 1e-9

var errNoSVD = errors.New("its singular values were not found")

// resort is Resort for one pair. moment nil is A·Aᵀ.
func (p pair) resort(moment *mat.SymDense) (pair, error) {
	r, in := p.a.Dims()
	out, _ := p.b.Dims()
	qb, tb := thinQR(p.b)
	qa, ta := thinQR(mat.DenseCopyOf(p.a.T()))
	var core mat.Dense // T·L of plain moments; B·A is qb·core·qaᵀ
	core.Mul(tb, ta.T())
	if mat.Norm(&core, 2) == 0 {
		return p, nil
	}
	factor, err := momentFactor(moment, ta)
	if err != nil {
		return p, err
	}
	var weighted mat.Dense
	weighted.Mul(tb, factor)
	var svd mat.SVD
	if !svd.Factorize(&weighted, mat.SVDThinU) {
		return p, errNoSVD
	}
	var u, left, columns, rows mat.Dense
	svd.UTo(&u)
	columns.Mul(qb, &u)  // (out, k), orthonormal
	left.Mul(u.T(), tb)  // (k, r)
	rows.Mul(&left, p.a) // (k, in): what each of the columns is multiplied with
	_, found := u.Dims() // at most min(r, in, out)
	norms := make([]float64, found)
	largest := 0.0
	for i := range norms {
		norms[i] = blas64.Nrm2(vectorOf(rows.RowView(i)))
		largest = max(largest, norms[i])
	}
	sorted := pair{mat.NewDense(r, in, nil), mat.NewDense(out, r, nil)}
	used := 0
	for i, norm := range norms {
		if norm <= negligible*largest {
			continue
		}
		d := math.Copysign(math.Sqrt(norm), largestOf(columns.ColView(i)))
		for o := range out {
			sorted.b.Set(o, used, columns.At(o, i)*d)
		}
		for j := range in {
			sorted.a.Set(used, j, rows.At(i, j)/d)
		}
		used++
	}
	return sorted, p.spare(sorted, &core, qa, used)
}

// spare gives the rows of sorted.a beyond the used ones a direction: as far as there are any, those that the rows of
// p.a span and the rows that are used do not, with the mean norm of a row of p.a. The columns of B
// stay zero, so B·A does not change, as in an adapter that is not trained yet.
func (p pair) spare(sorted pair, core, qa *mat.Dense, used int) error {
	r, _ := p.a.Dims()
	_, k := core.Dims()
	if used == min(r, k) {
		return nil
	}
	var svd mat.SVD
	if !svd.Factorize(core, mat.SVDFullV) {
		return errNoSVD
	}
	var v, rows mat.Dense
	svd.VTo(&v)
	rows.Mul(qa, &v) // (in, k)
	norm := mat.Norm(p.a, 2) / math.Sqrt(float64(r))
	for i := used; i < k; i++ {
		d := math.Copysign(norm, largestOf(rows.ColView(i)))
		for j := range rows.RawMatrix().Rows {
			sorted.a.Set(i, j, rows.At(j, i)*d)
		}
	}
	return nil
}

// momentFactor is L with L·Lᵀ = moment, and the plain A·Aᵀ = taᵀ·ta beside it with the weight of ridge; for nil that alone.
func momentFactor(moment *mat.SymDense, ta *mat.Dense) (mat.Matrix, error) {
	if moment == nil || !(mat.Trace(moment) > 0) {
		return ta.T(), nil
	}
	r := moment.SymmetricDim()
	var eigen mat.EigenSym
	if !eigen.Factorize(moment, true) {
		return nil, errNoSVD
	}
	var factor, l mat.Dense
	eigen.VectorsTo(&factor)
	for j, value := range eigen.Values(nil) {
		root := math.Sqrt(max(value, 0)) // rounding may leave a zero below zero
		for i := range r {
			factor.Set(i, j, factor.At(i, j)*root)
		}
	}
	var plain mat.Dense
	plain.Scale(math.Sqrt(ridge*mat.Trace(moment))/mat.Norm(ta, 2), ta.T())
	l.Augment(&factor, &plain)
	return &l, nil
}

// thinQR gives x = q·t with the columns of q, min(rows, columns) of them, orthonormal. A matrix that is not higher
// than wide is its own t. gonum's mat.QR would make all of the square Q, which has the size of a frozen weight.
func thinQR(x *mat.Dense) (q, t *mat.Dense) {
	n, r := x.Dims()
	if n <= r {
		q = mat.NewDense(n, n, nil)
		for i := range n {
			q.Set(i, i, 1)
		}
		return q, x
	}
	q = mat.DenseCopyOf(x)
	general, tau := q.RawMatrix(), make([]float64, r)
	size := make([]float64, 1)
	lapack64.Geqrf(general, tau, size, -1)
	work := make([]float64, int(size[0]))
	lapack64.Geqrf(general, tau, work, len(work))
	t = mat.NewDense(r, r, nil)
	for i := range r {
		for j := i; j < r; j++ {
			t.Set(i, j, q.At(i, j))
		}
	}
	lapack64.Orgqr(general, tau, work, len(work))
	return q, t
}

// largestOf is the element of v with the largest magnitude, of several the first. Its sign makes that of a
// singular vector, which either sign would do for, the same everywhere.
func largestOf(v mat.Vector) (largest float64) {
	for i := range v.Len() {
		if math.Abs(v.AtVec(i)) > math.Abs(largest) {
			largest = v.AtVec(i)
		}
	}
	return largest
}

// vectorOf is v as BLAS takes it.
func vectorOf(v mat.Vector) blas64.Vector { return v.(*mat.VecDense).RawVector() }
