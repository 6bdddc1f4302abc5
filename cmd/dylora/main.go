// Command dylora trains DyLoRA adapters on RoBERTa and cuts them to any rank.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/cluster"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/interrupt"
	"github.com/dylora/dylora/internal/parquet"
	"github.com/dylora/dylora/internal/release"
	"github.com/dylora/dylora/internal/secret"
	"github.com/dylora/dylora/internal/terminal"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == parquet.Argument {
		os.Exit(parquet.Child(os.Args[2:], os.Stdout, os.Stderr))
	}
	cluster.Limit()
	secret.NoCore()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program: a command line in, an exit code out. The codes are those of
// package fault, 0, and 129, 130, 138, 143 or 152 after a signal; scripts may test for them.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := interrupt.Watch(context.Background(), talkOfFirst(errOut))
	defer stop()

	s := &streams{in: in, out: out, err: errOut}
	root := newRootCmd(s)
	root.SetArgs(args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) { // all else starts faster without
		flagset.Complete(root, completions())
	}
	cmd, err := root, s.join()
	root.SetOut(s.out)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return s.alone(cmd.CommandPath()) }
	if err == nil {
		cmd, err = root.ExecuteContextC(ctx)
	}
	if err = s.leave(err); err == nil {
		return 0
	}
	prefix, tell := ofRank(ctx, err)
	signal := interrupt.Ended(ctx, err)
	switch {
	case signal != nil && tell:
		s.screen().Fail(prefix, signal.Error())
		fallthrough
	case signal != nil:
		return signal.ExitCode()
	case !tell:
		return int(fault.ClassOf(err))
	}
	for line := range strings.Lines(message(err)) {
		s.screen().Fail(prefix, strings.TrimSuffix(line, "\n"))
	}
	class := fault.ClassOf(err)
	if class == fault.Usage {
		fmt.Fprintf(errOut, "Run '%s --help' for usage.\n", cmd.CommandPath())
	}
	return int(class)
}

func newRootCmd(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "dylora",
		Short: "Train DyLoRA adapters on RoBERTa and cut them to any rank",
		Long: `dylora trains one low-rank adapter that works at every rank from 1 to R.
After training, any rank is a slice: no second run, no search.`,
		Example: `  dylora train
  dylora sweep
  dylora slice --rank 4`,
		SilenceErrors: true,
		SilenceUsage:  true,
		// Without Args and RunE of the root, cobra reports an unknown command past
		// SetFlagErrorFunc, as an error of no class.
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return flagset.UnknownCommand(cmd, args[0], purposes())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagset.Error)
	info, _ := debug.ReadBuildInfo()
	root.Version, _ = release.Version(info)
	root.SetVersionTemplate("dylora {{.Version}}\n")
	everywhere := root.PersistentFlags()
	everywhere.Var(&s.screen().Mode, "progress", "how long work shows how far it is: bar, lines (one every 30 s), none, or auto: a bar on a terminal, else lines")
	everywhere.BoolVar(&s.screen().Quiet, "quiet", false, "tell nothing on stderr but errors and warnings")
	everywhere.BoolVar(&s.verbose, "verbose", false, "also show hashes of files and commits")
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddCommand(
		newTrainCmd(s, runTrain),
		newPlanCmd(s, runPlan),
		newRunCmd(s, runRun),
		newRunsCmd(s, runRuns),
		newCompareCmd(s),
		newTrackCmd(s),
		newEvalCmd(s, runEval),
		newSweepCmd(s, runSweep),
		newPredictCmd(s, runPredict),
		newServeCmd(s, runServe),
		newSliceCmd(s, runSlice),
		newNestCmd(s, runNest),
		newMergeCmd(s, runMerge),
		newInspectCmd(s, runInspect),
		newCheckCmd(s, runCheck),
		newDataCmd(s, runData),
		newFetchCmd(s, runFetch),
		newCacheCmd(s),
		newExportBaseCmd(s),
		newScriptCmd(s),
		newBenchCmd(s, runBench),
		newConfigCmd(s),
		newVersionCmd(s, runVersion),
		flagset.Manual(),
	)
	flagset.Help(root, terminal.Columns(s.out), sections())
	return root
}
