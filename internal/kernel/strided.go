package kernel

// The small products of adapters and attention. All operands are row-major with a stride;
// acc adds to C. They run on the calling thread: callers split rows, and for MulNN and
// MulTN also columns, without changing a bit of the result.

// MulNT computes C (m, n) = α·A (m, k)·B (n, k)ᵀ.
func (mc *Machine) MulNT(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, alpha float32, acc bool) {
	if m == 0 || n == 0 {
		return
	}
	if mc.level.vectorDots(c, ldc, a, lda, b, ldb, m, n, k, alpha, acc) {
		return
	}
	for i := range m {
		x := a[i*lda : i*lda+k]
		for j := range n {
			y := b[j*ldb : j*ldb+k]
			var s [4]float32
			p := 0
			for ; p+4 <= k; p += 4 {
				s[0] += x[p] * y[p]
				s[1] += x[p+1] * y[p+1]
				s[2] += x[p+2] * y[p+2]
				s[3] += x[p+3] * y[p+3]
			}
			for ; p < k; p++ {
				s[0] += x[p] * y[p]
			}
			put(&c[i*ldc+j], alpha*((s[0]+s[1])+(s[2]+s[3])), acc)
		}
	}
}

func put(c *float32, v float32, acc bool) {
	if acc {
		v += *c
	}
	*c = v
}

// MulNN computes C (m, n) = α·A (m, k)·B (k, n).
func (mc *Machine) MulNN(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, alpha float32, acc bool) {
	mc.outer(c, ldc, a, lda, 1, b, ldb, m, n, k, alpha, acc)
}

// MulTN computes C (m, n) = α·A (k, m)ᵀ·B (k, n).
func (mc *Machine) MulTN(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, alpha float32, acc bool) {
	mc.outer(c, ldc, a, 1, lda, b, ldb, m, n, k, alpha, acc)
}

// outer is C = α·A·B, where element (i, p) of A is a[i·rsa + p·csa].
func (mc *Machine) outer(c []float32, ldc int, a []float32, rsa, csa int, b []float32, ldb, m, n, k int, alpha float32, acc bool) {
	if m == 0 || n == 0 {
		return
	}
	if mc.level.vectorOuter(c, ldc, a, rsa, csa, b, ldb, m, n, k, alpha, acc) {
		return
	}
	sum := portableSum[float32]
	if mc.precise {
		sum = portableSum[float64]
	}
	for j := 0; j < n; j += sumWidth {
		for i := range m {
			sum(c[i*ldc+j:], a, i*rsa, csa, b, j, ldb, min(sumWidth, n-j), k, alpha, acc)
		}
	}
}

// sumWidth is how many columns portableSum computes at a time.
const sumWidth = 32

// portableSum computes w columns of a row of C, sumWidth at most, with sums of type T. The row
// of A begins at ra, the columns of B at jb.
func portableSum[T float32 | float64](c, a []float32, ra, csa int, b []float32, jb, ldb, w, k int, alpha float32, acc bool) {
	var s [sumWidth]T
	for p := range k {
		x := T(a[ra+p*csa])
		for j, y := range b[p*ldb+jb : p*ldb+jb+w] {
			s[j] += x * T(y)
		}
	}
	for j := range w {
		put(&c[j], alpha*float32(s[j]), acc)
	}
}

// Transpose writes src (rows, cols) to dst as (cols, rows). Where ldd leaves room, columns
// of dst up to the next multiple of 8 may be written too.
func (mc *Machine) Transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	if !mc.level.vectorTranspose(dst, ldd, src, lds, rows, cols) {
		portableTransposeRows(dst, ldd, src, lds, rows, cols)
	}
}

func portableTransposeRows(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	for i := range rows {
		for j := range cols {
			dst[j*ldd+i] = src[i*lds+j]
		}
	}
}
