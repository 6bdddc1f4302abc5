package adapter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// TestGates: the table of gates for R = 4, α = 16.
func TestGates(t *testing.T) {
	a := &adapter.Adapter{Rank: 4, Alpha: 16}
	tests := []struct {
		name  string
		rank  int
		gate  []float32
		alone []float32 // GradientGate for frozen and strict
	}{
		{"base model", 0, []float32{0, 0, 0, 0}, []float32{0, 0, 0, 0}},
		{"rank 1", 1, []float32{16, 0, 0, 0}, []float32{16, 0, 0, 0}},
		{"rank 2", 2, []float32{8, 8, 0, 0}, []float32{0, 8, 0, 0}},
		{"a scale that float32 rounds", 3, []float32{16. / 3, 16. / 3, 16. / 3, 0}, []float32{0, 0, 16. / 3, 0}},
		{"plain LoRA: every row at α/R", 4, []float32{4, 4, 4, 4}, []float32{0, 0, 0, 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dst := []float32{9, 9, 9, 9} // what stood there must not shine through
			if a.Gate(dst, &adapter.Module{}, tt.rank); !slices.Equal(dst, tt.gate) {
				t.Errorf("Gate = %v, want %v", dst, tt.gate)
			}
			for u, want := range map[adapter.Update][]float32{adapter.All: tt.gate, adapter.Frozen: tt.alone, adapter.Strict: tt.alone} {
				if a.GradientGate(dst, &adapter.Module{}, tt.rank, u); !slices.Equal(dst, want) {
					t.Errorf("GradientGate(%v) = %v, want %v", u, dst, want)
				}
			}
		})
	}
}

func TestUpdateNames(t *testing.T) {
	for _, u := range []adapter.Update{adapter.All, adapter.Frozen, adapter.Strict} {
		if got, err := adapter.ParseUpdate(u.String()); err != nil || got != u {
			t.Errorf("ParseUpdate(%q) = %v, %v", u, got, err)
		}
	}
	for _, bad := range []string{"", "All", "some", "unknown"} {
		if _, err := adapter.ParseUpdate(bad); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "all, frozen, strict") {
			t.Errorf("ParseUpdate(%q): %v", bad, err)
		}
	}
	for _, u := range []adapter.Update{-1, 3} {
		if u.String() != "unknown" {
			t.Errorf("Update(%d) is called %q", int(u), u)
		}
	}
}
