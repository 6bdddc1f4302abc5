package kernel

// tails[16-n:] has n lanes set, then none: masks of the last vector.
var tails = func() (t [48]int32) {
	for i := range 16 {
		t[i] = -1
	}
	return t
}()

// lanesOf is a mask of 16 lanes of which the first n are set.
func lanesOf(n int) *int32 { return &tails[16-n] }

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// vectorOuter is outer in tiles of 8, 4 and 1 rows; it reports false at Portable.
func vectorOuter(c []float32, ldc int, a []float32, rsa, csa int, b []float32, ldb, m, n, k int, alpha float32, acc bool) bool {
	level := Active()
	if level == Portable {
		return false
	}
	if k == 0 { // no row of b to point at
		b, a = c, c
	}
	width, add := level.width(), asInt(acc)
	for j := 0; j < n; j += width {
		used := min(width, n-j)
		for i := 0; i < m; {
			r := tileRows(m-i, level)
			ai, bj, cij := &a[i*rsa], &b[j], &c[i*ldc+j]
			if level == AVX512 {
				mask := uint64(1)<<used - 1
				switch r {
				case 8:
					outerAVX512x8(k, ai, rsa, csa, bj, ldb, cij, ldc, alpha, add, mask)
				case 4:
					outerAVX512x4(k, ai, rsa, csa, bj, ldb, cij, ldc, alpha, add, mask)
				default:
					outerAVX512x1(k, ai, rsa, csa, bj, ldb, cij, ldc, alpha, add, mask)
				}
			} else if r == 4 {
				outerAVX2x4(k, ai, rsa, csa, bj, ldb, cij, ldc, alpha, add, lanesOf(used))
			} else {
				outerAVX2x1(k, ai, rsa, csa, bj, ldb, cij, ldc, alpha, add, lanesOf(used))
			}
			i += r
		}
	}
	return true
}

func tileRows(left int, level Level) int {
	switch {
	case left >= 8 && level == AVX512:
		return 8
	case left >= 4:
		return 4
	}
	return 1
}

// vectorDots is MulNT in tiles of 4 × 4 (AVX-512) or 2 × 4 (AVX2) dot products; it
// reports false at Portable.
func vectorDots(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, alpha float32, acc bool) bool {
	level := Active()
	if level == Portable || k == 0 {
		return false
	}
	big, wide, tall := dotsAVX512x4x4, dotsAVX512x1x4, dotsAVX512x4x1
	one, rows, lanes := dotsAVX512x1x1, 4, 16
	if level == AVX2 {
		big, wide, tall, one, rows, lanes = dotsAVX2x2x4, dotsAVX2x1x4, dotsAVX2x4x1, dotsAVX2x1x1, 2, 8
	}
	tail, add := lanesOf(k%lanes), asInt(acc)
	for i := 0; i < m; {
		r := 1
		if m-i >= rows {
			r = rows
		}
		j := 0
		for ; j+4 <= n; j += 4 {
			if r == rows {
				big(k, tail, &a[i*lda], lda, &b[j*ldb], ldb, &c[i*ldc+j], ldc, alpha, add)
			} else {
				wide(k, tail, &a[i*lda], lda, &b[j*ldb], ldb, &c[i*ldc+j], ldc, alpha, add)
			}
		}
		for ; j < n; j++ {
			if r == 4 {
				tall(k, tail, &a[i*lda], lda, &b[j*ldb], ldb, &c[i*ldc+j], ldc, alpha, add)
				continue
			}
			for q := range r {
				one(k, tail, &a[(i+q)*lda], lda, &b[j*ldb], ldb, &c[(i+q)*ldc+j], ldc, alpha, add)
			}
		}
		i += r
	}
	return true
}
