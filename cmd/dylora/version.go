package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/terminal"
)

// versionOptions is everything `dylora version` needs.
type versionOptions struct {
	io     *streams
	kernel string
	json   bool
}

// versionFacts is what `dylora version` prints.
type versionFacts struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit,omitempty"`
	Go      string   `json:"go"`
	System  string   `json:"system"`
	Kernel  string   `json:"kernel"`  // in use
	Kernels []string `json:"kernels"` // that this processor has
	Threads int      `json:"threads"`

	Precisions []precisionFacts `json:"precisions"`
}

// precisionFacts describes a precision on the kernel in use.
type precisionFacts struct {
	Name   string `json:"name"`
	Trains bool   `json:"trains"`
	Lacks  string `json:"lacks"` // what the kernel does not have, and so makes it slower; "" if nothing
}

func newVersionCmd(io *streams, runF func(*versionOptions) error) *cobra.Command {
	opts := &versionOptions{io: io}
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version, Go's version and the arithmetic in use",
		Example: "  dylora version\n  dylora version --json",
		Args:    flagset.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			opts.kernel = os.Getenv("DYLORA_KERNEL")
			return runF(opts)
		},
	}
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func runVersion(o *versionOptions) error {
	machine, err := kernel.New(o.kernel, 0)
	if err != nil {
		return fault.Usagef("DYLORA_KERNEL: %w", err)
	}
	info, _ := debug.ReadBuildInfo()
	f := versionOf(info, machine)
	if o.json {
		return terminal.JSON(o.io.out, f)
	}
	commit := ""
	if f.Commit != "" {
		commit = " (" + f.Commit + ")"
	}
	if _, err = fmt.Fprintf(o.io.out, "dylora %s%s\n%s %s\nkernel %s of %v, %d threads\n", f.Version, commit, f.Go, f.System, f.Kernel, f.Kernels, f.Threads); err != nil {
		return err
	}
	for _, p := range f.Precisions {
		if err := terminal.Lines(o.io.out, "precision "+p.text()); err != nil {
			return err
		}
	}
	return nil
}

// text is one line of the listing. How fast a precision is, bench measures.
func (p precisionFacts) text() string {
	use := "training and evaluation"
	if !p.Trains {
		use = "evaluation"
	}
	if p.Lacks != "" {
		use += "; slower here: " + p.Lacks
	}
	return fmt.Sprintf("%-8s for %s", p.Name, use)
}

// versionOf reads what the Go tool wrote into the binary, which may be nothing (nil), and what
// the machine computes with.
func versionOf(info *debug.BuildInfo, m *kernel.Machine) versionFacts {
	version, commit := buildOf(info)
	f := versionFacts{
		Version: version, Commit: commit, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Kernel: m.Name(), Kernels: kernel.Names(), Threads: m.Threads(),
	}
	for _, p := range kernel.Precisions() {
		f.Precisions = append(f.Precisions, precisionFacts{p.String(), p.Trains(), m.Lacks(p)})
	}
	return f
}

// buildOf is the version of the program and the commit that it was built of; info may be nil.
func buildOf(info *debug.BuildInfo) (version, commit string) {
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
