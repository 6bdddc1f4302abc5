//go:build !mpi || windows

package mpi

import "github.com/dylora/dylora/internal/fault"

// World is the processes of a run; of this binary it is never made.
type World struct{}

// Start refuses to be one of several processes, which would all train the same and write over each other; it is nil where this one is
// alone.
func Start(getenv func(string) string) (*World, error) {
	if err := sound(getenv); err != nil {
		return nil, err
	}
	if l := Launched(getenv); l.Several() {
		return nil, fault.Usagef("this process is rank %s of %s by %s, and this binary is built without MPI: build one with make dylora-mpi", l.Rank, l.Size, l.Name)
	}
	return nil, nil
}

// Rank is 0.
func (*World) Rank() int { return 0 }

// Size is 1.
func (*World) Size() int { return 1 }

// Allgather copies.
func (*World) Allgather(mine, all []float32) error { copy(all, mine); return nil }

// Alltoall copies.
func (*World) Alltoall(mine, all []float32) error { copy(all, mine); return nil }

// Broadcast gives b.
func (*World) Broadcast(b []byte) ([]byte, error) { return b, nil }

// Close does nothing.
func (*World) Close() error { return nil }
