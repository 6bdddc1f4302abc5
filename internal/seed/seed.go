// Package seed makes random numbers that are functions of a seed, a purpose and a place,
// such as a name or a step: nothing has to be saved to resume, and no version of Go changes
// them. The bits are part of the results that dylora documents, so they stay.
//
// There are two families. SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
// number generators", 2014) serves what is drawn often: Mix, At, Key, and Stream. A PCG
// seeded by SHA-256 serves A's initial values and the ranks of steps: Hashed.
package seed

import "math/bits"

// gamma is the increment of SplitMix64's state: 2⁶⁴ divided by the golden ratio, odd.
const gamma = 0x9e3779b97f4a7c15

// Mix is SplitMix64's output function, a bijection of 64 bits in which every input bit
// changes half of the output's. Mix(0) is 0.
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// At is the i-th number, counted from 1, of the stream that starts at state: SplitMix64 read
// by counter instead of in order.
func At(state, i uint64) uint64 { return Mix(state + i*gamma) }

// Key is a state for the draws of one purpose in one step or epoch n:
//
//	Mix(Mix(Mix(seed) + purpose) + n)
//
// purpose is at most eight ASCII bytes, read as a big-endian number; sums are modulo 2⁶⁴.
func Key(seed uint64, purpose string, n uint64) uint64 {
	var number uint64
	for _, b := range []byte(purpose) {
		number = number<<8 | uint64(b)
	}
	return Mix(Mix(Mix(seed)+number) + n)
}

// Below maps 64 random bits to 0 … n-1 by their upper bits: ⌊random·n / 2⁶⁴⌋, n above 0.
// Some numbers are likelier than others by less than 1 part in 2⁶⁴/n.
func Below(random uint64, n int) int {
	high, _ := bits.Mul64(random, uint64(n))
	return int(high)
}

// Unit maps 64 random bits to [0, 1), as multiples of 2⁻⁵³.
func Unit(random uint64) float64 { return float64(random>>11) / (1 << 53) }

// OpenUnit maps 64 random bits to (0, 1], whose logarithm is finite: Unit and half of its
// step, rounded to the nearest float64.
func OpenUnit(random uint64) float64 { return (float64(random>>11) + 0.5) / (1 << 53) }
