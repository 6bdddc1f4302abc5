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

// outerTile is a kernel for so many rows and full columns.
type outerTile func(k int, a *float32, rsa, csa int, b *float32, ldb int, c *float32, ldc int, alpha float32, acc int)

var (
	outerTilesAVX512 = []outerTile{outerFullAVX512x1, outerFullAVX512x2, outerFullAVX512x3, outerFullAVX512x4, outerFullAVX512x5,
		outerFullAVX512x6, outerFullAVX512x7, outerFullAVX512x8, outerFullAVX512x9, outerFullAVX512x10, outerFullAVX512x11,
		outerFullAVX512x12, outerFullAVX512x13, outerFullAVX512x14}
	outerTilesAVX2 = []outerTile{outerFullAVX2x1, outerFullAVX2x2, outerFullAVX2x3, outerFullAVX2x4, outerFullAVX2x5, outerFullAVX2x6}
	outerEdges     = []func(k int, a *float32, rsa, csa int, b *float32, ldb int, c *float32, ldc int, alpha float32, acc int, mask uint64){
		outerAVX512x1, outerAVX512x2, outerAVX512x3, outerAVX512x4, outerAVX512x5, outerAVX512x6, outerAVX512x7, outerAVX512x8}
)

// vectorOuter is outer in tiles; it reports false at Portable.
func (l Level) vectorOuter(c []float32, ldc int, a []float32, rsa, csa int, b []float32, ldb, m, n, k int, alpha float32, acc bool) bool {
	if l == Portable {
		return false
	}
	if k == 0 { // no row of b to point at
		b, a = c, c
	}
	tiles := outerTilesAVX2
	if l == AVX512 {
		tiles = outerTilesAVX512
	}
	width, add := l.width(), asInt(acc)
	for j := 0; j < n; j += width {
		if used := n - j; used < width {
			l.outerEdge(c[j:], ldc, a, rsa, csa, b[j:], ldb, m, used, k, alpha, add)
			break
		}
		count := (m + len(tiles) - 1) / len(tiles)
		for t := range count {
			r0, r1 := t*m/count, (t+1)*m/count
			tiles[r1-r0-1](k, &a[r0*rsa], rsa, csa, &b[j], ldb, &c[r0*ldc+j], ldc, alpha, add)
		}
	}
	return true
}

// outerEdge computes the last columns, which do not fill a tile.
func (l Level) outerEdge(c []float32, ldc int, a []float32, rsa, csa int, b []float32, ldb, m, used, k int, alpha float32, add int) {
	for i := 0; i < m; {
		r := 1
		switch ai, ci := &a[i*rsa], &c[i*ldc]; {
		case l == AVX512:
			r = min(len(outerEdges), m-i)
			outerEdges[r-1](k, ai, rsa, csa, &b[0], ldb, ci, ldc, alpha, add, uint64(1)<<used-1)
		case m-i >= 4:
			r = 4
			outerAVX2x4(k, ai, rsa, csa, &b[0], ldb, ci, ldc, alpha, add, lanesOf(used))
		default:
			outerAVX2x1(k, ai, rsa, csa, &b[0], ldb, ci, ldc, alpha, add, lanesOf(used))
		}
		i += r
	}
}

// vectorTranspose is Transpose in squares of 8 × 8.
func (l Level) vectorTranspose(dst []float32, ldd int, src []float32, lds, rows, cols int) bool {
	if l == Portable || rows == 0 || cols < 8 || ldd < (rows+7)&^7 {
		return false
	}
	blocks := cols / 8
	for i := 0; i < rows; i += 8 {
		r := min(8, rows-i)
		_ = dst[(8*blocks-1)*ldd+i+7]
		transposeRows(&dst[i], ldd, &src[i*lds], lds, r, blocks)
	}
	portableTransposeRows(dst[8*blocks*ldd:], ldd, src[8*blocks:], lds, rows, cols-8*blocks)
	return true
}

// vectorDots is MulNT in tiles of 4 × 4 (AVX-512) or 2 × 4 (AVX2) dot products, and of 4 × 1
// for the columns that are left, which are all where an adapter has a rank below 4; it reports
// false at Portable.
func (l Level) vectorDots(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, alpha float32, acc bool) bool {
	if l == Portable || k == 0 {
		return false
	}
	big, wide, tall := dotsAVX512x4x4, dotsAVX512x1x4, dotsAVX512x4x1
	one, rows, lanes := dotsAVX512x1x1, 4, 16
	if l == AVX2 {
		big, wide, tall, one, rows, lanes = dotsAVX2x2x4, dotsAVX2x1x4, dotsAVX2x4x1, dotsAVX2x1x1, 2, 8
	}
	tail, add := lanesOf(k%lanes), asInt(acc)
	for i := 0; i < m; {
		r := min(4, m-i)
		j := 0
		for ; j+4 <= n; j += 4 {
			q := 0
			for ; q+rows <= r; q += rows {
				big(k, tail, &a[(i+q)*lda], lda, &b[j*ldb], ldb, &c[(i+q)*ldc+j], ldc, alpha, add)
			}
			for ; q < r; q++ {
				wide(k, tail, &a[(i+q)*lda], lda, &b[j*ldb], ldb, &c[(i+q)*ldc+j], ldc, alpha, add)
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
