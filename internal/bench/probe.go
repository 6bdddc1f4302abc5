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
	times := repeats(500*time.Microsecond, timing(func(n int) int64 { return mc.Burst(p, n) }))
	b := &probe{machine: mc, pieces: 32 * mc.Threads()}
	b.body = func(lo, hi int) { b.flops.Add(mc.Burst(p, (hi-lo)*times)) }
	return b
}

// repeats is how often a piece of work has to be repeated to take that long; timed does it so
// many times and gives the time. Of three tries the shortest counts: a thread that the system
// takes away for a moment must not pass for work.
func repeats(long time.Duration, timed func(times int) time.Duration) int {
	timed(1)
	for times := 2; ; times *= 2 {
		if min(timed(times), timed(times), timed(times)) >= long {
			return times
		}
	}
}

// timing gives the time that run takes.
func timing(run func(times int) int64) func(times int) time.Duration {
	return func(times int) time.Duration {
		start := time.Now()
		run(times)
		return time.Since(start)
	}
}

// rate is operations per second.
func (b *probe) rate() float64 {
	b.flops.Store(0)
	start := time.Now()
	b.machine.ParallelTasks(b.pieces, b.body)
	return float64(b.flops.Load()) / time.Since(start).Seconds()
}
