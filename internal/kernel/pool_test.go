package kernel

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestParallelCoversOnce(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{1, 2, 3, 8} {
		mc := best(t, threads)
		for _, n := range []int{0, 1, 2, 7, 100, 1001} {
			for _, grain := range []int{0, 1, 16, 2000} {
				hits := make([]int32, n)
				mc.Parallel(n, grain, func(lo, hi int) {
					for i := lo; i < hi; i++ {
						atomic.AddInt32(&hits[i], 1)
					}
				})
				for i, h := range hits {
					if h != 1 {
						t.Fatalf("threads %d, n %d, grain %d: index %d ran %d times", threads, n, grain, i, h)
					}
				}
			}
		}
	}
}

// Calls from within a body, and from several goroutines at once, run and do not deadlock.
func TestParallelNested(t *testing.T) {
	t.Parallel()
	mc := best(t, 4)
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				mc.Parallel(8, 1, func(lo, hi int) {
					mc.Parallel(10, 1, func(a, b int) { total.Add(int64((hi - lo) * (b - a))) })
				})
			}
		})
	}
	wg.Wait()
	if total.Load() != 4*50*80 {
		t.Errorf("%d units of work done, want %d", total.Load(), 4*50*80)
	}
}

// Workers park when there is nothing to do, and wake.
func TestParallelAfterAPause(t *testing.T) {
	t.Parallel()
	mc := best(t, 3)
	for range 3 {
		time.Sleep(5 * time.Millisecond)
		var n atomic.Int64
		mc.Parallel(300, 1, func(lo, hi int) { n.Add(int64(hi - lo)) })
		if n.Load() != 300 {
			t.Fatalf("%d of 300 done", n.Load())
		}
	}
}
