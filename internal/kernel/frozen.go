package kernel

// Frozen is a weight W (Out, In) that is never trained, packed once for the machine that its
// products run on. It serves two products: y = x·Wᵀ and dx = dy·W. The second takes its
// panels from the same memory, transposed slice by slice.
type Frozen struct {
	Out, In int
	machine *Machine
	panels  panels // of Wᵀ: In × Out; empty unless the precision is Float32

	precision Precision
	reduced   *reduced // of the other precisions
	watch     []float32
}

// Pack copies w, (out, in) row-major, into panels, in a precision.
func (mc *Machine) Pack(p Precision, w []float32, out, in int) *Frozen {
	return mc.PackSpread(p, w, out, in, nil)
}

// PackSpread is Pack with a factor for each input channel (in), by which w is multiplied
// and inputs are divided before they are rounded. Float32 needs none and takes none.
func (mc *Machine) PackSpread(p Precision, w []float32, out, in int, spread []float32) *Frozen {
	f := &Frozen{Out: out, In: in, machine: mc, precision: p}
	if p != Float32 {
		f.reduced = mc.reduce(p, w, out, in, spread)
		return f
	}
	f.panels = newPanels(in, out, mc.level.width())
	for j := range out {
		dst, stride := f.panels.column(j), f.panels.width
		for p, v := range w[j*in : (j+1)*in] {
			dst[p*stride] = v
		}
	}
	return f
}

// On is the same weight, over the same memory and not watched, on another machine. It panics
// if that has another instruction set.
func (f *Frozen) On(mc *Machine) *Frozen {
	if mc.Name() != f.machine.Name() {
		panic("kernel: a weight packed for " + f.machine.Name() + " on " + mc.Name())
	}
	g := *f
	g.machine, g.watch = mc, nil
	return &g
}

// Forward computes y = x·Wᵀ + bias for rows rows; bias (Out) may be nil.
func (f *Frozen) Forward(y []float32, ldy int, x []float32, ldx, rows int, bias []float32) {
	if f.reduced != nil {
		f.reduced.forward(f.machine, y, ldy, x, ldx, rows, bias)
		return
	}
	if f.watch != nil {
		f.record(x, ldx, rows)
	}
	f.machine.product(f.panels.operand(f.machine.level, false), y, ldy, x, ldx, rows, bias, false)
}

// Backward computes dx = dy·W, or adds it to dx. Of a precision that does not train there is
// none, and it panics.
func (f *Frozen) Backward(dx []float32, ldx int, dy []float32, ldy, rows int, accumulate bool) {
	if !f.precision.Trains() {
		panic("kernel: no backward product in " + f.precision.String())
	}
	if f.reduced != nil {
		f.reduced.backward(f.machine, dx, ldx, dy, ldy, rows, accumulate)
		return
	}
	f.machine.product(f.panels.operand(f.machine.level, true), dx, ldx, dy, ldy, rows, nil, accumulate)
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
	f.machine.Parallel(f.Out, 64, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			src := f.panels.column(j)
			for p := range f.In {
				w[j*f.In+p] = src[p*f.panels.width]
			}
		}
	})
	return w
}
