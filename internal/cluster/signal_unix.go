//go:build unix

package cluster

import "syscall"

// SaveSignal asks a training to save and stop: Slurm sends it ahead of the end of a job's time, and both MPI launchers pass it on to
// their ranks.
const SaveSignal = syscall.SIGUSR1
