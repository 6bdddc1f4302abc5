package data

import "github.com/dylora/dylora/internal/seed"

// Order is the order of one epoch: a permutation of 0 … n-1 that depends on nothing but
// its arguments, so nothing has to be saved to resume, and no Go version can change it.
//
// It is a Fisher–Yates shuffle of 0 … n-1: for i = n-1, …, 1, entries i and j are swapped,
// where j is the i-th number, from 1, of SplitMix64 that starts at the key of (run's seed,
// "order", epoch), brought below i+1. Some j are likelier than others by less than 1 part
// in 2⁶⁴/n, which no training can notice.
func Order(n int, runSeed uint64, epoch int) []int32 {
	key := seed.Key(runSeed, "order", uint64(epoch))
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	for i := n - 1; i > 0; i-- {
		j := seed.Below(seed.At(key, uint64(i)), i+1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}
