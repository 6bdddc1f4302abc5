package kernel

// wordTile is a micro-kernel's call: c += a·b over that many words of k, for its number of
// rows and one panel of columns. Rows of a are wordBlock words apart; c is the tile.
type wordTile func(words int, a, b *int32, c *float32)

// form is the instructions that products in reduced precision are made of. Tiles[r-1]
// computes at least r rows.
type form struct {
	width   int        // columns of a panel
	i16     []wordTile // 16-bit integers
	int8    []wordTile // integers of 8 bits; c is integers
	bytes   bool       // int8's words hold four bytes, the inputs' unsigned; else two of 16 bits
	bf16    []wordTile // nil: none
	descale func(whole, add bool, rows int, sum []float32, lda int, row, column, bias, c []float32, ldc int)
	// pairs is transpose's inner loop; nil: by elements
	pairs func(blocks int, dst *int32, dstStep int, src *int32, srcStep, stride int)
}

var formPortable = &form{width: 8, i16: []wordTile{portableI16}, int8: []wordTile{portableInt8}, bf16: []wordTile{portableBF16}}

// transpose writes a block of words words of panel p of W (out, in), of 16-bit values: pairs of outputs from
// word k0 on for width inputs, into dst.
func (m *reduced) transpose(dst []int32, p, k0, words int) {
	width := m.form.width
	if m.form.pairs != nil {
		m.transposeBlocks(dst, p, k0, words)
		return
	}
	for w := range words {
		for j := range width {
			in, out := p*width+j, 2*(k0+w)
			dst[w*width+j] = int32(m.value(out, in) | m.value(out+1, in)<<16)
		}
	}
}

// value is the integer of one weight in 16 bits; 0 beyond the matrix.
func (m *reduced) value(out, in int) uint32 {
	width := m.form.width
	if out >= len(m.scale) || in >= 2*m.depth {
		return 0
	}
	return uint32(m.data[out/width*width*m.depth+in/2*width+out%width]) >> (in % 2 * 16) & 0xffff
}

// transposeBlocks is transpose by blocks of 16 × 16. Blocks beyond the matrix are left out:
// what stands there is never used.
func (m *reduced) transposeBlocks(dst []int32, p, k0, words int) {
	width, panel := m.form.width, m.form.width*m.depth
	halves := width / 16
	blocks := min((2*words+15)/16, len(m.scale)/16-2*k0/16)
	for j := 0; j < width && p*width+j < m.in; j += 16 {
		for half := range min(halves, blocks) {
			n := (blocks - half + halves - 1) / halves
			src := m.data[2*k0/width*panel+(p*width+j)/2*width+16*half:]
			m.form.pairs(n, &dst[half*8*width+j], 4*halves*8*width, &src[0], 4*panel, 4*width)
		}
	}
}
