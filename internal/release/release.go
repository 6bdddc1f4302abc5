// Package release tells what this program is: its version, the commit, and what it computes with here.
package release

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/dylora/dylora/internal/kernel"
)

// Facts are what a report of a fault should have.
type Facts struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit,omitempty"`
	Go      string   `json:"go"`
	System  string   `json:"system"`
	Kernel  string   `json:"kernel"`  // in use
	Kernels []string `json:"kernels"` // that this processor has
	Threads int      `json:"threads"`

	Precisions []Precision `json:"precisions"`
}

// Precision describes a precision on the kernel in use.
type Precision struct {
	Name   string `json:"name"`
	Trains bool   `json:"trains"`
	Lacks  string `json:"lacks"` // what the kernel does not have, and so makes it slower; "" if nothing
}

// Lines are the facts for a person.
func (f Facts) Lines() []string {
	commit := ""
	if f.Commit != "" {
		commit = " (" + f.Commit + ")"
	}
	lines := []string{
		fmt.Sprintf("dylora %s%s", f.Version, commit), fmt.Sprintf("%s %s", f.Go, f.System), fmt.Sprintf("kernel %s of %v, %d threads", f.Kernel, f.Kernels, f.Threads),
	}
	for _, p := range f.Precisions {
		lines = append(lines, "precision "+p.Text())
	}
	return lines
}

// Text is one line of the listing. How fast a precision is, bench measures.
func (p Precision) Text() string {
	use := "training and evaluation"
	if !p.Trains {
		use = "evaluation"
	}
	if p.Lacks != "" {
		use += "; slower here: " + p.Lacks
	}
	return fmt.Sprintf("%-8s for %s", p.Name, use)
}

// Of reads what the Go tool wrote into the binary, which may be nothing (nil), and what
// the machine computes with.
func Of(info *debug.BuildInfo, m *kernel.Machine) Facts {
	version, commit := Version(info)
	f := Facts{
		Version: version, Commit: commit, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Kernel: m.Name(), Kernels: kernel.Names(), Threads: m.Threads(),
	}
	for _, p := range kernel.Precisions() {
		f.Precisions = append(f.Precisions, Precision{p.String(), p.Trains(), m.Lacks(p)})
	}
	return f
}

// Version is the version of the program and the commit that it was built of; info may be nil.
func Version(info *debug.BuildInfo) (version, commit string) {
	version = "(devel)"
	if info == nil {
		return version, ""
	}
	if info.Main.Version != "" {
		version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value
		}
	}
	return version, commit
}
