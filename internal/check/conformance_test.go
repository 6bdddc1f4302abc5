package check

import (
	"math"
	"os"
	"testing"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
)

// TestDifference: the largest one, and what is no number differs from everything.
func TestDifference(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tt := range []struct {
		got, want []float32
		worst     float64
	}{
		{nil, nil, 0},
		{[]float32{1, 2}, []float32{1, 2}, 0},
		{[]float32{1, 2, 3}, []float32{1, 4, 2.5}, 2},
		{[]float32{nan, 2}, []float32{1, 2}, math.Inf(1)},
		{[]float32{1, nan}, []float32{1, nan}, math.Inf(1)},
		{[]float32{inf, 1}, []float32{inf, 1}, math.Inf(1)},
		{[]float32{1, nan, 9}, []float32{1, 2, 3}, math.Inf(1)},
	} {
		if got := difference(tt.got, tt.want); got != tt.worst {
			t.Errorf("%v from %v: %v, want %v", tt.got, tt.want, got, tt.worst)
		}
	}
}

// TestRoundTripLeavesNothing: the adapter is saved in a folder of the system's, which goes.
func TestRoundTripLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	a := checkSession(t, kerneltest.New(t), os.DirFS(tiny(t))).Adapter
	if same, err := roundTrip(a); err != nil || !same {
		t.Errorf("%t, %v", same, err)
	}
	a.Modules[0].A[0] = float32(math.NaN())
	if _, err := roundTrip(a); err == nil {
		t.Error("an adapter that cannot be saved passes")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestSpoil: it overwrites what lies above the rank, and nothing else.
func TestSpoil(t *testing.T) {
	a := checkSession(t, kerneltest.New(t), os.DirFS(tiny(t))).Adapter
	spoiled := a.Clone()
	spoil(spoiled, 2)
	for i, m := range a.Modules {
		s := spoiled.Modules[i]
		for j := range m.A {
			if want := m.A[j]; j < 2*m.In && s.A[j] != want || j >= 2*m.In && s.A[j] != 1000 {
				t.Fatalf("%s: A[%d] is %v, was %v", m.Name, j, s.A[j], want)
			}
		}
		for j := range m.B {
			if want := m.B[j]; j%3 < 2 && s.B[j] != want || j%3 == 2 && s.B[j] != -1000 {
				t.Fatalf("%s: B[%d] is %v, was %v", m.Name, j, s.B[j], want)
			}
		}
	}
}
