package program_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/program"
)

// What lies above the highest rank of a batch is not computed with: were it NaN, neither logits
// nor loss nor gradients would have another bit, in every update mode, for one rank and for ranks
// mixed in the batch.
func TestRanksAboveTheBatchAreNotRead(t *testing.T) {
	t.Parallel()
	const sequences, most = 6, 5
	mixed := []int{1, most, 2, 4, 3, most}
	nan := float32(math.NaN())
	for _, u := range []adapter.Update{adapter.All, adapter.Frozen, adapter.Strict} {
		for name, at := range map[string][]int{"one": ranks(sequences, most), "mixed": mixed} {
			t.Run(fmt.Sprint(u, " ", name), func(t *testing.T) {
				t.Parallel()
				p, a := adapted(t, kerneltest.New(t), program.Options{Update: u}, "query", "value", "output.dense")
				run := func() (all [][]float32) {
					b := batch(sequences)
					all = append(all, logits(t, p, b, at))
					loss, err := p.ForwardBackward(b, program.Pass{Ranks: at, Weight: 1. / sequences})
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, []float32{float32(loss)})
					for _, x := range p.Params() {
						all = append(all, slices.Clone(x.Grad))
						clear(x.Grad)
					}
					return all
				}
				want := run()
				for _, m := range a.Modules {
					for i := most * m.In; i < len(m.A); i++ {
						m.A[i] = nan
					}
					for i := range m.B {
						if i%a.Rank >= most {
							m.B[i] = nan
						}
					}
				}
				for i, got := range run() {
					if !slices.Equal(got, want[i]) {
						t.Fatalf("output %d of logits, loss and gradients depends on rows above rank %d", i, most)
					}
				}
			})
		}
	}
}
