// Package cluster writes the files with which the engines of clusters train a plan, an array of jobs of Slurm and an Indexed Job of
// Kubernetes, and knows what these tell a process that they have started.
package cluster

import (
	_ "embed" // the files
	"fmt"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/dylora/dylora/internal/fault"
)

// Kind is an engine.
type Kind string

// The engines.
const (
	Slurm      Kind = "slurm"
	Kubernetes Kind = "kubernetes"
)

// Array is a plan whose trainings are jobs of a cluster.
type Array struct {
	Plan    string  // file, absolute
	Folder  string  // that run folders and data are relative to, absolute
	Program string  // dylora on the nodes of Slurm
	Count   int     // trainings
	Seconds float64 // predicted of the longest; 0: not known
	Bytes   int64   // predicted of the largest; 0: not known

	CPUs   int     // of each training
	AtOnce int     // trainings at a time; 0: the engine decides, of Kubernetes all
	Margin float64 // of time and memory over what is predicted: 1.5 asks for half as much again
	Image  string  // of Kubernetes
	Claim  string  // PersistentVolumeClaim of Kubernetes that has the plan, the data and the run folders
}

// signalSeconds is how long before the end of its time a training is told to save. Slurm may tell it up to earlierSeconds sooner (sbatch(1),
// --signal), and nothing of the time that was asked for may be lost by that.
const (
	signalSeconds  = 120
	earlierSeconds = 60
)

// Bounds of what is written.
const (
	MaxCPUs   = 4096
	MaxMargin = 100
)

// Check refuses what no engine could do.
func (a *Array) Check(k Kind) error {
	switch {
	case a.CPUs < 1 || a.CPUs > MaxCPUs:
		return fault.Usagef("cpus: %d is not in [1, %d]", a.CPUs, MaxCPUs)
	case a.AtOnce < 0:
		return fault.Usagef("at once: %d is below 0", a.AtOnce)
	case !(a.Margin >= 1 && a.Margin <= MaxMargin):
		return fault.Usagef("margin: %v is not in [1, %d]", a.Margin, MaxMargin)
	case k == Kubernetes && !imageName.MatchString(a.Image):
		return fault.Usagef("image: %q is no name of an image such as registry.example/dylora:1", a.Image)
	case k == Kubernetes && !dnsName.MatchString(a.Claim):
		return fault.Usagef("claim: %q is no name of a PersistentVolumeClaim", a.Claim)
	}
	for _, path := range []string{a.Plan, a.Folder, a.Program} {
		if strings.ContainsAny(path, "\n\r\x00") {
			return fault.Usagef("%q: a path with a line break cannot stand in a script", path)
		}
	}
	return nil
}

var (
	imageName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,510}$`)
	dnsName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
	unsafe    = regexp.MustCompile(`[^a-z0-9]+`)
)

//go:embed array.sbatch.tmpl
var sbatch string

//go:embed job.yaml.tmpl
var indexedJob string

// Write writes the file for an engine.
func (a *Array) Write(w io.Writer, k Kind) error {
	if err := a.Check(k); err != nil {
		return err
	}
	file := sbatch
	if k == Kubernetes {
		file = indexedJob
	}
	t, err := template.New("array").Funcs(template.FuncMap{"shell": quoted, "text": text}).Parse(file)
	if err != nil {
		return err
	}
	return t.Execute(w, a)
}

// Last is the index of the last training.
func (a *Array) Last() int { return a.Count - 1 }

// Known says whether time and memory were predicted.
func (a *Array) Known() bool { return a.Seconds > 0 && a.Bytes > 0 }

// SignalSeconds is how long before its end a training is told to save.
func (*Array) SignalSeconds() int { return signalSeconds }

// Name is the plan's for an engine: small letters, digits and dashes, 40 of them at most.
func (a *Array) Name() string {
	base := strings.TrimSuffix(filepath.Base(a.Plan), filepath.Ext(a.Plan))
	name := strings.Trim(unsafe.ReplaceAllString(strings.ToLower(base), "-"), "-")
	if len(name) > 40 {
		name = strings.TrimRight(name[:40], "-")
	}
	if name == "" {
		name = "plan"
	}
	return "dylora-" + name
}

// minutes is the time to ask for, with its margin and that of the signal, rounded up.
func (a *Array) minutes() int {
	return int(math.Ceil((a.Seconds*a.Margin + signalSeconds + earlierSeconds) / 60))
}

// Mebibytes is the memory to ask for, with its margin, rounded up to 64.
func (a *Array) Mebibytes() int64 {
	n := int64(math.Ceil(float64(a.Bytes) * a.Margin / (1 << 20)))
	return (n + 63) / 64 * 64
}

// Asked says in words where time and memory come from.
func (a *Array) Asked() string {
	if !a.Known() {
		return "Time and memory of the trainings are not known: nothing is asked for, and the cluster's defaults hold."
	}
	return fmt.Sprintf("Predicted: at most %.0f s and %d MiB a training. Asked for: %.4g times as much, and %d s more, in which it saves.",
		math.Ceil(a.Seconds), a.Bytes>>20, a.Margin, signalSeconds+earlierSeconds)
}
