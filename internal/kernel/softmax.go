package kernel

import "math"

// Padded is the stride of a row of n scores: whole vectors at every level.
func Padded(n int) int { return (n + 15) &^ 15 }

// Softmax replaces each of the rows, cols wide and ld = Padded(cols) or more apart, by the
// softmax of scale times it; scale is above zero. The largest element is subtracted first, so nothing
// overflows; a NaN makes its row NaN. What lies beyond the columns, up to Padded(cols),
// becomes zero.
func (mc *Machine) Softmax(x []float32, rows, cols, ld int, scale float32) {
	if mc.level.vectorSoftmax(x, rows, cols, ld, scale) {
		return
	}
	for i := range rows {
		row := x[i*ld : i*ld+cols]
		clear(x[i*ld+cols : i*ld+Padded(cols)])
		top := float32(math.Inf(-1))
		for _, v := range row {
			top = max(top, v)
		}
		if mc.precise {
			preciseSoftmax(row, top, scale)
			continue
		}
		var sum float32
		for j, v := range row {
			row[j] = exp((v - top) * scale)
			sum += row[j]
		}
		inverse := 1 / sum
		for j := range row {
			row[j] *= inverse
		}
	}
}

// preciseSoftmax is the softmax of a row whose largest element is top, in float64.
func preciseSoftmax(row []float32, top, scale float32) {
	var sum float64
	for j, v := range row {
		row[j] = float32(math.Exp(float64(v-top) * float64(scale)))
		sum += float64(row[j])
	}
	for j := range row {
		row[j] = float32(float64(row[j]) / sum)
	}
}

// SoftmaxBackward turns d, the gradient with respect to the softmax p of scale times the
// scores, into that of the scores: scale · p ⊙ (d - Σ d ⊙ p), row by row. Strides and
// what lies beyond the columns are as in Softmax.
func (mc *Machine) SoftmaxBackward(d, p []float32, rows, cols, ld int, scale float32) {
	if mc.level.vectorSoftmaxBackward(d, p, rows, cols, ld, scale) {
		return
	}
	for i := range rows {
		di, pi := d[i*ld:i*ld+cols], p[i*ld:i*ld+cols]
		clear(d[i*ld+cols : i*ld+Padded(cols)])
		var sum float32
		for j, x := range di {
			sum += x * pi[j]
		}
		for j, x := range di {
			di[j] = pi[j] * (x - sum) * scale
		}
	}
}
