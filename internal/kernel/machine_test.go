package kernel

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestNew(t *testing.T) {
	t.Parallel()
	names := Names()
	for _, name := range names {
		if mc, err := New(name, 3); err != nil || mc.Name() != name || mc.Threads() != 3 {
			t.Errorf("New(%s) = %+v, %v", name, mc, err)
		}
	}
	for _, l := range Levels() {
		mc, err := New(l.String(), 0)
		if err != nil || mc.Level() != l || mc.Threads() != runtime.GOMAXPROCS(0) {
			t.Errorf("New(%s) = %+v, %v", l, mc, err)
		}
		if at := At(l, 2); at.Name() != mc.Name() || at.Level() != l || at.Threads() != 2 {
			t.Errorf("At(%s) is %s on %d threads", l, at.Name(), at.Threads())
		}
	}
	if _, err := New("sse", 1); err == nil || !strings.Contains(err.Error(), "portable") {
		t.Errorf("New(sse): %v, want an error that lists the names", err)
	}
	mc := best(t, -1)
	if mc.Name() != names[len(names)-1] || mc.Threads() != runtime.GOMAXPROCS(0) {
		t.Errorf("the best machine is %s on %d threads", mc.Name(), mc.Threads())
	}
	if other := mc.WithThreads(7); other.Name() != mc.Name() || other.Threads() != 7 || other.pool == mc.pool || mc.Threads() == 7 {
		t.Errorf("with 7 threads: %s on %d", other.Name(), other.Threads())
	}
}

// A weight does not move to a machine that would read its memory in another way.
func TestOnAnotherInstructionSet(t *testing.T) {
	t.Parallel()
	levels := Levels()
	if len(levels) < 2 {
		t.Skip("this processor has one level")
	}
	f := At(Portable, 1).Pack(Float32, waves(8*8, 3), 8, 8)
	defer func() {
		if recover() == nil {
			t.Error("a weight packed for one level is on another")
		}
	}()
	f.On(At(levels[1], 1))
}

// Machines of every name and of several numbers of threads compute at the same time, and
// each result has the bits of the same machine alone.
func TestMachinesAtOnce(t *testing.T) {
	t.Parallel()
	const rows, out, in = 60, 70, 90
	rng := rand.New(rand.NewPCG(1, 2))
	w, x, bias := normals(rng, out*in), normals(rng, rows*in), normals(rng, out)
	product := func(mc *Machine, p Precision) []float32 {
		y := make([]float32, rows*out)
		mc.Pack(p, w, out, in).Forward(y, out, x, in, rows, bias)
		mc.Parallel(rows, 1, func(lo, hi int) { mc.GELU(y[lo*out:hi*out], y[lo*out:hi*out]) })
		return y
	}
	var all sync.WaitGroup
	for _, name := range Names() {
		for _, threads := range []int{1, 3} {
			for _, p := range Precisions() {
				alone, err := New(name, threads)
				if err != nil {
					t.Fatal(err)
				}
				want, beside := product(alone, p), alone.WithThreads(threads)
				all.Go(func() {
					for range 5 {
						if !slices.Equal(product(beside, p), want) {
							t.Errorf("%s on %d threads in %s: other bits than alone", name, threads, p)
						}
					}
				})
			}
		}
	}
	all.Wait()
}

// The workers of a machine end when nothing uses it any more: not before, though only a
// weight that was packed for it, or a call that is running, is left of it.
func TestWorkersEnd(t *testing.T) { // counts goroutines: not beside other tests
	const machines, threads = 5, 4
	before := settled()
	var weights []*Frozen
	for range machines {
		weights = append(weights, startAll(t, best(t, threads)).Pack(Float32, waves(64*64, 3), 64, 64))
	}
	if got, want := settled(), before+machines*(threads-1); got != want {
		t.Fatalf("%d goroutines for %d machines, want %d", got, machines, want)
	}
	x, y := waves(64*64, 5), make([]float32, 64*64)
	weights[0].Forward(y, 64, x, 64, 64, nil)
	clear(weights)
	if got := settled(); got != before {
		t.Errorf("%d goroutines when no machine is left, %d before the first", got, before)
	}
	var n atomic.Int64
	best(t, threads).Parallel(40, 1, func(lo, hi int) {
		runtime.GC()
		n.Add(int64(hi - lo))
	})
	if n.Load() != 40 {
		t.Errorf("%d of 40 done by a machine that only the call uses", n.Load())
	}
	if got := settled(); got != before {
		t.Errorf("%d goroutines after that call, %d before", got, before)
	}
}

// startAll returns mc once all of its workers have begun.
func startAll(t *testing.T, mc *Machine) *Machine {
	t.Helper()
	var begun sync.WaitGroup
	begun.Add(mc.Threads())
	var seen atomic.Int64
	mc.parallel(mc.Threads(), mc.Threads(), func(lo, hi int) { // a chunk for each thread
		seen.Add(int64(hi - lo))
		begun.Done()
		begun.Wait()
	})
	if int(seen.Load()) != mc.Threads() {
		t.Fatal(fmt.Sprint(seen.Load(), " of ", mc.Threads(), " threads"))
	}
	return mc
}

// settled is the number of goroutines once collections no longer change it.
func settled() (n int) {
	for same := 0; same < 10; same++ {
		runtime.GC()
		time.Sleep(2 * time.Millisecond)
		if now := runtime.NumGoroutine(); now != n {
			n, same = now, 0
		}
	}
	return n
}
