package adapter_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/weights"
)

// update is the change that a makes to a module at a rank.
func update(a *adapter.Adapter, m *adapter.Module, r int) *mat.Dense {
	own, scale := a.Scale(m, r)
	p := product(a, m, own)
	p.Scale(scale, p)
	return p
}

// TestLevelled: the same update at the rank R, whatever the scaling, and below it the same scale.
func TestLevelled(t *testing.T) {
	t.Parallel()
	for _, scaling := range []adapter.Scaling{adapter.Paper, adapter.Sqrt, adapter.Constant} {
		for _, cut := range []int{4, 3} {
			a, err := mixed(t).Slice(cut)
			must(t, err)
			a.Scaling = scaling
			c := a.Levelled()
			if c.Scaling != adapter.Constant || &c.Modules[0].A[0] == &a.Modules[0].A[0] {
				t.Errorf("%v: %v, shares memory: %t", scaling, c.Scaling, &c.Modules[0].A[0] == &a.Modules[0].A[0])
			}
			for i := range a.Modules {
				m := &c.Modules[i]
				_, want := a.Scale(&a.Modules[i], cut)
				for r := 1; r <= cut; r++ {
					if _, got := c.Scale(m, r); math.Abs(got-want) > 1e-12*want {
						t.Errorf("%v at %d, %s: scale %v at rank %d, want %v", scaling, cut, m.Name, got, r, want)
					}
				}
				if d := distance(update(a, &a.Modules[i], cut), update(c, m, cut), nil); d > 1e-6 {
					t.Errorf("%v at %d, %s: the update moved by %g", scaling, cut, m.Name, d)
				}
			}
		}
	}
}

// gates are the scales of all modules at all ranks.
func gates(a *adapter.Adapter) (all []float64) {
	for i := range a.Modules {
		for r := range a.Rank {
			_, scale := a.Scale(&a.Modules[i], r+1)
			all = append(all, scale)
		}
	}
	return all
}

// TestShrink: the folder of a shrunk adapter computes, with the scale that PEFT takes from its configuration, the best
// approximation of the whole update.
func TestShrink(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]*adapter.Adapter{"plain": trained(t), "mixed": mixed(t)} {
		for r := 1; r <= a.Rank; r++ {
			small, err := a.Shrink(r, nil)
			must(t, err)
			dir := filepath.Join(t.TempDir(), "a")
			must(t, adapter.Save(dir, small, nil, adapter.SaveOptions{}))
			whole, _, err := adapter.Load(dir)
			must(t, err)
			if !slices.Equal(gates(whole), gates(small)) {
				t.Errorf("%s at %d: gates %v, read again %v", name, r, gates(small), gates(whole))
			}
			must(t, os.Remove(filepath.Join(dir, "dylora.json"))) // as PEFT reads it
			read, _, err := adapter.Load(dir)
			must(t, err)
			if read.Scaling != adapter.Paper || read.Rank != r {
				t.Errorf("%s at %d: rank %d, %v", name, r, read.Rank, read.Scaling)
			}
			for i := range a.Modules {
				whole := update(a, &a.Modules[i], a.Rank)
				got, best := distance(whole, update(read, &read.Modules[i], r), nil), tail(whole, r)
				if math.Abs(got-best) > 1e-5*mat.Norm(whole, 2) {
					t.Errorf("%s at %d, %s: %g from the whole, the best is %g", name, r, a.Modules[i].Name, got, best)
				}
			}
		}
	}
	a := trained(t)
	must(t, a.GrowHeads())
	a.TakeHeads(func(rank int) []weights.Tensor {
		own := weights.CloneAll(a.Head)
		own[3].Data[0] = float32(rank)
		return own
	})
	small, err := a.Shrink(2, nil)
	must(t, err)
	if len(small.Heads) > 0 || small.Head[3].Data[0] != 4 {
		t.Errorf("of heads by rank it has %d tensors, and the bias %v", len(small.Heads), small.Head[3].Data)
	}
	if _, err := trained(t).Shrink(5, nil); err == nil {
		t.Error("shrunk to more than it has")
	}
}

// TestKept: the share by its definition.
func TestKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := drawModule(t)
		a.Scaling = rapid.SampledFrom([]adapter.Scaling{adapter.Paper, adapter.Sqrt, adapter.Constant}).Draw(t, "scaling")
		m := &a.Modules[0]
		whole := update(a, m, a.Rank)
		size := mat.Norm(whole, 2)
		terms := norm(m.A) * norm(m.B) * a.Alpha // what may cancel
		kept := a.Kept()
		for r := 1; r <= a.Rank; r++ {
			d := distance(whole, update(a, m, r), nil)
			want := 1.0
			if size > 0 {
				want = 1 - d*d/(size*size)
			}
			if math.Abs(kept[r-1]-want)*size*size > 1e-9*terms*terms {
				t.Fatalf("rank %d keeps %v, want %v", r, kept[r-1], want)
			}
		}
	})
	a := trained(t)
	must(t, a.Resort(nil))
	if kept := a.Levelled().Kept(); !slices.IsSorted(kept) || kept[0] < 0.25 || kept[3] != 1 {
		t.Errorf("sorted by what they contribute, the ranks keep %v", kept)
	}
	for i := range a.Modules {
		clear(a.Modules[i].B)
	}
	if kept := a.Kept(); kept[0] != 1 {
		t.Errorf("of nothing is kept %v", kept)
	}
}
