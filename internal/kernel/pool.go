package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// pool is the workers that Parallel shares its chunks with. They live as long as the
// process, wait a while for the next job, since within a step it follows in microseconds,
// and then park.
type pool struct {
	mu      sync.Mutex // one job at a time; a nested or concurrent one runs inline
	threads atomic.Int32
	workers []*worker
	job     atomic.Pointer[job]
	waited  atomic.Int64 // nanoseconds: see Waited
}

// job is one call of Parallel. Whoever is free takes the next chunk, so a thread that the
// system has taken away holds up the chunk it is in and no more.
type job struct {
	body       func(lo, hi int)
	n, chunks  int
	next, done atomic.Int32
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
	if n <= 0 {
		return
	}
	threads := Threads()
	chunks := min(threads*chunksPerThread, n/max(grain, 1))
	if threads < 2 || chunks < 2 || !shared.mu.TryLock() {
		body(0, n)
		return
	}
	defer shared.mu.Unlock()
	shared.run(&job{body: body, n: n, chunks: chunks}, min(threads, chunks)-1)
}

// run shares j with that many workers and returns when all its chunks are done.
func (p *pool) run(j *job, workers int) {
	p.job.Store(j)
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
	j.work()
	if int(j.done.Load()) == j.chunks {
		return
	}
	start := time.Now()
	for i := 0; int(j.done.Load()) < j.chunks; i++ {
		if i < spins {
			pause(pauses)
		} else {
			runtime.Gosched()
		}
	}
	p.waited.Add(int64(time.Since(start)))
}

// Waited is how long callers of Parallel have waited, since the process began, for chunks
// that other threads were still in.
func Waited() time.Duration { return time.Duration(shared.waited.Load()) }

// work takes chunks until none is left.
func (j *job) work() {
	for {
		i := int(j.next.Add(1)) - 1
		if i >= j.chunks {
			return
		}
		j.body(i*j.n/j.chunks, (i+1)*j.n/j.chunks)
		j.done.Add(1)
	}
}

// serve works on each job that it sees. A job that it sees late has no chunks left.
func (p *pool) serve(w *worker) {
	var last *job
	for i := 0; ; i++ {
		j := p.job.Load()
		switch {
		case j != last:
			j.work()
			last, i = j, 0
		case i < spins:
			pause(pauses)
		default:
			w.parked.Store(true)
			// A job that came before the flag was seen has woken nobody.
			if p.job.Load() == last || !w.parked.CompareAndSwap(true, false) {
				<-w.wake
			}
			i = 0
		}
	}
}
