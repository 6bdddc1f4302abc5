package train

import (
	"math"
	"testing"
)

// TestStepSeed pins the seeds of the draws within a step.
func TestStepSeed(t *testing.T) {
	for _, tt := range []struct {
		seed uint64
		step int
		want uint64
	}{
		{0, 0, 0xa99246fc211c1518}, {42, 0, 0x5aada442b587e699}, {42, 1, 0xf491d11cb99669c4},
		{math.MaxUint64, 123456, 0x7c782a4c6d11dfb7},
	} {
		if got := stepSeed(tt.seed, tt.step); got != tt.want {
			t.Errorf("stepSeed(%d, %d) = %#x, want %#x", tt.seed, tt.step, got, tt.want)
		}
	}
}
