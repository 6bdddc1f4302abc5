package kernel

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestParallelCoversOnce(t *testing.T) {
	defer SetThreads(0)
	for _, threads := range []int{1, 2, 3, 8} {
		SetThreads(threads)
		for _, n := range []int{0, 1, 2, 7, 100, 1001} {
			for _, grain := range []int{0, 1, 16, 2000} {
				hits := make([]int32, n)
				Parallel(n, grain, func(lo, hi int) {
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
	SetThreads(4)
	defer SetThreads(0)
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				Parallel(8, 1, func(lo, hi int) {
					Parallel(10, 1, func(a, b int) { total.Add(int64((hi - lo) * (b - a))) })
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
	SetThreads(3)
	defer SetThreads(0)
	for range 3 {
		time.Sleep(5 * time.Millisecond)
		var n atomic.Int64
		Parallel(300, 1, func(lo, hi int) { n.Add(int64(hi - lo)) })
		if n.Load() != 300 {
			t.Fatalf("%d of 300 done", n.Load())
		}
	}
}

func TestConfigure(t *testing.T) {
	before := Active()
	defer Use(before)()
	for _, l := range Levels() {
		if err := Configure(l.String()); err != nil || Active() != l {
			t.Errorf("Configure(%s): %v, active %s", l, err, Active())
		}
	}
	if err := Configure("sse"); err == nil || !strings.Contains(err.Error(), "portable") {
		t.Errorf("Configure(sse) = %v, want an error that lists the levels", err)
	}
	if err := Configure(""); err != nil || Active() != Levels()[len(Levels())-1] {
		t.Errorf("Configure(\"\") chose %s: %v", Active(), err)
	}
}
