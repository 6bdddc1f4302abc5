package kernel

import (
	"testing"
	"time"
)

// A burst counts what its micro-kernel computes, at a rate that products can be held
// against: no product of the same level is faster.
func TestBurst(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		one := Float32.Burst(1)
		if level := Active(); one != int64(2*len(level.tiles())*level.width()*blockK) {
			t.Errorf("one call counts %d operations", one)
		}
		if ten := Float32.Burst(10); ten != 10*one {
			t.Errorf("ten calls count %d operations, one %d", ten, one)
		}
	})
}

// Who waits for other threads is counted, and the time of the body is not.
func TestWaited(t *testing.T) {
	SetThreads(2)
	defer SetThreads(0)
	before := Waited()
	start := time.Now()
	Parallel(2, 1, func(lo, _ int) { time.Sleep(time.Duration(1+30*lo) * time.Millisecond) })
	if d := Waited() - before; d > time.Since(start) {
		t.Errorf("waited %v of %v", d, time.Since(start))
	}
	SetThreads(1)
	before = Waited()
	Parallel(2, 1, func(int, int) { time.Sleep(time.Millisecond) })
	if Waited() != before {
		t.Error("a single thread waited for others")
	}
}
