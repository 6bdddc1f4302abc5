package mpi

import (
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// TestLaunched: whoever has started the process is found, and a batch script of Slurm's is nobody.
func TestLaunched(t *testing.T) {
	for name, tt := range map[string]struct {
		env     map[string]string
		want    Launcher
		several bool
	}{
		"alone":         {nil, Launcher{}, false},
		"Open MPI":      {map[string]string{"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4", "PMI_RANK": "0"}, Launcher{Name: "Open MPI's mpirun", Rank: "1", Size: "4"}, true},
		"one of one":    {map[string]string{"PMI_RANK": "0", "PMI_SIZE": "1"}, Launcher{Name: "MPICH's mpirun, or srun by PMI-2", Rank: "0", Size: "1"}, false},
		"srun":          {map[string]string{"SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "3", "SLURM_LOCALID": "1"}, Launcher{"srun", "2", "3", "1"}, true},
		"batch script":  {map[string]string{"SLURM_PROCID": "0", "SLURM_NTASKS": "3"}, Launcher{}, false},
		"half of a one": {map[string]string{"PMI_RANK": "0"}, Launcher{}, false},
	} {
		if got := Launched(func(key string) string { return tt.env[key] }); got != tt.want || got.Several() != tt.several {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for text, good := range map[string]bool{
		"": true, "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2": true, "SLURM_PROCID=0": true, "PMI_RANK=0 PMI_SIZE=1 SLURM_PROCID=0": true,
		"OMPI_COMM_WORLD_RANK=1": false, "PMI_SIZE=2": false, "PMI_RANK=2 PMI_SIZE=2": false, "PMI_RANK=x PMI_SIZE=2": false, "PMI_RANK=-1 PMI_SIZE=2": false,
		"SLURM_STEP_NUM_TASKS=2": false, "PMI_RANK=0 PMI_SIZE=99999999999999999999": false,
	} {
		env := map[string]string{}
		for pair := range strings.FieldsSeq(text) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		if err := sound(func(key string) string { return env[key] }); (err == nil) != good || err != nil && fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q: %v", text, err)
		}
	}
	l := Launcher{"srun", "2", "3", ""}
	if err := l.check(2, 3, "x"); err != nil {
		t.Error(err)
	}
	if err := l.check(0, 1, "Open MPI"); err == nil || !strings.Contains(err.Error(), "DYLORA_MPI") || !strings.Contains(err.Error(), "rank 2 of 3") {
		t.Errorf("%v", err)
	}
}
