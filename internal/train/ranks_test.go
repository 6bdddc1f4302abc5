package train

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// TestDrawIsPure: a rank is a function of seed, step and position, in whatever order they
// come, and one that the sampler can draw.
func TestDrawIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]Draw{OneRank, MixedRanks, Sandwich}).Draw(t, "draw")
		seed, step := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 1<<40).Draw(t, "step")
		var forwards, backwards []int
		for position := range 12 {
			forwards = append(forwards, d.Rank(uniformRanks{}, seed, step, position))
			backwards = append(backwards, d.Rank(uniformRanks{}, seed, step, 11-position))
		}
		slices.Reverse(backwards)
		if !slices.Equal(forwards, backwards) || slices.Min(forwards) < 1 || slices.Max(forwards) > fakeRank {
			t.Fatalf("%v: ranks %v, and backwards %v", d, forwards, backwards)
		}
	})
}

// TestOneRank is the sampler's for all sequences of a step.
func TestOneRank(t *testing.T) {
	for step := range 50 {
		for position := range 10 {
			if got, want := OneRank.Rank(uniformRanks{}, 5, step, position), (uniformRanks{}).Rank(5, step); got != want {
				t.Fatalf("rank %d at step %d, position %d; want %d", got, step, position, want)
			}
		}
	}
}

// TestDrawDistribution: over many steps each rank comes as often as the draw says, with no
// more than chance between neighbours in position and step.
func TestDrawDistribution(t *testing.T) {
	const steps, sequences = 1000, 32
	for d, want := range map[Draw][]float64{
		OneRank:    {1. / 3, 1. / 3, 1. / 3},
		MixedRanks: {1. / 3, 1. / 3, 1. / 3},
		Sandwich:   {1./4 + 1./6, 1. / 6, 1./4 + 1./6},
	} {
		counts := make([]float64, fakeRank)
		same := 0.0 // at the same position of the next step
		for step := range steps {
			for position := range sequences {
				r := d.Rank(uniformRanks{}, 11, step, position)
				counts[r-1]++
				if r == d.Rank(uniformRanks{}, 11, step+1, position) {
					same++
				}
			}
		}
		n := float64(steps * sequences)
		if d == OneRank {
			n, same = steps, same/sequences
			for i := range counts {
				counts[i] /= sequences
			}
		}
		repeats := 1. / 3
		if d == Sandwich {
			repeats = 1./2 + 1./6
		}
		for i, c := range counts {
			if off := math.Abs(c/n - want[i]); off > 4*math.Sqrt(want[i]/n) { // four standard errors
				t.Errorf("%v: rank %d in %.4f of the draws, want %.4f", d, i+1, c/n, want[i])
			}
		}
		if off := math.Abs(same/n - repeats); off > 4*math.Sqrt(repeats/n) {
			t.Errorf("%v: %.4f of the ranks are the next step's, want %.4f", d, same/n, repeats)
		}
	}
}

// TestMixedSteps: the draws of one step are not those of another that are moved along.
func TestMixedSteps(t *testing.T) {
	ranks := func(step, from int) (all []int) {
		for position := range 40 {
			all = append(all, MixedRanks.Rank(uniformRanks{}, 3, step, from+position))
		}
		return all
	}
	for from := range 20 {
		if slices.Equal(ranks(7, from), ranks(8, 0)) || slices.Equal(ranks(7, 0), ranks(8, from)) {
			t.Errorf("step 8 has step 7's ranks, %d places along", from)
		}
	}
}

// TestSandwichRule: of four sequences one has the smallest rank, one the largest, and two
// the ranks that they would have mixed.
func TestSandwichRule(t *testing.T) {
	for position := range 40 {
		want := MixedRanks.Rank(uniformRanks{}, 9, 4, position)
		switch position % 4 {
		case 0:
			want = 1
		case 1:
			want = fakeRank
		}
		if got := Sandwich.Rank(uniformRanks{}, 9, 4, position); got != want {
			t.Errorf("position %d has rank %d, want %d", position, got, want)
		}
	}
}

// TestDrawBits: what a run draws is not changed by a new version.
func TestDrawBits(t *testing.T) {
	for d, want := range map[Draw]string{
		OneRank:    "[3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3]",
		MixedRanks: "[1 2 3 1 2 1 3 1 1 2 2 3 3 2 1 1]",
		Sandwich:   "[1 3 3 1 1 3 3 1 1 3 2 3 1 3 1 1]",
	} {
		var got []int
		for position := range 16 {
			got = append(got, d.Rank(uniformRanks{}, 42, 7, position))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%v: %v, want %s", d, got, want)
		}
	}
}

// TestAssign: positions count through all batches of a window.
func TestAssign(t *testing.T) {
	batch := func(n int) *data.Batch {
		es := make([]data.Encoded, n)
		for i := range es {
			es[i].IDs = []int32{1}
		}
		return data.Pack(es)
	}
	got := MixedRanks.assign(uniformRanks{}, 1, 2, []*data.Batch{batch(3), batch(1), batch(4)})
	var want []int
	for position := range 8 {
		want = append(want, MixedRanks.Rank(uniformRanks{}, 1, 2, position))
	}
	if len(got) != 3 || len(got[0]) != 3 || len(got[1]) != 1 || len(got[2]) != 4 || !slices.Equal(slices.Concat(got...), want) {
		t.Errorf("ranks %v, want %v in batches of 3, 1 and 4", got, want)
	}
}

func TestParseDraw(t *testing.T) {
	for _, d := range []Draw{OneRank, MixedRanks, Sandwich} {
		if got, err := ParseDraw(d.String()); got != d || err != nil {
			t.Errorf("%v is read as %v, %v", d, got, err)
		}
	}
	for _, name := range []string{"", "One", "unknown"} {
		if d, err := ParseDraw(name); fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q is %v, %v", name, d, err)
		}
	}
}
