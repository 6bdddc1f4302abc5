package data

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestOrderStaysAsItIs pins the numbers themselves: a run that is resumed by a later
// version must go on in the same order. They were computed from the definitions of Order and package seed by an
// independent program.
func TestOrderStaysAsItIs(t *testing.T) {
	for _, tt := range []struct {
		n     int
		seed  uint64
		epoch int
		want  []int32
	}{
		{0, 1, 0, []int32{}},
		{1, 1, 0, []int32{0}},
		{10, 0, 0, []int32{3, 2, 7, 5, 8, 6, 9, 1, 4, 0}},
		{10, 0, 1, []int32{7, 9, 5, 3, 8, 4, 0, 2, 6, 1}},
		{10, 42, 0, []int32{4, 3, 6, 5, 2, 7, 9, 1, 8, 0}},
		{10, 18446744073709551615, 3, []int32{5, 8, 1, 2, 3, 6, 7, 0, 4, 9}},
	} {
		if got := Order(tt.n, tt.seed, tt.epoch); !slices.Equal(got, tt.want) {
			t.Errorf("Order(%d, %d, %d) = %v, want %v", tt.n, tt.seed, tt.epoch, got, tt.want)
		}
	}
}

func TestOrderIsAPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		seed, epoch := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 100).Draw(t, "epoch")
		got := Order(n, seed, epoch)
		if !slices.Equal(got, Order(n, seed, epoch)) {
			t.Error("the same arguments give another order")
		}
		slices.Sort(got)
		for i, v := range got {
			if int(v) != i {
				t.Fatalf("sorted: %v", got)
			}
		}
		if len(got) != n {
			t.Errorf("%d entries, want %d", len(got), n)
		}
	})
}

// TestOrderIsEven counts where each of five entries goes over many epochs and seeds.
func TestOrderIsEven(t *testing.T) {
	const n, rounds = 5, 20000
	var at [n][n]int
	for i := range rounds {
		for place, v := range Order(n, uint64(i/100), i%100) {
			at[v][place]++
		}
	}
	for v := range n {
		for place, count := range at[v] {
			if count < rounds/n-300 || count > rounds/n+300 { // 5.3 standard deviations
				t.Errorf("entry %d is at place %d in %d of %d", v, place, count, rounds)
			}
		}
	}
}

func TestOrderDiffers(t *testing.T) {
	seen := map[[8]int32]bool{}
	for seed := range uint64(10) {
		for epoch := range 10 {
			seen[[8]int32(Order(1000, seed, epoch)[:8])] = true
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d orders from 100 seeds and epochs", len(seen))
	}
}
