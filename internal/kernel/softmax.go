package kernel

// Softmax replaces each of the rows, cols wide and ld apart, by its softmax. The largest
// element is subtracted first, so nothing overflows; a NaN makes its row NaN.
func Softmax(x []float32, rows, cols, ld int) {
	for i := range rows {
		row := x[i*ld : i*ld+cols]
		top := row[0]
		for _, v := range row[1:] {
			top = max(top, v)
		}
		if vectorSoftmax(row, top) {
			continue
		}
		var sum float32
		for j, v := range row {
			row[j] = exp(v - top)
			sum += row[j]
		}
		inverse := 1 / sum
		for j := range row {
			row[j] *= inverse
		}
	}
}
