package kernel

import "math"

// AddLayerNorm is y = (s - mean)/√(var + eps)·gamma + beta for each row of s = a + b,
// with the biased variance of the row, by two passes. b may be nil. All are (rows, cols).
func (mc *Machine) AddLayerNorm(y, a, b, gamma, beta []float32, rows, cols int, eps float32) {
	for i := range rows {
		yr, ar, br := rowsOf(y, a, b, i, cols)
		if mc.level.vectorLayerNorm(yr, ar, br, gamma, beta, eps) {
			continue
		}
		mean, inverse := statistics(yr, ar, br, eps)
		for j, v := range yr {
			yr[j] = (v-mean)*inverse*gamma[j] + beta[j]
		}
	}
}

// AddLayerNormBackward is the gradient with respect to s = a + b, whose statistics are
// computed anew. With x̂ = (s - mean)/σ and g = dy·gamma:
//
//	ds = (g - mean(g) - x̂·mean(g·x̂))/σ
func (mc *Machine) AddLayerNormBackward(ds, dy, a, b, gamma []float32, rows, cols int, eps float32) {
	for i := range rows {
		dr, ar, br := rowsOf(ds, a, b, i, cols)
		dyr := dy[i*cols : (i+1)*cols]
		if mc.level.vectorLayerNormBackward(dr, dyr, ar, br, gamma, eps) {
			continue
		}
		mean, inverse := statistics(dr, ar, br, eps)
		var g1, g2 float32
		for j, s := range dr {
			g := dyr[j] * gamma[j]
			g1 += g
			g2 += g * (s - mean)
		}
		n := float32(cols)
		g1, g2 = g1/n, g2/n*inverse*inverse
		for j, s := range dr {
			dr[j] = (dyr[j]*gamma[j] - g1 - (s-mean)*g2) * inverse
		}
	}
}

func rowsOf(y, a, b []float32, i, cols int) (yr, ar, br []float32) {
	yr, ar = y[i*cols:(i+1)*cols], a[i*cols:(i+1)*cols]
	if b != nil {
		br = b[i*cols : (i+1)*cols]
	}
	return yr, ar, br
}

// statistics writes s = a + b to out and returns its mean and 1/√(var + eps).
func statistics(out, a, b []float32, eps float32) (mean, inverse float32) {
	var sum, square float32
	for j, v := range a {
		if b != nil {
			v += b[j]
		}
		out[j] = v
		sum += v
	}
	n := float32(len(a))
	mean = sum / n
	for _, v := range out {
		square += (v - mean) * (v - mean)
	}
	return mean, 1 / float32(math.Sqrt(float64(square/n+eps)))
}
