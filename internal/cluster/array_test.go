package cluster

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

func array() *Array {
	return &Array{Plan: "/home/me/My Study.jsonl", Folder: "/home/me", Program: "/opt/dylora", Count: 6, Seconds: 3600, Bytes: 1 << 30, CPUs: 4, Margin: 1.5, Image: "dylora:1", Claim: "work"}
}

func written(t *testing.T, a *Array, k Kind) string {
	t.Helper()
	var b bytes.Buffer
	if err := a.Write(&b, k); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSlurm(t *testing.T) {
	t.Parallel()
	a := array()
	a.AtOnce = 3
	want := `#!/bin/bash
#SBATCH --job-name=dylora-my-study
#SBATCH --array=0-5%3
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=1536M
#SBATCH --time=0-01:33:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%A_%a.log
#SBATCH --signal=B:USR1@120
# Predicted: at most 3600 s and 1024 MiB a training. Asked for: 1.5 times as much, and 180 s more, in which it saves.
set -euo pipefail
cd -- /home/me
exec /opt/dylora run '/home/me/My Study.jsonl' --index "${SLURM_ARRAY_TASK_ID:?is not set: submit this script with sbatch}"
`
	if got := written(t, a, Slurm); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	a.Seconds, a.AtOnce = 0, 0
	if got := written(t, a, Slurm); strings.Contains(got, "--time") || strings.Contains(got, "--mem") || !strings.Contains(got, "--array=0-5\n") {
		t.Errorf("without a prediction:\n%s", got)
	}
	a.Seconds = 3 * 24 * 3600
	if got := written(t, a, Slurm); !strings.Contains(got, "--time=4-12:03:00\n") {
		t.Errorf("days:\n%s", got)
	}
}

// Whatever paths are called, the shell hands them on as they are.
func TestSlurmQuoting(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		a := array()
		a.Folder, a.Program = folder, "printf"
		a.Plan = "/" + rapid.StringMatching(`[ -~é]{1,40}`).Draw(t, "plan")
		var b bytes.Buffer
		if err := a.Write(&b, Slurm); err != nil {
			t.Fatal(err)
		}
		script := strings.Replace(b.String(), "exec printf run ", `exec printf %s\\n `, 1)
		c := exec.Command(shell, "-c", script)
		c.Env = []string{"SLURM_ARRAY_TASK_ID=4"}
		out, err := c.CombinedOutput()
		if err != nil || string(out) != a.Plan+"\n--index\n4\n" {
			t.Fatalf("%v: %q of\n%s", err, out, script)
		}
		c = exec.Command(shell, "-c", script)
		c.Env = []string{} // not of an array
		out, err = c.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "SLURM_ARRAY_TASK_ID: is not set: submit this script with sbatch\n") {
			t.Fatalf("without a task: %v: %q", err, out)
		}
	})
}

func TestShellcheck(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("there is no shellcheck")
	}
	c := exec.Command("shellcheck", "-")
	c.Stdin = strings.NewReader(written(t, array(), Slurm))
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// job has the fields of an Indexed Job that these tests check; tools/kubernetes validates the whole by the API server's own rules.
type job struct {
	Metadata struct{ Name string }
	Spec     struct {
		CompletionMode           string `yaml:"completionMode"`
		Completions, Parallelism int
		BackoffLimitPerIndex     int `yaml:"backoffLimitPerIndex"`
		PodFailurePolicy         any `yaml:"podFailurePolicy"`
		Template                 struct {
			Spec struct {
				Containers []struct {
					Image     string
					Args      []string
					Resources struct{ Requests, Limits map[string]string }
				}
				Volumes []map[string]any
			}
		}
	}
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	a := array()
	want, err := os.ReadFile("testdata/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := written(t, a, Kubernetes); got != string(want) {
		t.Errorf("it is not testdata/job.yaml, which the API server's code takes:\n%s", got)
	}
	for _, tt := range []struct {
		plan, folder, want string
	}{
		{"/home/me/My Study.jsonl", "/home/me", "/work/My Study.jsonl"},
		{"/home/me/plans/a$(b): \"c\".jsonl", "/home/me", "/work/plans/a$$(b): \"c\".jsonl"},
		{"/elsewhere/plan.jsonl", "/home/me", "/work/plan.jsonl"},
	} {
		a.Plan, a.Folder, a.AtOnce = filepath.FromSlash(tt.plan), filepath.FromSlash(tt.folder), 4
		var j job
		if err := yaml.Unmarshal([]byte(written(t, a, Kubernetes)), &j); err != nil {
			t.Fatal(err)
		}
		c := j.Spec.Template.Spec.Containers[0]
		if got := strings.Join(c.Args, "|"); got != "run|"+tt.want+"|--index|$(JOB_COMPLETION_INDEX)" {
			t.Errorf("arguments %s", got)
		}
		if j.Spec.CompletionMode != "Indexed" || j.Spec.Completions != 6 || j.Spec.Parallelism != 4 || j.Spec.BackoffLimitPerIndex != 3 || c.Image != "dylora:1" {
			t.Errorf("%+v", j)
		}
		if c.Resources.Requests["memory"] != "1536Mi" || c.Resources.Limits["cpu"] != "4" {
			t.Errorf("resources %+v", c.Resources)
		}
	}
	a.Bytes, a.AtOnce = 0, 0
	if got := written(t, a, Kubernetes); strings.Contains(got, "memory") && strings.Contains(got, "memory:") || !strings.Contains(got, "parallelism: 6\n") {
		t.Errorf("without a prediction:\n%s", got)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Array){
		"cpus: 0":         func(a *Array) { a.CPUs = 0 },
		"cpus: 5000":      func(a *Array) { a.CPUs = 5000 },
		"at once: -1":     func(a *Array) { a.AtOnce = -1 },
		"margin: 0.5":     func(a *Array) { a.Margin = 0.5 },
		"margin: 101":     func(a *Array) { a.Margin = 101 },
		`image: "a b"`:    func(a *Array) { a.Image = "a b" },
		`claim: "Work"`:   func(a *Array) { a.Claim = "Work" },
		"a line break":    func(a *Array) { a.Plan = "/a\nb" },
		"with a line bre": func(a *Array) { a.Folder = "/a\r" },
	} {
		a := array()
		change(a)
		var b bytes.Buffer
		if err := a.Write(&b, Kubernetes); err == nil || !strings.Contains(err.Error(), want) || fault.ClassOf(err) != fault.Usage || b.Len() > 0 {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/x/plan.jsonl": "dylora-plan", "/x/Größe 2.jsonl": "dylora-gr-e-2", "/x/日本.jsonl": "dylora-plan", "/x/" + strings.Repeat("a", 39) + "-bc.jsonl": "dylora-" + strings.Repeat("a", 39),
	} {
		if got := (&Array{Plan: path}).Name(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestThreads(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env  map[string]string
		want int
	}{
		{nil, 0},
		{map[string]string{"SLURM_CPUS_ON_NODE": "8"}, 8},
		{map[string]string{"SLURM_CPUS_ON_NODE": "8", "SLURM_CPUS_PER_TASK": "2"}, 2},
		{map[string]string{"SLURM_CPUS_ON_NODE": "8", "SLURM_CPUS_PER_TASK": ""}, 8},
		{map[string]string{"SLURM_CPUS_PER_TASK": "-2"}, 0},
		{map[string]string{"SLURM_CPUS_PER_TASK": "two", "SLURM_CPUS_ON_NODE": "99999999999999999999"}, 0},
	} {
		if got := Threads(func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("%v: %d threads, want %d", tt.env, got, tt.want)
		}
	}
}
