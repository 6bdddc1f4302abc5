// Package mpi lets the processes that mpirun or srun has started train together: it calls an installed MPI library (Open MPI 3 to 5,
// or MPICH and the libraries of its ABI) without cgo. Only a binary that is built with the tag mpi has it; any other refuses to
// be one of several.
package mpi

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// Launcher is what the one that has started this process says of it in the environment.
type Launcher struct {
	Name       string // for messages; "": nobody has
	Rank, Size string
	Local      string // rank among the processes of this machine; "": not said
}

// launchers are the variables of rank and size, and of the rank on the machine. SLURM_NTASKS is none of them: sbatch sets it in a batch script, too.
var launchers = []struct{ rank, size, local, name string }{
	{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "Open MPI's mpirun"},
	{"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPICH's mpirun, or srun by PMI-2"},
	{"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "srun"},
}

// Launched reads the environment.
func Launched(getenv func(string) string) Launcher {
	for _, l := range launchers {
		if rank, size := getenv(l.rank), getenv(l.size); rank != "" && size != "" {
			return Launcher{l.name, rank, size, getenv(l.local)}
		}
	}
	return Launcher{}
}

// sound refuses what no launcher says: half of a rank and a size, no numbers, or a rank that is not below the size. SLURM_PROCID alone is
// that of a batch script.
func sound(getenv func(string) string) error {
	for _, l := range launchers {
		rank, size := getenv(l.rank), getenv(l.size)
		if rank == "" && size == "" || size == "" && l.rank == "SLURM_PROCID" {
			continue
		}
		r, badRank := strconv.ParseUint(rank, 10, 31)
		n, badSize := strconv.ParseUint(size, 10, 31)
		if badRank != nil || badSize != nil || r >= n {
			return fault.Usagef("the environment has %s=%q and %s=%q, which is not what %s sets: start the processes by the launcher itself, and leave its variables as they are", l.rank, rank, l.size, size, l.name)
		}
	}
	return nil
}

// Several says whether this process is one of more than one.
func (l Launcher) Several() bool { return l.Name != "" && l.Size != "1" }

// check holds what the library says against the launcher. A library of another MPI than the launcher's makes every process rank 0
// of 1, without a word.
func (l Launcher) check(rank, size int, library string) error {
	if l.Name == "" || l.Rank == fmt.Sprint(rank) && l.Size == fmt.Sprint(size) {
		return nil
	}
	return fmt.Errorf("%s makes this process rank %d of %d, and %s has started rank %s of %s: the library is not of the launcher's MPI; name the right one in DYLORA_MPI",
		library, rank, size, l.Name, l.Rank, l.Size)
}

// FirstLives says whether the first process of this machine is still there, as far as the system tells. A launcher need not end the other
// processes when one ends with an error: MPICH's does not before MPI is initialised.
func (l Launcher) FirstLives() bool {
	own, err := os.Readlink("/proc/self/exe")
	if err != nil || l.Local == "" || l.Local == "0" {
		return true
	}
	for _, v := range launchers {
		if v.name != l.Name {
			continue
		}
		folders, _ := filepath.Glob("/proc/[0-9]*")
		for _, folder := range folders {
			exe, _ := os.Readlink(filepath.Join(folder, "exe")) // of a zombie there is none
			environment, _ := os.ReadFile(filepath.Join(folder, "environ"))
			if exe == own && slices.Contains(strings.Split(string(environment), "\x00"), v.local+"=0") {
				return true
			}
		}
	}
	return false
}
