package kernel

import (
	"math"
)

// The product in reduced precision works on words of 32 bits that hold two values of 16
// bits or four of 8. It is blocked as gemm's is, but the rows are rounded first, and a panel
// of columns keeps its sums in the workspace over all of k: in Int8 as integers, in I16 as
// whole numbers in float32, to which the micro-kernel adds exact sums in the order of k. So
// an element has the same bits with any threads and in any batch, and of integers on every
// level.
const (
	wordBlock    = 128  // words of a row in one block of k; the generator has the same number
	wordStep     = 4    // the depth of a panel in words is a multiple of this; there, too
	wordFlush    = 32   // words of an exact sum of 16-bit values: 64 products; there, too
	rowsForward  = 112  // rows whose sums are kept at a time: they and their inputs stay in L2
	rowsBackward = 240  // more, since each block of a panel is transposed for so many rows
	rowsAtOnce   = 1024 // rows that are rounded at a time
	maxWidth     = 32   // columns of the widest panel
	maxTile      = 14   // rows of the tallest tile
)

// reduced is a frozen weight W (out, in) in a reduced precision: integers times a scale
// per output channel, or bfloat16. A panel holds width output channels, word-major: a word
// is two or four inputs of one channel. What fills up the last word or panel is zero.
type reduced struct {
	coding
	out, in int
	depth   int       // words of a channel
	scale   []float32 // (out), filled up with zeros; 1 in BF16
	fold    []float32 // (in), what inputs are multiplied by before they are rounded; nil: 1
	start   []int32   // (out), filled up: what sums of integers start from; nil: float32 zeros
	data    []int32
}

// reduce rounds w, (out, in) row-major. With spread (in), each input channel of w is
// multiplied by its value, and inputs divided by it: the product is the same, but the range
// moves from the inputs to the weights. A channel that holds NaN or an infinity has a scale
// of NaN, so that what it computes is NaN.
func (mc *Machine) reduce(p Precision, w []float32, out, in int, spread []float32) *reduced {
	m := &reduced{coding: mc.coding(p), out: out, in: in}
	m.depth = (in + 15) / 16 * 16 / m.perWord
	if spread != nil {
		m.fold = make([]float32, in)
		for i, v := range spread {
			m.fold[i] = 1 / v
		}
	}
	width := m.form.width
	count := (out + width - 1) / width
	m.scale, m.data = make([]float32, count*width), make([]int32, count*m.panel())
	if m.whole {
		m.start = make([]int32, count*width)
	}
	mc.Parallel(count, 1, func(lo, hi int) {
		row := make([]float32, in)
		for j := lo * width; j < min(hi*width, out); j++ {
			copy(row, w[j*in:(j+1)*in])
			for i, v := range spread {
				row[i] *= v
			}
			m.channel(j, row)
		}
	})
	return m
}

// panel is the words of a panel.
func (m *reduced) panel() int { return m.depth * m.form.width }

// block is where in panel p the words from k0 on begin.
func (m *reduced) block(p, k0 int) []int32 { return m.data[p*m.panel()+k0*m.form.width:] }

// channel rounds output channel j. Where inputs have an offset, the channel's sums start
// from what it makes of them, negated.
func (m *reduced) channel(j int, row []float32) {
	by, scale := float32(1), float32(1)
	if m.weightMax > 0 {
		by, scale = scaleFor(m.level.absoluteMaximum(row, nil), m.weightMax)
	}
	m.scale[j] = scale
	if by == 0 {
		return
	}
	width, bits := m.form.width, 32/m.perWord
	dst, sum := m.block(j/width, 0)[j%width:], int32(0)
	for i, v := range row {
		q := m.code(v * by)
		sum += q
		dst[i/m.perWord*width] |= q & (1<<bits - 1) << (i % m.perWord * bits)
	}
	if m.offset {
		m.start[j] = -128 * sum
	}
}

// round is x to the nearest whole number, ties to even.
func round(x float32) int32 { return int32(math.RoundToEven(float64(x))) }

// scaleFor gives for the bits of a largest magnitude the factor that maps it to limit, and
// the scale that maps back. Magnitudes below 2⁻¹⁰⁰ count as that; NaN and infinity give a
// factor of 0 and a scale of NaN.
func scaleFor(bits uint32, limit float32) (by, scale float32) {
	if bits >= 0x7f800000 {
		return 0, float32(math.NaN())
	}
	top := max(math.Float32frombits(bits), 0x1p-100)
	return limit / top, top / limit
}
