package kernel

import "sync"

// Frozen is a weight W (Out, In) that is never trained, packed once for the level that was
// active then. It serves two products: y = x·Wᵀ and dx = dy·W.
type Frozen struct {
	Out, In  int
	level    Level
	forward  panels // of Wᵀ: In × Out
	backward panels // of W: Out × In, made on first use
	once     sync.Once
}

// panels is a matrix (k, n) in panels of a micro-kernel's columns, k-major inside each,
// the last one padded with zeros.
type panels struct {
	k, n, width int
	data        []float32
}

// width is the number of columns of a level's micro-kernel.
func (l Level) width() int {
	switch l {
	case AVX512:
		return 32
	case AVX2:
		return 16
	}
	return 8
}

// Pack copies w, (out, in) row-major, into panels.
func Pack(w []float32, out, in int) *Frozen {
	f := &Frozen{Out: out, In: in, level: Active()}
	f.forward = newPanels(in, out, f.level.width())
	for j := range out {
		dst, stride := f.forward.column(j), f.forward.width
		for p, v := range w[j*in : (j+1)*in] {
			dst[p*stride] = v
		}
	}
	return f
}

func newPanels(k, n, width int) panels {
	return panels{k, n, width, make([]float32, (n+width-1)/width*width*k)}
}

// column is where column j begins; its elements are width apart.
func (p *panels) column(j int) []float32 { return p.data[j/p.width*p.width*p.k+j%p.width:] }

// Forward computes y = x·Wᵀ + bias for rows rows; bias (Out) may be nil.
func (f *Frozen) Forward(y []float32, ldy int, x []float32, ldx, rows int, bias []float32) {
	f.level.product(&f.forward, y, ldy, x, ldx, rows, bias, false)
}

// Backward computes dx = dy·W, or adds it to dx.
func (f *Frozen) Backward(dx []float32, ldx int, dy []float32, ldy, rows int, accumulate bool) {
	f.once.Do(f.packBackward)
	f.level.product(&f.backward, dx, ldx, dy, ldy, rows, nil, accumulate)
}

func (f *Frozen) packBackward() {
	b := newPanels(f.Out, f.In, f.forward.width)
	for j := range f.Out {
		src := f.forward.column(j)
		for p := range f.In {
			b.column(p)[j*b.width] = src[p*f.forward.width]
		}
	}
	f.backward = b
}

// Unpack is W as it was given to Pack, bit for bit.
func (f *Frozen) Unpack() []float32 {
	w := make([]float32, f.Out*f.In)
	for j := range f.Out {
		src := f.forward.column(j)
		for p := range f.In {
			w[j*f.In+p] = src[p*f.forward.width]
		}
	}
	return w
}
