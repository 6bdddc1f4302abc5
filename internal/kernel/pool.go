package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// pool is the workers that Parallel shares its chunks with. They live as long as the
// process, wait a while for the next job, since within a step it follows in microseconds,
// and then park. Whoever is free takes the next chunk, so a thread that the system has
// taken away holds up the chunk it is in and no more. A job allocates nothing.
type pool struct {
	mu      sync.Mutex // one job at a time; a nested or concurrent one runs inline
	threads atomic.Int32
	workers []*worker
	waited  atomic.Int64 // nanoseconds: see Waited

	// The job at hand. body and n are read only by who holds a chunk, and written only
	// when all chunks are done.
	body  func(lo, hi int)
	n     int
	state atomic.Uint64 // chunks << 32 | next chunk
	done  atomic.Int64
}

type worker struct {
	parked atomic.Bool
	wake   chan struct{}
}

const (
	// A thread has about this many chunks, to even out what the system takes away.
	chunksPerThread = 3
	// Waits of about 100 µs: longer than the gap between two operations of a step. To park
	// and wake costs some 10 µs.
	spins  = 2000
	pauses = 2
)

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

// Parallel calls body over [0, n) in contiguous chunks of at least grain, on all threads.
// body must compute each index independently of where chunks begin. A call from within
// body runs inline.
func Parallel(n, grain int, body func(lo, hi int)) {
	parallel(n, min(Threads()*chunksPerThread, n/max(grain, 1)), body)
}

// ParallelTasks is Parallel for tasks that differ in cost: in more and smaller chunks.
func ParallelTasks(n int, body func(lo, hi int)) {
	parallel(n, min(8*Threads(), n), body)
}

// parallel is Parallel in a given number of chunks.
func parallel(n, chunks int, body func(lo, hi int)) {
	if n <= 0 {
		return
	}
	threads := Threads()
	if threads < 2 || chunks < 2 || !shared.mu.TryLock() {
		body(0, n)
		return
	}
	defer shared.mu.Unlock()
	shared.run(n, chunks, min(threads, chunks)-1, body)
}

// run shares the chunks with that many workers and returns when all are done.
func (p *pool) run(n, chunks, workers int, body func(lo, hi int)) {
	p.body, p.n = body, n
	p.done.Store(0)
	p.state.Store(uint64(chunks) << 32)
	for len(p.workers) < workers {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		go p.serve(w)
	}
	for _, w := range p.workers[:workers] {
		if w.parked.CompareAndSwap(true, false) {
			w.wake <- struct{}{}
		}
	}
	for p.work() {
	}
	if int(p.done.Load()) < chunks {
		start := time.Now()
		for i := 0; int(p.done.Load()) < chunks; i++ {
			pause(pauses)
			if i > spins {
				runtime.Gosched()
			}
		}
		p.waited.Add(int64(time.Since(start)))
	}
	p.body = nil
}

// Waited is how long callers of Parallel have waited, since the process began, for chunks
// that other threads were still in.
func Waited() time.Duration { return time.Duration(shared.waited.Load()) }

// work takes a chunk and computes it; false if none is left.
func (p *pool) work() bool {
	s := p.state.Load()
	chunks, i := int(s>>32), int(s&(1<<32-1))
	for i < chunks && !p.state.CompareAndSwap(s, s+1) {
		s = p.state.Load()
		chunks, i = int(s>>32), int(s&(1<<32-1))
	}
	if i >= chunks {
		return false
	}
	p.body(i*p.n/chunks, (i+1)*p.n/chunks)
	p.done.Add(1)
	return true
}

// serve works on whatever job there is.
func (p *pool) serve(w *worker) {
	for i := 0; ; i++ {
		switch {
		case p.work():
			i = 0
		case i < spins:
			pause(pauses)
		default:
			w.parked.Store(true)
			// A job that came before the flag was seen has woken nobody.
			if !p.work() || !w.parked.CompareAndSwap(true, false) {
				<-w.wake
			}
			i = 0
		}
	}
}
