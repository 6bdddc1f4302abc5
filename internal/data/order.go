package data

import "math/bits"

// Order is the order of one epoch: a permutation of 0 … n-1 that depends on nothing but
// its arguments, so nothing has to be saved to resume, and no Go version can change it.
//
// It is a Fisher–Yates shuffle of 0 … n-1: for i = n-1, …, 1, entries i and j are swapped,
// j = ⌊draw(i)·(i+1) / 2⁶⁴⌋. The draws are SplitMix64's, read by counter:
//
//	key     = mix(mix(mix(seed) + "order") + epoch)
//	draw(i) = mix(key + i·0x9e3779b97f4a7c15)
//
// mix is SplitMix64's output function (Steele, Lea and Flood 2014), all sums are modulo
// 2⁶⁴, and "order" is its five ASCII bytes as a big-endian number. Some j are likelier than
// others by less than 1 part in 2⁶⁴/n, which no training can notice.
func Order(n int, seed uint64, epoch int) []int32 {
	const purpose = 'o'<<32 | 'r'<<24 | 'd'<<16 | 'e'<<8 | 'r'
	key := mix(mix(mix(seed)+purpose) + uint64(epoch))
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	for i := n - 1; i > 0; i-- {
		draw := mix(key + uint64(i)*0x9e3779b97f4a7c15)
		j, _ := bits.Mul64(draw, uint64(i+1))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// mix is a bijection of 64 bits in which every input bit changes half the output's.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
