//go:build mpi && !windows

package mpi

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"github.com/dylora/dylora/internal/fault"
)

// World is all processes that the launcher has started. Its methods are collective; they run on one thread of the system, as
// MPI_THREAD_FUNNELED wants.
type World struct {
	*library
	rank, size int
	calls      chan func()
}

// Start joins the processes, and is nil where this one is alone. DYLORA_MPI names the library.
func Start(getenv func(string) string) (*World, error) {
	if err := sound(getenv); err != nil {
		return nil, err
	}
	l := Launched(getenv)
	if !l.Several() {
		return nil, nil
	}
	w := &World{calls: make(chan func())}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- w.start(l, getenv)
		for call := range w.calls {
			call()
		}
	}()
	if err := <-started; err != nil {
		close(w.calls)
		return nil, fault.Errorf(fault.Usage, "MPI: %w", err)
	}
	return w, nil
}

func (w *World) start(l Launcher, getenv func(string) string) (err error) {
	before := saveSignals() // a library's transports may set handlers as soon as it is loaded
	defer before.restore()
	if w.library, err = open(l, getenv("DYLORA_MPI")); err != nil {
		return err
	}
	if w.rank, w.size, err = w.init(); err != nil {
		return err
	}
	return l.check(w.rank, w.size, w.name())
}

// do runs a call on the thread of MPI.
func (w *World) do(call func() error) error {
	done := make(chan error)
	w.calls <- func() { done <- call() }
	return <-done
}

// Rank is this process's, from 0.
func (w *World) Rank() int { return w.rank }

// Size is the number of processes.
func (w *World) Size() int { return w.size }

// Library is the name and the version of the library.
func (w *World) Library() string { return w.name() }

// Allgather gives all what each process passes as mine, in the order of their ranks.
func (w *World) Allgather(mine, all []float32) error {
	if len(all) != len(mine)*w.size || len(mine) > math.MaxInt32 {
		return fmt.Errorf("MPI: %d numbers of each of %d processes into %d", len(mine), w.size, len(all))
	}
	n := int32(len(mine))
	return w.do(func() error {
		from, to := unsafe.Pointer(unsafe.SliceData(mine)), unsafe.Pointer(unsafe.SliceData(all))
		return w.check("MPI_Allgather", w.allgather(from, n, w.float, to, n, w.float, w.world))
	})
}

// Alltoall gives each process what the others have for it: mine and all have a piece for each process, and all gets in place i what
// process i has for this one.
func (w *World) Alltoall(mine, all []float32) error {
	n := len(mine) / w.size
	if len(all) != len(mine) || n*w.size != len(mine) || n > math.MaxInt32 {
		return fmt.Errorf("MPI: %d numbers for %d processes into %d", len(mine), w.size, len(all))
	}
	return w.do(func() error {
		from, to := unsafe.Pointer(unsafe.SliceData(mine)), unsafe.Pointer(unsafe.SliceData(all))
		return w.check("MPI_Alltoall", w.alltoall(from, int32(n), w.float, to, int32(n), w.float, w.world))
	})
}

// chunk is how many bytes are sent at once.
const chunk = 1 << 28

// Broadcast gives all processes what process 0 passes.
func (w *World) Broadcast(b []byte) ([]byte, error) {
	head := make([]byte, 8)
	binary.LittleEndian.PutUint64(head, uint64(len(b)))
	if err := w.send(head); err != nil {
		return nil, err
	}
	if w.rank > 0 {
		b = make([]byte, binary.LittleEndian.Uint64(head))
	}
	for rest := b; len(rest) > 0; {
		part := rest[:min(len(rest), chunk)]
		if err := w.send(part); err != nil {
			return nil, err
		}
		rest = rest[len(part):]
	}
	return b, nil
}

// send gives all what process 0 has in b.
func (w *World) send(b []byte) error {
	return w.do(func() error {
		return w.check("MPI_Bcast", w.bcast(unsafe.Pointer(unsafe.SliceData(b)), int32(len(b)), w.byte, 0, w.world))
	})
}

// Close waits for all processes to come to their end.
func (w *World) Close() error {
	err := w.do(func() error { return w.check("MPI_Finalize", w.finalize()) })
	close(w.calls)
	return err
}
