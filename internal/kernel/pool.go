package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// pool is the workers that Parallel runs chunks on. They live as long as the process,
// spin briefly after a chunk, since the next one follows within microseconds in the
// middle of a step, and then park.
type pool struct {
	mu      sync.Mutex // one Parallel at a time; a nested or concurrent one runs inline
	threads atomic.Int32
	workers []*worker
	body    func(lo, hi int)
	pending atomic.Int32
}

type worker struct {
	lo, hi int
	state  atomic.Int32 // idle, ready or parked
	wake   chan struct{}
}

const (
	idle = iota
	ready
	parked
)

// spins times a pause is about 100 µs: longer than the gap between two operations of a
// step, so that a worker seldom parks inside one. To park and wake costs some 10 µs, and
// a waiting thread that yields instead keeps the scheduler busy on its core.
const spins = 2000

const pauses = 2

var shared pool

// SetThreads sets how many threads Parallel uses; below 1 is GOMAXPROCS.
func SetThreads(n int) { shared.threads.Store(int32(max(n, 0))) }

// Threads is how many threads Parallel uses.
func Threads() int {
	if n := int(shared.threads.Load()); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// Parallel calls body over [0, n) in contiguous chunks of at least grain, one a thread.
// body must compute each index independently of where chunks begin. A call from within
// body runs inline.
func Parallel(n, grain int, body func(lo, hi int)) {
	if n <= 0 {
		return
	}
	chunks := min(Threads(), n/max(grain, 1))
	if chunks < 2 || !shared.mu.TryLock() {
		body(0, n)
		return
	}
	defer shared.mu.Unlock()
	shared.run(n, chunks, body)
}

func (p *pool) run(n, chunks int, body func(lo, hi int)) {
	for len(p.workers) < chunks-1 {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		go p.serve(w)
	}
	p.body = body
	p.pending.Store(int32(chunks - 1))
	for i, w := range p.workers[:chunks-1] {
		w.lo, w.hi = (i+1)*n/chunks, (i+2)*n/chunks
		if w.state.Swap(ready) == parked {
			w.wake <- struct{}{}
		}
	}
	body(0, n/chunks)
	for i := 0; p.pending.Load() > 0; i++ {
		if i < spins {
			pause(pauses)
		} else {
			runtime.Gosched()
		}
	}
	p.body = nil
}

func (p *pool) serve(w *worker) {
	for {
		for i := 0; w.state.Load() != ready; i++ {
			if i < spins {
				pause(pauses)
				continue
			}
			if w.state.CompareAndSwap(idle, parked) {
				<-w.wake
			}
		}
		p.body(w.lo, w.hi)
		w.state.Store(idle)
		p.pending.Add(-1)
	}
}
