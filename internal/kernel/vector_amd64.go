package kernel

// The vector forms report false at Portable and for empty input, where there is no
// element to point at.

func (l Level) vectorGELU(y, x []float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512:
		geluAVX512(n, lanesOf(n%16), &y[0], &x[0])
	default:
		geluAVX2(n, lanesOf(n%8), &y[0], &x[0])
	}
	return true
}

func (l Level) vectorGELUBackward(dx, dy, x []float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512:
		geluBackwardAVX512(n, lanesOf(n%16), &dx[0], &dy[0], &x[0])
	default:
		geluBackwardAVX2(n, lanesOf(n%8), &dx[0], &dy[0], &x[0])
	}
	return true
}

func (l Level) vectorGated(y, x []float32, a, b float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512:
		gatedAVX512(n, lanesOf(n%16), &y[0], &x[0], a, b)
	default:
		gatedAVX2(n, lanesOf(n%8), &y[0], &x[0], a, b)
	}
	return true
}

func (l Level) vectorGatedBackward(dx, dy, x []float32, a, b float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512:
		gatedBackwardAVX512(n, lanesOf(n%16), &dx[0], &dy[0], &x[0], a, b, 3*b)
	default:
		gatedBackwardAVX2(n, lanesOf(n%8), &dx[0], &dy[0], &x[0], a, b, 3*b)
	}
	return true
}

func (l Level) vectorSoftmax(x []float32, rows, cols, ld int, scale float32) bool {
	if l == Portable || rows == 0 || cols == 0 {
		return false
	}
	if l == AVX512 {
		softmaxAVX512(cols, lanesOf(cols%16), &x[0], rows, ld, scale)
	} else {
		softmaxAVX2(cols, lanesOf(cols%8), &x[0], rows, ld, scale)
		padRows(x, rows, cols, ld)
	}
	return true
}

func (l Level) vectorSoftmaxBackward(d, p []float32, rows, cols, ld int, scale float32) bool {
	if l == Portable || rows == 0 || cols == 0 {
		return false
	}
	if l == AVX512 {
		softmaxBackwardAVX512(cols, lanesOf(cols%16), &d[0], &p[0], rows, ld, scale)
	} else {
		softmaxBackwardAVX2(cols, lanesOf(cols%8), &d[0], &p[0], rows, ld, scale)
		padRows(d, rows, cols, ld)
	}
	return true
}

// padRows clears the second half of a row's last 16 columns, where the kernels with 8
// lanes have not come by.
func padRows(x []float32, rows, cols, ld int) {
	if n := (cols - 1) % 16; n >= 8 {
		return
	}
	for i, at := 0, Padded(cols)-8; i < rows; i, at = i+1, at+ld {
		clear(x[at : at+8])
	}
}

func (l Level) vectorDropout(y, x []float32, first, key0, key1, threshold uint32, scale float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512:
		dropoutAVX512(n, lanesOf(n%16), &y[0], &x[0], first, key0, key1, threshold, scale)
	default:
		dropoutAVX2(n, lanesOf(n%8), &y[0], &x[0], first, key0, key1, threshold, scale)
	}
	return true
}

func (l Level) vectorLayerNorm(y, a, b, gamma, beta []float32, eps float32) bool {
	n := len(y)
	per := 1 / float32(n)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512 && b == nil:
		layerNormAVX512(n, lanesOf(n%16), &y[0], &gamma[0], &beta[0], per, eps, &a[0])
	case l == AVX512:
		addLayerNormAVX512(n, lanesOf(n%16), &y[0], &gamma[0], &beta[0], per, eps, &a[0], &b[0])
	case b == nil:
		layerNormAVX2(n, lanesOf(n%8), &y[0], &gamma[0], &beta[0], per, eps, &a[0])
	default:
		addLayerNormAVX2(n, lanesOf(n%8), &y[0], &gamma[0], &beta[0], per, eps, &a[0], &b[0])
	}
	return true
}

func (l Level) vectorLayerNormBackward(ds, dy, a, b, gamma []float32, eps float32) bool {
	n := len(ds)
	per := 1 / float32(n)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512 && b == nil:
		layerNormBackwardAVX512(n, lanesOf(n%16), &ds[0], &dy[0], &gamma[0], per, eps, &a[0])
	case l == AVX512:
		addLayerNormBackwardAVX512(n, lanesOf(n%16), &ds[0], &dy[0], &gamma[0], per, eps, &a[0], &b[0])
	case b == nil:
		layerNormBackwardAVX2(n, lanesOf(n%8), &ds[0], &dy[0], &gamma[0], per, eps, &a[0])
	default:
		addLayerNormBackwardAVX2(n, lanesOf(n%8), &ds[0], &dy[0], &gamma[0], per, eps, &a[0], &b[0])
	}
	return true
}

func (l Level) vectorAdamW(w, g, m, v []float32, decay, b1, b2, c2, root, eps, step float32) bool {
	n := len(g)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512:
		adamWAVX512(n, lanesOf(n%16), &w[0], &g[0], &m[0], &v[0], decay, b1, b2, c2, root, eps, step)
	default:
		adamWAVX2(n, lanesOf(n%8), &w[0], &g[0], &m[0], &v[0], decay, b1, b2, c2, root, eps, step)
	}
	return true
}

func (l Level) vectorScale(x []float32, s float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512:
		scaleAVX512(n, lanesOf(n%16), &x[0], s)
	default:
		scaleAVX2(n, lanesOf(n%8), &x[0], s)
	}
	return true
}

func (l Level) vectorAddScaled(y, x []float32, s float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case l == AVX512:
		addScaledAVX512(n, lanesOf(n%16), &y[0], &x[0], s)
	default:
		addScaledAVX2(n, lanesOf(n%8), &y[0], &x[0], s)
	}
	return true
}
