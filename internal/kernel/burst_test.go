package kernel

import (
	"testing"
	"time"
)

// A burst counts what its micro-kernel computes, at a rate that products can be held
// against: no product of the same level is faster.
func TestBurst(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		one := mc.Burst(Float32, 1)
		if level := mc.Level(); one != int64(2*len(level.tiles())*level.width()*blockK) {
			t.Errorf("one call counts %d operations", one)
		}
		if ten := mc.Burst(Float32, 10); ten != 10*one {
			t.Errorf("ten calls count %d operations, one %d", ten, one)
		}
	})
}

// Who waits for other threads is counted, and the time of the body is not.
func TestWaited(t *testing.T) {
	t.Parallel()
	mc := best(t, 2)
	start := time.Now()
	mc.Parallel(2, 1, func(lo, _ int) { time.Sleep(time.Duration(1+30*lo) * time.Millisecond) })
	if d := mc.Waited(); d > time.Since(start) {
		t.Errorf("waited %v of %v", d, time.Since(start))
	}
	mc = best(t, 1)
	mc.Parallel(2, 1, func(int, int) { time.Sleep(time.Millisecond) })
	if mc.Waited() != 0 {
		t.Error("a single thread waited for others")
	}
}
