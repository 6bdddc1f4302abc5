package train

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// indices are those of the examples of a batch.
func indices(t rapid.TB, s *Shuffled, epoch, i int) []int {
	b, err := s.Batch(epoch, i)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(b.Index)
}

// TestShuffled: an epoch has every example once, in full batches but for the last, and a
// batch is the same whatever was read before.
func TestShuffled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, size := rapid.IntRange(1, 60).Draw(t, "examples"), rapid.IntRange(1, 9).Draw(t, "size")
		seed := rapid.Uint64().Draw(t, "seed")
		epoch := rapid.IntRange(0, 5).Draw(t, "epoch")
		s := NewShuffled(numbers(n), size, seed)
		var all []int
		for i := range s.Batches() {
			batch := indices(t, s, epoch, i)
			if last := i == s.Batches()-1; len(batch) != size && !(last && len(batch) == n-i*size && len(batch) > 0) {
				t.Fatalf("batch %d of %d has %d examples", i, s.Batches(), len(batch))
			}
			all = append(all, batch...)
		}
		again := NewShuffled(numbers(n), size, seed)
		for i := s.Batches() - 1; i >= 0; i-- {
			indices(t, again, epoch+1+i%2, i) // another epoch between
			if got, want := indices(t, again, epoch, i), all[i*size:min((i+1)*size, n)]; !slices.Equal(got, want) {
				t.Fatalf("batch %d is %v, was %v", i, got, want)
			}
		}
		slices.Sort(all)
		for i, index := range all {
			if i != index || len(all) != n {
				t.Fatalf("%d examples in the epoch: %v", n, all)
			}
		}
	})
}

// TestShuffledOrder is another in another epoch, and with another seed.
func TestShuffledOrder(t *testing.T) {
	order := func(seed uint64, epoch int) []int {
		b, err := NewShuffled(numbers(50), 50, seed).Batch(epoch, 0)
		must(t, err)
		return b.Index
	}
	if slices.Equal(order(1, 0), order(1, 1)) || slices.Equal(order(1, 0), order(2, 0)) || slices.IsSorted(order(1, 0)) {
		t.Error("an order comes twice, or nothing was shuffled")
	}
}

// TestShuffledLarge: a batch of more than there are is all of them, however many more; it
// takes no memory for the others.
func TestShuffledLarge(t *testing.T) {
	want := indices(t, NewShuffled(numbers(22), 22, 1), 3, 0)
	for _, size := range []int{23, 1_000_000_000, math.MaxInt} {
		s := NewShuffled(numbers(22), size, 1)
		if s.Batches() != 1 {
			t.Errorf("size %d: %d batches", size, s.Batches())
		}
		if got := indices(t, s, 3, 0); !slices.Equal(got, want) {
			t.Errorf("size %d: %v, want %v", size, got, want)
		}
	}
	if n := NewShuffled(numbers(0), 5, 1).Batches(); n != 0 {
		t.Errorf("%d batches of nothing", n)
	}
}
