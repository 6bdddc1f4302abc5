package cluster

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Threads is how many threads Slurm has given to this process: SLURM_CPUS_PER_TASK, where no number per task was asked for its share of what the
// job has on its node, SLURM_CPUS_ON_NODE. It is 0 where neither says it. The system need not know: a node without control groups
// shows all of its processors to every job.
func Threads(getenv func(string) string) int {
	if n := number(getenv, "SLURM_CPUS_PER_TASK"); n > 0 {
		return n
	}
	if n := number(getenv, "SLURM_CPUS_ON_NODE"); n > 0 {
		return max(1, n/max(1, Neighbours(getenv)))
	}
	return 0
}

// Neighbours is how many processes a launcher of MPI has started on this machine, this one among them; 0: no launcher says it.
func Neighbours(getenv func(string) string) int {
	for _, name := range []string{"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"} {
		if n := number(getenv, name); n > 0 {
			return n
		}
	}
	// Slurm says it of all nodes, as 2(x3),1: the most of any.
	most := 0
	for part := range strings.SplitSeq(getenv("SLURM_STEP_TASKS_PER_NODE"), ",") {
		part, _, _ = strings.Cut(part, "(")
		if n, err := strconv.Atoi(part); err == nil {
			most = max(most, n)
		}
	}
	return most
}

// number is a variable's number; 0: it has none.
func number(getenv func(string) string, name string) int {
	n, err := strconv.Atoi(getenv(name))
	if err != nil {
		return 0
	}
	return n
}

// Limit makes the number of threads that Slurm has given the default of this process, or its share of the processors where a launcher of
// MPI has started several on this machine. GOMAXPROCS, if it is set, stays.
func Limit() {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	limit := runtime.GOMAXPROCS(0)
	if n := share(os.Getenv, limit, runtime.NumCPU(), online()); n < limit {
		runtime.GOMAXPROCS(n)
	}
}

// share is how many threads are this process's, of those that it could start (limit) on the processors that the system lets it use
// (allowed) of the machine's.
func share(getenv func(string) string, limit, allowed, machine int) int {
	n := Threads(getenv)
	if neighbours := Neighbours(getenv); n == 0 && neighbours > 1 {
		if limit < allowed { // a limit of a container's, for all of its processes
			machine = limit
		}
		n = max(1, machine/neighbours)
	}
	if n == 0 {
		return limit
	}
	return min(n, limit)
}

// Bound says in a line that a launcher of MPI lets this process use fewer processors than it has threads, or than are its share of the
// machine's; "" where it does not. Open MPI binds each of two processes to one core, whatever the machine has.
func Bound(getenv func(string) string, threads int) string {
	return bound(getenv, threads, runtime.NumCPU(), online())
}

func bound(getenv func(string) string, threads, allowed, machine int) string {
	neighbours := Neighbours(getenv)
	if neighbours == 0 {
		return ""
	}
	fair := machine / neighbours
	if n := Threads(getenv); n > 0 {
		fair = min(fair, n)
	}
	most := max(threads, fair)
	if most <= allowed {
		return ""
	}
	return fmt.Sprintf("the launcher has bound this process to %d of %d processors, where %d threads could compute: it takes bind-to none (mpirun) or cpu-bind=none (srun)",
		allowed, machine, most)
}

// online is how many processors the machine has, whatever this process may use of them.
func online() int {
	b, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		return runtime.NumCPU()
	}
	return max(listed(strings.TrimSpace(string(b))), runtime.NumCPU())
}

// listed counts a list of ranges as the kernel writes it, such as 0-3,8; 0 where it is none.
func listed(list string) (n int) {
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		lo, err := strconv.Atoi(from)
		if err != nil {
			return 0
		}
		hi := lo
		if isRange {
			if hi, err = strconv.Atoi(to); err != nil || hi < lo {
				return 0
			}
		}
		n += hi - lo + 1
	}
	return n
}

// Scheduled says whether a job of Slurm runs this process. Slurm sends SIGTERM, at times more than once, and ends what does not end by
// itself.
func Scheduled(getenv func(string) string) bool { return getenv("SLURM_JOB_ID") != "" }
