package program_test

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/models"
)

// mini is the embedded model with an adapter whose B is not zero.
func mini(t testing.TB, o program.Options) (*program.Program, *adapter.Adapter) {
	t.Helper()
	return adapted(t, kerneltest.New(t), o, "query", "value")
}

// adapted is mini on a machine, with an adapter on other projections.
func adapted(t testing.TB, mc *kernel.Machine, o program.Options, targets ...string) (*program.Program, *adapter.Adapter) {
	t.Helper()
	return join(t, loadMini(t, mc), o, targets...)
}

// loadMini is the embedded model on a machine.
func loadMini(t testing.TB, mc *kernel.Machine) *model.Model {
	t.Helper()
	m, err := model.Load(models.Mini(), "mini", model.LoadOptions{Machine: mc})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// join gives a model an adapter.
func join(t testing.TB, m *model.Model, o program.Options, targets ...string) (*program.Program, *adapter.Adapter) {
	t.Helper()
	projections, err := m.Projections(targets)
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.New(8, 16, adapter.Paper, projections, m.Head(2, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Modules {
		for j := range a.Modules[i].B {
			a.Modules[i].B[j] = float32((i+j)%9-4) / 200
		}
	}
	p, err := program.New(m, a, &data.Task{Name: "two", Labels: []string{"no", "yes"}, Metrics: []string{"accuracy"}}, o)
	if err != nil {
		t.Fatal(err)
	}
	return p, a
}

// batch has n sequences of 5 to 24 tokens.
func batch(n int) *data.Batch {
	var es []data.Encoded
	for i := range n {
		e := data.Encoded{Index: i, Class: int32(i % 2)}
		for j := range 5 + (i*7)%20 {
			e.IDs = append(e.IDs, int32(4+(i*31+j*17)%8000))
		}
		es = append(es, e)
	}
	return data.Pack(es)
}

func ranks(n, rank int) []int {
	r := make([]int, n)
	for i := range r {
		r[i] = rank
	}
	return r
}

func logits(t *testing.T, p *program.Program, b *data.Batch, ranks []int) []float32 {
	t.Helper()
	l, err := p.Logits(b, ranks)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(l)
}

// An example's logits have the same bits in any batch, at any capacity, for any number
// of threads, and beside other ranks.
func TestLogitsDoNotDependOnTheBatch(t *testing.T) {
	t.Parallel()
	p, _ := mini(t, program.Options{})
	all := batch(20)
	want := logits(t, p, all, ranks(20, 3))
	if !slices.Equal(logits(t, p.WithThreads(1), all, ranks(20, 3)), want) {
		t.Error("one thread gives other bits")
	}
	mixed := ranks(20, 3)
	mixed[0], mixed[19] = 8, 1
	if got := logits(t, p, all, mixed); !slices.Equal(got[2:38], want[2:38]) {
		t.Error("the ranks of other sequences change the bits")
	}
	for i := range 20 {
		e := data.Encoded{IDs: all.IDs[all.Offsets[i]:all.Offsets[i+1]]}
		if got := logits(t, p, data.Pack([]data.Encoded{e}), []int{3}); !slices.Equal(got, want[2*i:2*i+2]) {
			t.Errorf("sequence %d alone: %v, in the batch %v", i, got, want[2*i:2*i+2])
		}
	}
}

// The slice at rank b, alone, is the program at gate b.
func TestSliceIsTheGate(t *testing.T) {
	t.Parallel()
	p, a := mini(t, program.Options{})
	b := batch(6)
	for rank := 1; rank <= 8; rank++ {
		want := logits(t, p, b, ranks(6, rank))
		cut, err := a.Slice(rank)
		if err != nil {
			t.Fatal(err)
		}
		q, other := mini(t, program.Options{})
		for i := range other.Modules { // rows beyond b of another adapter must not matter
			copy(other.Modules[i].A, cut.Modules[i].A)
			for o := range other.Modules[i].Out {
				copy(other.Modules[i].B[o*8:o*8+rank], cut.Modules[i].B[o*rank:(o+1)*rank])
			}
		}
		if !slices.Equal(logits(t, q, b, ranks(6, rank)), want) {
			t.Errorf("rank %d: the slice gives other logits", rank)
		}
	}
}

// Gradients do not depend on the number of threads, and add up over calls.
func TestGradients(t *testing.T) {
	t.Parallel()
	gradients := func(threads, calls int) [][]float32 {
		p, _ := mini(t, program.Options{Seed: 3, Dropout: true})
		p = p.WithThreads(threads)
		for range calls {
			if _, err := p.ForwardBackward(batch(12), program.Pass{Step: 4, Ranks: ranks(12, 5), Weight: 1. / 12}); err != nil {
				t.Fatal(err)
			}
		}
		var all [][]float32
		for _, x := range p.Params() {
			all = append(all, slices.Clone(x.Grad))
		}
		return all
	}
	one, two, twice := gradients(1, 1), gradients(2, 1), gradients(1, 2)
	for i := range one {
		if !slices.Equal(one[i], two[i]) {
			t.Errorf("gradient %d differs between one and two threads", i)
		}
		for j, g := range one[i] {
			if twice[i][j] != 2*g {
				t.Fatalf("gradient %d does not add up over calls", i)
			}
		}
	}
}

// Rows of A and columns of B beyond the rank get no gradient; in the other modes only
// the rank's own do.
func TestUpdateModes(t *testing.T) {
	t.Parallel()
	for _, u := range []adapter.Update{adapter.All, adapter.Frozen, adapter.Strict} {
		p, _ := mini(t, program.Options{Update: u})
		const rank = 5
		if _, err := p.ForwardBackward(batch(4), program.Pass{Ranks: ranks(4, rank), Weight: 1}); err != nil {
			t.Fatal(err)
		}
		for _, x := range p.Params() {
			if x.RankAxis < 0 {
				continue
			}
			for r := range 8 {
				moves := slices.ContainsFunc(row(x, r), func(g float32) bool { return g != 0 })
				if want := r == rank-1 || r < rank && u == adapter.All; moves != want {
					t.Errorf("%s: %s: row %d has a gradient: %t, want %t", u, x.Name, r+1, moves, want)
				}
			}
		}
	}
}

// row is the part of a gradient that belongs to rank r+1.
func row(x program.Param, r int) (v []float32) {
	if x.RankAxis == 0 {
		return x.Grad[r*x.Shape[1] : (r+1)*x.Shape[1]]
	}
	for i := range x.Shape[0] {
		v = append(v, x.Grad[i*x.Shape[1]+r])
	}
	return v
}

func TestFaults(t *testing.T) {
	t.Parallel()
	p, _ := mini(t, program.Options{})
	for _, r := range [][]int{{9, 1}, {-1, 1}, {1}} {
		if _, err := p.Logits(batch(2), r); err == nil {
			t.Errorf("ranks %v: no error", r)
		}
	}
}

func BenchmarkForwardBackward(b *testing.B) {
	p, _ := mini(b, program.Options{Dropout: true})
	x := batch(32)
	for i := 0; b.Loop(); i++ {
		if _, err := p.ForwardBackward(x, program.Pass{Step: i, Ranks: ranks(32, 8), Weight: 1. / 32}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(32*float64(b.N)/b.Elapsed().Seconds(), "sequences/s")
}

func BenchmarkLogits(b *testing.B) {
	p, _ := mini(b, program.Options{})
	x := batch(32)
	for b.Loop() {
		if _, err := p.Logits(x, ranks(32, 8)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(32*float64(b.N)/b.Elapsed().Seconds(), "sequences/s")
}
