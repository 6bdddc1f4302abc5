package kernel

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

func newPanels(k, n, width int) panels {
	return panels{k, n, width, make([]float32, (n+width-1)/width*width*k)}
}

// column is where column j begins; its elements are width apart.
func (p *panels) column(j int) []float32 { return p.data[j/p.width*p.width*p.k+j%p.width:] }

// operand is the right side of a product: the matrix in the panels, or its transpose,
// whose slices are made square by square from the same memory.
type operand struct {
	*panels
	level      Level
	transposed bool
	k, n       int
}

func (p *panels) operand(l Level, transposed bool) operand {
	if transposed {
		return operand{p, l, true, p.n, p.k}
	}
	return operand{p, l, false, p.k, p.n}
}

// count is the number of panels of the operand.
func (o *operand) count() int { return (o.n + o.width - 1) / o.width }

// slice is k rows of panel p from row k0 on, k-major. A transposed one is written to buf.
func (o *operand) slice(buf []float32, p, k0, k int) *float32 {
	if !o.transposed {
		return &o.data[(p*o.k+k0)*o.width]
	}
	w, col := o.width, p*o.width
	used := min(w, o.n-col)
	for j := 0; j < k; j += w { // k0 is a multiple of the width: whole panels
		src, dst := o.data[((k0+j)*o.n+col*w):], buf[j*w:]
		if used == w {
			o.level.transpose(dst, src, w)
			continue
		}
		clear(dst[:w*w])
		for i := range used {
			for q := range w {
				dst[q*w+i] = src[i*w+q]
			}
		}
	}
	return &buf[0]
}

func portableTranspose(dst, src []float32, w int) {
	for i := range w {
		for q := range w {
			dst[q*w+i] = src[i*w+q]
		}
	}
}

// pieces is how many squares the slice has that comes next; none beyond the last.
func (o *operand) pieces(next ahead) int {
	return max(0, (min(blockK, o.k-next.k0)+o.width-1)/o.width)
}

// prefetch asks for piece i of a slice.
func (o *operand) prefetch(next ahead, i int) {
	w := o.width
	at := (next.p*o.k + next.k0 + i*w) * w
	if o.transposed {
		at = (next.k0+i*w)*o.n + next.p*w*w
	}
	if at < len(o.data) {
		prefetch(&o.data[at], 16, w*w/16)
	}
}
