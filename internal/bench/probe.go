package bench

import (
	"sync/atomic"
	"time"

	"github.com/dylora/dylora/internal/kernel"
)

// probe measures the rate that is available just before a step: the micro-kernel in L1 on
// all threads, every piece counted. Beside a peak, which is the best that was ever seen, it
// tells losses of the program from time that other users of the hardware took.
type probe struct {
	machine *kernel.Machine
	pieces  int
	body    func(lo, hi int)
	flops   atomic.Int64
}

// newProbe finds how long a piece has to be; a measurement takes about 15 ms.
func newProbe(mc *kernel.Machine, p kernel.Precision) *probe {
	const piece = 500 * time.Microsecond
	mc.Burst(p, 1)
	times, took := 1, time.Duration(0)
	for took < piece {
		times *= 2
		start := time.Now()
		mc.Burst(p, times)
		took = time.Since(start)
	}
	b := &probe{machine: mc, pieces: 32 * mc.Threads()}
	b.body = func(lo, hi int) { b.flops.Add(mc.Burst(p, (hi-lo)*times)) }
	return b
}

// rate is operations per second.
func (b *probe) rate() float64 {
	b.flops.Store(0)
	start := time.Now()
	b.machine.ParallelTasks(b.pieces, b.body)
	return float64(b.flops.Load()) / time.Since(start).Seconds()
}
