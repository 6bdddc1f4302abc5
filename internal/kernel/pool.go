package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// pool is the workers that a Machine's Parallel shares its chunks with. They start when
// they are first needed, wait a while for the next job, since within a step it follows in
// microseconds, and then park; close ends them. Whoever is free takes the next chunk, so a
// thread that the system has taken away holds up the chunk it is in and no more. A job
// allocates nothing.
//
// A pool does not know its Machine: a worker that could reach the Machine would keep it,
// and with it itself, for ever.
type pool struct {
	mu      sync.Mutex // one job at a time; a nested or concurrent one runs inline
	threads int
	workers []*worker
	waited  atomic.Int64 // nanoseconds: see Machine.Waited

	mappings *mappings // memory that bodies read and that may be lost

	// The job at hand. body and n are read only by who holds a chunk, and written only
	// when all chunks are done.
	body  func(lo, hi int)
	n     int
	state atomic.Uint64 // chunks << 32 | next chunk
	done  atomic.Int64
}

type worker struct {
	parked atomic.Bool
	wake   chan struct{} // closed to end the worker
}

const (
	// A thread has about this many chunks, to even out what the system takes away.
	chunksPerThread = 3
	// Waits of about 100 µs: longer than the gap between two operations of a step. To park
	// and wake costs some 10 µs.
	spins  = 2000
	pauses = 2
)

// parallel calls body over [0, n) in that many chunks.
func (p *pool) parallel(n, chunks int, body func(lo, hi int)) {
	if n <= 0 {
		return
	}
	if p.threads < 2 || chunks < 2 || !p.mu.TryLock() {
		p.mappings.call(body, 0, n)
		return
	}
	defer p.mu.Unlock()
	p.run(n, chunks, min(p.threads, chunks)-1, body)
}

// close ends the workers once the job at hand is done.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		close(w.wake)
	}
	p.workers = nil
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
	p.mappings.call(p.body, i*p.n/chunks, (i+1)*p.n/chunks)
	p.done.Add(1)
	return true
}

// serve works on whatever job there is, until the pool is closed.
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
				if _, open := <-w.wake; !open {
					return
				}
			}
			i = 0
		}
	}
}
