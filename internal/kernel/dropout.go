package kernel

import "github.com/dylora/dylora/internal/seed"

// Dropout keeps an element with probability 1 - P and scales what it keeps by 1/(1 - P).
// Whether element i is kept is a function of (Seed, Step, Site, i) alone: the backward
// pass makes the mask again, and a resumed run needs no generator state. P is rounded to
// a multiple of 2⁻³²; the scale is that of the rounded P, and the mean is kept exactly.
type Dropout struct {
	P          float32
	Seed, Step uint64
	Site       uint32
}

// Dropout writes the elements of x, kept or not, the first of which has index base; y may be x. Without
// P they are copied. The mask has the same bits at every level.
func (mc *Machine) Dropout(d Dropout, y, x []float32, base uint64) {
	threshold := uint64(float64(d.P)*(1<<32) + 0.5)
	if threshold == 0 {
		copy(y, x)
		return
	}
	scale := float32((1 << 32) / float64((1<<32)-threshold))
	for len(x) > 0 { // the lower half of an index is counted, the upper is part of the key
		n := int(min(uint64(len(x)), 1<<32-base&(1<<32-1)))
		key := seed.Mix(seed.Mix(seed.At(d.Seed, 1)^d.Step) ^ uint64(d.Site)<<32 ^ base>>32)
		mc.level.keep(y[:n], x[:n], uint32(base), uint32(key), uint32(key>>32), uint32(threshold), scale)
		y, x, base = y[n:], x[n:], base+uint64(n)
	}
}

// keep applies the mask to elements numbered from first on. Whether one is kept hangs on
// 32 bits that two keyed rounds of Chris Wellons's lowbias32 make of its number.
func (l Level) keep(y, x []float32, first, key0, key1, threshold uint32, scale float32) {
	if l.vectorDropout(y, x, first, key0, key1, threshold, scale) {
		return
	}
	for i, v := range x {
		h := (first + uint32(i)) ^ key0
		h = (h ^ h>>16) * 0x7feb352d
		h = ((h ^ h>>15) + key1) * 0x846ca68b
		if h ^= h >> 16; h < threshold {
			y[i] = 0
		} else {
			y[i] = v * scale
		}
	}
}
