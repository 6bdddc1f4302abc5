package kernel

// Watch makes each Forward record, in top (In), the largest magnitude that every input
// channel has had; nil ends it. Only a Float32 weight is watched, and not while products
// run.
func (f *Frozen) Watch(top []float32) { f.watch = top }

// record raises the watched magnitudes to those of x's rows.
func (f *Frozen) record(x []float32, ldx, rows int) {
	for i := range rows {
		for j, v := range x[i*ldx : i*ldx+f.In] {
			f.watch[j] = max(f.watch[j], max(v, -v))
		}
	}
}
