package program_test

import (
	"math"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/program"
)

// TestMomentsOfH: the moments are quadratic in A and do not depend on how sequences lie in
// batches. What they are of is shown by rows of A that pick single inputs: the first layer's
// query and value meet the same x, so equal rows have equal moments.
func TestMomentsOfH(t *testing.T) {
	t.Parallel()
	p, a := mini(t, program.Options{Dropout: true, Seed: 3})
	for i := range a.Modules {
		m := &a.Modules[i]
		clear(m.A)
		for r := range a.Rank {
			m.A[r*m.In+r] = float32(1 + r)
		}
	}
	all := batch(20)
	got, err := p.Moments([]*data.Batch{all})
	if err != nil {
		t.Fatal(err)
	}
	var single []*data.Batch
	for i := range 20 {
		single = append(single, slice(all, i))
	}
	apart, err := p.Moments(single)
	if err != nil {
		t.Fatal(err)
	}
	r := a.Rank
	for _, m := range a.Modules {
		v := got[m.Name]
		for k := range v {
			within := 1e-5 * math.Sqrt(v[k/r*(r+1)]*v[k%r*(r+1)])
			if math.Abs(v[k]-v[k%r*r+k/r]) > within || math.Abs(v[k]-apart[m.Name][k]) > within {
				t.Fatalf("%s: element %d is %v, across %v, in batches of one %v", m.Name, k, v[k], v[k%r*r+k/r], apart[m.Name][k])
			}
		}
	}
	query, value := got[a.Modules[0].Name], got[a.Modules[1].Name]
	if !slices.Equal(query, value) || a.Modules[0].In != a.Modules[1].In || query[0] == 0 {
		t.Errorf("%s and %s differ: %v, %v", a.Modules[0].Name, a.Modules[1].Name, query, value)
	}
	for i := range a.Modules[0].A {
		a.Modules[0].A[i] *= 2
	}
	if got, err = p.Moments([]*data.Batch{all}); err != nil {
		t.Fatal(err)
	}
	for k, x := range got[a.Modules[0].Name] {
		if x != 4*query[k] {
			t.Errorf("element %d of twice the rows: %v, want %v", k, x, 4*query[k])
		}
	}
}

// slice is the batch of one sequence.
func slice(b *data.Batch, i int) *data.Batch {
	return data.Pack([]data.Encoded{{Index: i, Class: b.Classes[i], IDs: b.IDs[b.Offsets[i]:b.Offsets[i+1]]}})
}

// TestResortKeepsFullRank: after either re-sorting the logits at full rank are the same but for
// rounding, and at rank 1, with the scale of full rank, nearer to them than before.
func TestResortKeepsFullRank(t *testing.T) {
	t.Parallel()
	b := batch(24)
	for name, sample := range map[string][]*data.Batch{"plain": nil, "weighted": {batch(12), b}} {
		p, a := mini(t, program.Options{})
		a.Alpha = 64 // so that the ranks matter
		full := logits(t, p, b, ranks(24, 8))
		cut := func() float64 { // distance of rank 1 at the scale α/R
			a.Alpha /= 8
			defer func() { a.Alpha *= 8 }()
			return distance(logits(t, p, b, ranks(24, 1)), full)
		}
		before := cut()
		if err := p.Resort(sample); err != nil {
			t.Fatal(err)
		}
		after := cut()
		if d := distance(logits(t, p, b, ranks(24, 8)), full); d > 1e-4 {
			t.Errorf("%s: full rank moves by %v", name, d)
		}
		if !(after < before) {
			t.Errorf("%s: rank 1 is off by %v, was %v", name, after, before)
		}
	}
}

func distance(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]-b[i]) * float64(a[i]-b[i])
	}
	return math.Sqrt(sum)
}

// TestWholePass: a pass that trains all rows has the gradients of update all, in every mode.
func TestWholePass(t *testing.T) {
	t.Parallel()
	b := batch(6)
	var want []program.Param
	for _, update := range []adapter.Update{adapter.All, adapter.Frozen, adapter.Strict} {
		p, _ := mini(t, program.Options{Update: update})
		if _, err := p.ForwardBackward(b, program.Pass{Ranks: ranks(6, 8), Weight: 1. / 6, Whole: update != adapter.All}); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = p.Params()
		}
		for i, x := range p.Params() {
			if !slices.Equal(x.Grad, want[i].Grad) {
				t.Errorf("%s: another gradient of %s", update, x.Name)
			}
		}
	}
}
