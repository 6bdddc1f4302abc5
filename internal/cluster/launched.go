package cluster

import (
	"os"
	"runtime"
	"strconv"
)

// Threads is how many threads Slurm has given to this process: SLURM_CPUS_PER_TASK, where no number per task was asked for what the
// job has on its node, SLURM_CPUS_ON_NODE. It is 0 where neither says it. The system need not know: a node without control groups
// shows all of its processors to every job.
func Threads(getenv func(string) string) int {
	for _, name := range []string{"SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"} {
		if n, err := strconv.Atoi(getenv(name)); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// Limit makes the number of threads that Slurm has given the default of this process. GOMAXPROCS, if it is set, stays.
func Limit() {
	if n := Threads(os.Getenv); n > 0 && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(min(n, runtime.GOMAXPROCS(0)))
	}
}

// Scheduled says whether a job of Slurm runs this process. Slurm sends SIGTERM, at times more than once, and ends what does not end by
// itself.
func Scheduled(getenv func(string) string) bool { return getenv("SLURM_JOB_ID") != "" }
