package main

import (
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/release"
	"github.com/dylora/dylora/internal/terminal"
)

// versionOptions is everything `dylora version` needs.
type versionOptions struct {
	io     *streams
	kernel string
	json   bool
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
	f := release.Of(info, machine)
	if o.json {
		return terminal.JSON(o.io.out, f)
	}
	return terminal.Lines(o.io.out, f.Lines()...)
}
