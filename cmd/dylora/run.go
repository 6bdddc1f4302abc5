package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/plan"
	"github.com/dylora/dylora/internal/settings"
)

// runOptions is everything `dylora run` needs.
type runOptions struct {
	io      *streams
	path    string // of the plan
	index   int    // -1: all
	jobs    int
	results string
	json    bool
	child   string // ID of the line, for a process of another 'dylora run': the end of stdin stops it
	machine []*settings.Layer
}

func newRunCmd(io *streams, runF func(context.Context, *runOptions) error) *cobra.Command {
	opts := &runOptions{io: io}
	cmd := &cobra.Command{
		Use:   "run PLAN",
		Short: "Train what a plan has and is not complete",
		Long: `Train what a plan has: complete trainings are skipped, stopped ones resumed, and one that
fails does not keep the others from being trained. Each training is a process of its own, and
those of --jobs share the threads. Ctrl-C lets each finish its step and write a checkpoint;
the same command goes on. With --index one training is done in this process, as an array of
jobs does. The exit code is 1 if a training failed, with the list on stderr.

The settings are those of the plan alone: of DYLORA_* variables only those of threads, kernel
and checkpoint_every are allowed.`,
		Example: `  dylora run plan.jsonl
  dylora run plan.jsonl --jobs 4 --results results.jsonl
  dylora run plan.jsonl --index 3`,
		Args: oneArg("the plan, a file that 'dylora plan' has written"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			opts.path = args[0]
			if opts.machine, err = machineLayers(cmd); err != nil {
				return err
			}
			if err := opts.validate(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	addSettings(cmd.Flags(), plan.MachineKeys()...)
	cmd.Flags().IntVar(&opts.index, "index", -1, "train only the line of this `index`, from 0")
	cmd.Flags().IntVar(&opts.jobs, "jobs", 1, "trainings at once")
	cmd.Flags().StringVar(&opts.results, "results", "", "append a line of JSON per finished training to this `file`")
	cmd.Flags().StringVar(&opts.child, "child", "", "`id` of the line; stop as by a signal when stdin ends")
	_ = cmd.Flags().MarkHidden("child") // it is there
	cmd.Flags().Lookup("index").DefValue = ""
	addJSONFlag(cmd, &opts.json)
	return cmd
}

// machineLayers are the variables and flags for a plan. Others would be settings that the plan does not have.
func machineLayers(cmd *cobra.Command) ([]*settings.Layer, error) {
	all, err := soundLayers(cmd)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if others := l.Without(plan.MachineKeys()...).Keys(); len(others) > 0 {
			return nil, fault.Usagef("%s is set, and the settings of a plan are its own: unset it", l.Place(others[0]))
		}
	}
	return all, nil
}

func (o *runOptions) validate(cmd *cobra.Command) error {
	switch index := cmd.Flags().Changed("index"); {
	case index && o.index < 0:
		return fault.Usagef("--index: %d is below 0", o.index)
	case index && cmd.Flags().Changed("jobs"):
		return fault.Usagef("--index and --jobs exclude each other: an index is one training")
	case o.jobs < 1:
		return fault.Usagef("--jobs: %d is below 1", o.jobs)
	}
	return checkFile("--results", o.results)
}

func runRun(ctx context.Context, o *runOptions) error {
	p, err := plan.Read(o.path)
	if err != nil {
		return err
	}
	if o.index >= 0 {
		return o.runOne(ctx, p)
	}
	machine, err := settings.Resolve(o.machine...)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	threads := machine.Machine.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	r := &plan.Runner{
		Plan: p, Jobs: o.jobs, Threads: threads, Results: o.results, Now: time.Now,
		Say: func(line string) { fmt.Fprintln(o.io.err, line) },
		Process: func(l *plan.Line, threads int) *exec.Cmd {
			args := []string{"run", o.path, "--index", strconv.Itoa(l.Index), "--child", l.ID, "--threads", strconv.Itoa(threads)}
			for _, f := range machine.Fields() {
				if f.Key != "threads" && machine.Explicit(f.Key) {
					args = append(args, "--"+f.Flag(), fmt.Sprint(settings.Plain(f.Value)))
				}
			}
			return exec.Command(self, args...)
		},
	}
	err = r.Run(ctx)
	if o.json {
		entries, listErr := plan.List(p)
		err = errors.Join(err, listErr, printJSON(o.io.out, entries))
	}
	return err
}

// runOne trains one line in this process.
func (o *runOptions) runOne(ctx context.Context, p *plan.Plan) error {
	l, err := p.At(o.index)
	if err != nil {
		return err
	}
	if o.child != "" {
		if l.ID != o.child { // the file was written anew since the other process read it
			return fault.Usagef("%s is another training now: run the plan again", p.Place(l))
		}
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		defer stop()
		go func() {
			_, _ = io.Copy(io.Discard, o.io.in) // however it ends, nobody waits for the result
			stop()
		}()
	}
	var show *trainProgress
	t := &plan.Training{Plan: p, Line: l, Machine: o.machine, Results: o.results, Watch: func(job *finetune.Job) {
		show = newTrainProgress(o.io.err, job.Loop.Steps(), job.Config.Epochs)
		job.Loop.On(show.hook())
	}}
	report, err := t.Run(ctx, o.io.env())
	if show != nil {
		show.end()
	}
	if err != nil {
		return err
	}
	if report == nil {
		fmt.Fprintf(o.io.err, "%s is complete\n", l.Run)
		return nil
	}
	return (&trainOptions{io: o.io, json: o.json}).print(report)
}
