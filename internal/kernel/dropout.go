package kernel

// Dropout keeps an element with probability 1 - P and scales what it keeps by 1/(1 - P).
// Whether element i is kept is a function of (Seed, Step, Site, i) alone: the backward
// pass makes the mask again, and a resumed run needs no generator state. Four elements
// share one 64-bit hash, 16 bits each, so P is rounded to a multiple of 1/65536; the
// scale is that of the rounded P, and the mean is kept exactly.
type Dropout struct {
	P          float32
	Seed, Step uint64
	Site       uint32
}

// Apply writes the elements of x, the first of which has index base; y may be x. Without
// P they are copied.
func (d Dropout) Apply(y, x []float32, base uint64) {
	threshold := uint64(d.P*65536 + 0.5)
	if threshold == 0 {
		copy(y, x)
		return
	}
	scale := 65536 / float32(65536-threshold)
	key := mix(mix(d.Seed+0x9e3779b97f4a7c15)^d.Step) ^ uint64(d.Site)<<32
	for i := 0; i < len(x); {
		at := base + uint64(i)
		h := mix(key+(at>>2)*0x9e3779b97f4a7c15) >> (16 * (at & 3))
		for n := 4 - at&3; n > 0 && i < len(x); n-- {
			if h&0xffff < threshold {
				y[i] = 0
			} else {
				y[i] = x[i] * scale
			}
			h >>= 16
			i++
		}
	}
}

// mix is the finaliser of splitmix64 (Steele, Lea, Flood 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
