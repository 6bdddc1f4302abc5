package kernel

// Frozen is a weight W (Out, In) that is never trained, packed once for the level that was
// active then. It serves two products: y = x·Wᵀ and dx = dy·W. The second takes its panels
// from the same memory, transposed slice by slice.
type Frozen struct {
	Out, In int
	level   Level
	panels  panels // of Wᵀ: In × Out; empty unless the precision is Float32

	precision Precision
	reduced   *reduced // of the other precisions
	watch     []float32
}

// Pack copies w, (out, in) row-major, into panels.
func Pack(w []float32, out, in int) *Frozen {
	f := &Frozen{Out: out, In: in, level: Active()}
	f.panels = newPanels(in, out, f.level.width())
	for j := range out {
		dst, stride := f.panels.column(j), f.panels.width
		for p, v := range w[j*in : (j+1)*in] {
			dst[p*stride] = v
		}
	}
	return f
}

// Forward computes y = x·Wᵀ + bias for rows rows; bias (Out) may be nil.
func (f *Frozen) Forward(y []float32, ldy int, x []float32, ldx, rows int, bias []float32) {
	if f.reduced != nil {
		f.reduced.forward(y, ldy, x, ldx, rows, bias)
		return
	}
	if f.watch != nil {
		f.record(x, ldx, rows)
	}
	f.level.product(f.panels.operand(f.level, false), y, ldy, x, ldx, rows, bias, false)
}

// Backward computes dx = dy·W, or adds it to dx. Of a precision that does not train there is
// none, and it panics.
func (f *Frozen) Backward(dx []float32, ldx int, dy []float32, ldy, rows int, accumulate bool) {
	if !f.precision.Trains() {
		panic("kernel: no backward product in " + f.precision.String())
	}
	if f.reduced != nil {
		f.reduced.backward(dx, ldx, dy, ldy, rows, accumulate)
		return
	}
	f.level.product(f.panels.operand(f.level, true), dx, ldx, dy, ldy, rows, nil, accumulate)
}

// Precision is how W is held.
func (f *Frozen) Precision() Precision { return f.precision }

// Unpack is W as it was given to Pack, bit for bit. Only Float32 has kept it: of another
// precision it is nil.
func (f *Frozen) Unpack() []float32 {
	if f.precision != Float32 {
		return nil
	}
	w := make([]float32, f.Out*f.In)
	for j := range f.Out {
		src := f.panels.column(j)
		for p := range f.In {
			w[j*f.In+p] = src[p*f.panels.width]
		}
	}
	return w
}
