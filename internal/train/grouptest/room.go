// Package grouptest has a group of processes for tests, without MPI.
package grouptest

import (
	"slices"
	"sync"
)

// Room is where the processes of a test meet, which are goroutines.
type Room struct {
	lock   sync.Mutex
	all    *sync.Cond
	size   int
	here   int
	round  int
	floats [][]float32
	bytes  []byte
}

// NewRoom is one for so many processes.
func NewRoom(size int) *Room {
	r := &Room{size: size, floats: make([][]float32, size)}
	r.all = sync.NewCond(&r.lock)
	return r
}

// meet waits for all processes, each of which leaves something.
func (r *Room) meet(leave func()) {
	r.lock.Lock()
	defer r.lock.Unlock()
	leave()
	round := r.round
	if r.here++; r.here == r.size {
		r.here = 0
		r.round++
		r.all.Broadcast()
	}
	for r.round == round {
		r.all.Wait()
	}
}

// Process is one process of a room: a train.Group.
type Process struct {
	room *Room
	rank int
}

// Process is the one of a rank, from 0.
func (r *Room) Process(rank int) Process { return Process{r, rank} }

// Rank is the process's.
func (p Process) Rank() int { return p.rank }

// Size is the number of processes.
func (p Process) Size() int { return p.room.size }

// Allgather gives all what each passes as mine.
func (p Process) Allgather(mine, all []float32) error {
	p.room.meet(func() { p.room.floats[p.rank] = slices.Clone(mine) })
	for i, f := range p.room.floats {
		copy(all[i*len(mine):], f)
	}
	p.room.meet(func() {}) // nobody leaves the next while others read
	return nil
}

// Alltoall gives each what the others have for it.
func (p Process) Alltoall(mine, all []float32) error {
	p.room.meet(func() { p.room.floats[p.rank] = slices.Clone(mine) })
	n := len(mine) / p.room.size
	for i, f := range p.room.floats {
		copy(all[i*n:(i+1)*n], f[p.rank*n:])
	}
	p.room.meet(func() {})
	return nil
}

// Broadcast gives all what process 0 passes.
func (p Process) Broadcast(b []byte) ([]byte, error) {
	p.room.meet(func() {
		if p.rank == 0 {
			p.room.bytes = b
		}
	})
	got := slices.Clone(p.room.bytes)
	p.room.meet(func() {})
	return got, nil
}
