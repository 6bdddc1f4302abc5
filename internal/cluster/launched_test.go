package cluster

import (
	"strings"
	"testing"
)

// environment is one that a launcher makes.
func environment(pairs ...string) func(string) string {
	m := map[string]string{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		m[name] = value
	}
	return func(name string) string { return m[name] }
}

// The processes of one machine share it, whoever has started them, and a single one has all.
func TestShare(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env                           []string
		limit, allowed, machine, want int
	}{
		"nobody":                      {nil, 16, 16, 16, 16},
		"a container":                 {nil, 4, 16, 16, 4},
		"one of two, bound":           {[]string{"OMPI_COMM_WORLD_LOCAL_SIZE=2"}, 1, 1, 16, 1},
		"one of two, not bound":       {[]string{"OMPI_COMM_WORLD_LOCAL_SIZE=2"}, 16, 16, 16, 8},
		"one of four, to a socket":    {[]string{"OMPI_COMM_WORLD_LOCAL_SIZE=4"}, 16, 16, 32, 8},
		"MPICH":                       {[]string{"MPI_LOCALNRANKS=4"}, 16, 16, 16, 4},
		"more processes than threads": {[]string{"MPI_LOCALNRANKS=8"}, 2, 2, 2, 1},
		"several in a container":      {[]string{"MPI_LOCALNRANKS=2"}, 4, 16, 16, 2},
		"Slurm, per task":             {[]string{"SLURM_CPUS_PER_TASK=3", "SLURM_CPUS_ON_NODE=8", "SLURM_STEP_TASKS_PER_NODE=2"}, 16, 16, 16, 3},
		"Slurm, of the node":          {[]string{"SLURM_CPUS_ON_NODE=8", "SLURM_STEP_TASKS_PER_NODE=2(x3),1"}, 16, 16, 16, 4},
		"Slurm, a job of one":         {[]string{"SLURM_CPUS_ON_NODE=8"}, 16, 16, 16, 8},
		"Slurm, and less is there":    {[]string{"SLURM_CPUS_ON_NODE=8"}, 2, 2, 2, 2},
		"nonsense":                    {[]string{"SLURM_CPUS_PER_TASK=x", "MPI_LOCALNRANKS=-1", "SLURM_STEP_TASKS_PER_NODE=(x"}, 2, 2, 2, 2},
	} {
		if got := share(environment(tt.env...), tt.limit, tt.allowed, tt.machine); got != tt.want {
			t.Errorf("%s: %d threads, want %d", name, got, tt.want)
		}
	}
}

// A process that its launcher keeps from processors that are its share, or that it has threads for, hears of it.
func TestBound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env                       []string
		threads, allowed, machine int
		want                      string
	}{
		"nobody":               {nil, 2, 1, 2, ""},
		"a core for each":      {[]string{"OMPI_COMM_WORLD_LOCAL_SIZE=2"}, 1, 1, 2, ""},
		"two threads":          {[]string{"OMPI_COMM_WORLD_LOCAL_SIZE=2"}, 2, 1, 2, "to 1 of 2 processors, where 2 threads could compute"},
		"a core of many":       {[]string{"OMPI_COMM_WORLD_LOCAL_SIZE=2"}, 1, 1, 16, "to 1 of 16 processors, where 8 threads"},
		"alone":                {[]string{"OMPI_COMM_WORLD_LOCAL_SIZE=1"}, 1, 1, 2, "to 1 of 2 processors, where 2 threads"},
		"not bound":            {[]string{"OMPI_COMM_WORLD_LOCAL_SIZE=2"}, 8, 16, 16, ""},
		"more than there are":  {[]string{"MPI_LOCALNRANKS=4"}, 1, 2, 2, ""},
		"as Slurm was told to": {[]string{"SLURM_CPUS_PER_TASK=1", "SLURM_STEP_TASKS_PER_NODE=2"}, 1, 1, 16, ""},
	} {
		got := bound(environment(tt.env...), tt.threads, tt.allowed, tt.machine)
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestListed(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]int{"0": 1, "0-3": 4, "0-1,4-7,9": 7, "": 0, "x": 0, "3-1": 0} {
		if got := listed(list); got != want {
			t.Errorf("%q: %d, want %d", list, got, want)
		}
	}
}
