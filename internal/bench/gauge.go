package bench

import (
	"sync/atomic"
	"time"

	"github.com/dylora/dylora/internal/kernel"
)

// gauge measures what the machine grants just before a step: the micro-kernel in L1 on all
// threads, every piece counted. Beside a peak, which is the best that was ever seen, it tells
// losses of the program from time that other users of the hardware took.
type gauge struct {
	pieces int
	body   func(lo, hi int)
	flops  atomic.Int64
}

// newGauge finds how long a piece has to be; a measurement takes about 15 ms.
func newGauge(p kernel.Precision) *gauge {
	const piece = 500 * time.Microsecond
	p.Burst(1)
	times, took := 1, time.Duration(0)
	for took < piece {
		times *= 2
		start := time.Now()
		p.Burst(times)
		took = time.Since(start)
	}
	g := &gauge{pieces: 32 * kernel.Threads()}
	g.body = func(lo, hi int) { g.flops.Add(p.Burst((hi - lo) * times)) }
	return g
}

// rate is operations per second.
func (g *gauge) rate() float64 {
	g.flops.Store(0)
	start := time.Now()
	kernel.ParallelTasks(g.pieces, g.body)
	return float64(g.flops.Load()) / time.Since(start).Seconds()
}
