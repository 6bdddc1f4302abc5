package bench

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/dylora/dylora/internal/kernel"
)

// Rate is what one piece of arithmetic reaches.
type Rate struct {
	What      string  `json:"what"` // "micro-kernel in L1", or the product and its direction
	Precision string  `json:"precision"`
	Rows      int     `json:"rows,omitempty"` // of a product: tokens
	Out       int     `json:"out,omitempty"`
	In        int     `json:"in,omitempty"`
	Threads   int     `json:"threads"`
	Flops     float64 `json:"flops_per_second"`
}

// Peak measures a machine's micro-kernel of a precision in L1, on that many threads at once,
// whatever number the machine has, for about the given time. A precision that has no
// micro-kernel of its own gives 0.
func Peak(mc *kernel.Machine, precision string, threads int, d time.Duration) Rate {
	r := Rate{What: "micro-kernel in L1", Precision: precision, Threads: threads}
	if p, err := kernel.ParsePrecision(precision); err == nil {
		r.Flops = together(threads, d, func(times int) int64 { return mc.Burst(p, times) })
	}
	return r
}

// Precisions are those whose micro-kernels can be measured.
func Precisions() (names []string) {
	for _, p := range kernel.Precisions() {
		names = append(names, p.String())
	}
	return names
}

// together is the rate of run on that many threads at once for d: the sum of each thread's
// best piece of about a millisecond, for what the machine can do is wanted, not what its
// neighbours leave of it.
func together(threads int, d time.Duration, run func(times int) int64) float64 {
	times := repeats(time.Millisecond, timing(run))
	var all sync.WaitGroup
	best := make([]float64, threads)
	for i := range threads {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for begin := time.Now(); time.Since(begin) < d; {
				start := time.Now()
				flops := run(times)
				best[i] = max(best[i], float64(flops)/time.Since(start).Seconds())
			}
		})
	}
	all.Wait()
	sum := 0.0
	for _, rate := range best {
		sum += rate
	}
	return sum
}

// Shape is a frozen product of the model.
type Shape struct {
	What    string
	Out, In int
}

// Products measures the frozen products of the shapes with that many rows, forwards and
// backwards, on one thread and on all of the machine's, for about the given time each.
func Products(ctx context.Context, mc *kernel.Machine, p kernel.Precision, shapes []Shape, rows int, d time.Duration) (rates []Rate, err error) {
	machines := []*kernel.Machine{mc.WithThreads(1), mc}
	if mc.Threads() == 1 {
		machines = machines[1:]
	}
	for _, s := range shapes {
		w := make([]float32, s.Out*s.In)
		for i := range w {
			w[i] = float32(i%17-8) / 100
		}
		packed := mc.Pack(p, w, s.Out, s.In)
		x, y := make([]float32, rows*s.In), make([]float32, rows*s.Out)
		for i := range x {
			x[i] = float32(i%13-6) / 10
		}
		for _, machine := range machines {
			f := packed.On(machine)
			for _, direction := range []struct {
				name string
				run  func()
			}{
				{" forwards", func() { f.Forward(y, s.Out, x, s.In, rows, nil) }},
				{" backwards", func() { f.Backward(x, s.In, y, s.Out, rows, false) }},
			} {
				if err := context.Cause(ctx); err != nil {
					return nil, err
				}
				if !p.Trains() && direction.name == " backwards" {
					continue
				}
				rate := float64(2*rows*s.Out*s.In) / fastest(d, direction.run)
				rates = append(rates, Rate{s.What + direction.name, p.String(), rows, s.Out, s.In, machine.Threads(), rate})
			}
		}
	}
	return rates, nil
}

// fastest is the least seconds of many calls within about d, and of two at least.
func fastest(d time.Duration, run func()) float64 {
	run()
	best := time.Duration(1 << 62)
	for start, n := time.Now(), 0; n < 2 || time.Since(start) < d; n++ {
		before := time.Now()
		run()
		best = min(best, time.Since(before))
	}
	return best.Seconds()
}
