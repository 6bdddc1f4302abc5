package program_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
)

// copies is b n times over, as a sweep packs it; told says whether the batch says so.
func copies(b *data.Batch, n int, told bool) *data.Batch {
	c := &data.Batch{Offsets: []int32{0}}
	for range n {
		for _, end := range b.Offsets[1:] {
			c.Offsets = append(c.Offsets, int32(len(c.IDs))+end)
		}
		c.IDs = append(c.IDs, b.IDs...)
	}
	if told {
		c.Copies = n
	}
	return c
}

// A sweep's copies have the bits of separate evaluations at each rank, and of a batch that
// does not know that it is copies: on every kernel, with any threads, wherever the adapters
// begin.
func TestCopiesHaveTheSameBits(t *testing.T) {
	t.Parallel()
	for _, targets := range [][]string{{"query", "value"}, {"output.dense"}, {"key"}} {
		for _, level := range kernel.Levels() {
			t.Run(fmt.Sprint(targets, level), func(t *testing.T) {
				n, sequences := 5, 7
				if level == kernel.Portable { // slow
					if testing.Short() {
						t.Skip("plain Go is slow, above all under the race detector")
					}
					n, sequences = 3, 2
				}
				b := batch(sequences)
				p, _ := adapted(t, kernel.At(level, 0), program.Options{}, targets...)
				var want []float32
				var all []int
				for rank := range n { // rank 0 is the base model
					want = append(want, logits(t, p, b, ranks(sequences, rank))...)
					all = append(all, ranks(sequences, rank)...)
				}
				for _, threads := range []int{1, 3} {
					p := p.WithThreads(threads)
					for _, told := range []bool{true, false} {
						if got := logits(t, p, copies(b, n, told), all); !slices.Equal(got, want) {
							t.Errorf("%d threads, told %v: other bits than one rank at a time", threads, told)
						}
					}
				}
				if got := logits(t, p, b, ranks(sequences, 0)); !slices.Equal(got, want[:len(got)]) {
					t.Error("a batch after one of copies has other bits")
				}
			})
		}
	}
}

// A batch that is not what it says is refused.
func TestCopiesFaults(t *testing.T) {
	t.Parallel()
	p, _ := mini(t, program.Options{})
	for name, change := range map[string]func(c *data.Batch){
		"another token":  func(c *data.Batch) { c.IDs[len(c.IDs)-1]++ },
		"another length": func(c *data.Batch) { c.Offsets[5]++ },
		"another number": func(c *data.Batch) { c.Copies = 4 },
		"other types":    func(c *data.Batch) { c.Types = make([]int32, len(c.IDs)); c.Types[len(c.IDs)-1] = 1 },
		"too few types":  func(c *data.Batch) { c.Types = make([]int32, 3) },
	} {
		c := copies(batch(3), 3, true)
		change(c)
		if _, err := p.Logits(c, ranks(9, 2)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// BenchmarkSweep compares eight ranks in one pass with eight evaluations, of 16 sentences.
func BenchmarkSweep(b *testing.B) {
	p, _ := mini(b, program.Options{})
	one := batch(16)
	var all []int
	for r := range 8 {
		all = append(all, ranks(16, r+1)...)
	}
	run := func(b *testing.B, batch *data.Batch, ranks []int) {
		if _, err := p.Logits(batch, ranks); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("OnePass", func(b *testing.B) {
		together := copies(one, 8, true)
		for b.Loop() {
			run(b, together, all)
		}
	})
	b.Run("OnePassNotShared", func(b *testing.B) {
		together := copies(one, 8, false)
		for b.Loop() {
			run(b, together, all)
		}
	})
	b.Run("Separate", func(b *testing.B) {
		for b.Loop() {
			for r := range 8 {
				run(b, one, ranks(16, r+1))
			}
		}
	})
}
