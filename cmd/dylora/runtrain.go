package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train"
)

func runTrain(ctx context.Context, o *trainOptions) (err error) {
	settings, err := o.settings()
	if err != nil {
		return err
	}
	t, err := newTraining(ctx, o.io, settings)
	if err != nil {
		return err
	}
	defer t.close()
	run, err := train.OpenRun(train.RunOptions{Root: runsRoot, Dir: o.run, Task: t.task.Name, Resume: o.resume, Now: o.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	resumed, err := run.Start(t.loop, settings.yaml(), train.CheckpointPolicy{Every: settings.Train.CheckpointEvery, Inputs: t.inputs})
	if err != nil {
		return err
	}
	t.say(resumed.Notes...)
	switch {
	case resumed.Found:
		t.say(fmt.Sprintf("%s: going on after step %d of %d", run.Dir, resumed.Step, t.loop.Steps()))
	case o.resume:
		t.say(fmt.Sprintf("%s: there is no checkpoint yet: starting from the beginning", run.Dir))
	default:
		t.say(run.Dir + ": new run")
	}
	if err := t.describe(); err != nil {
		return err
	}
	show := newTrainProgress(o.io.err, t.loop.Steps(), settings.Train.Epochs)
	t.loop.On(show.hook())
	err = t.loop.Run(ctx)
	show.end()
	if err != nil {
		return o.stopped(err, run.Dir)
	}
	return t.finish(ctx, run.Dir, o.json)
}

// stopped adds to the error of a stop how to go on.
func (o *trainOptions) stopped(err error, dir string) error {
	if errors.Is(err, train.ErrStopped) {
		fmt.Fprintf(o.io.err, "checkpoint written; 'dylora train --resume --run %s' goes on\n", dir)
	}
	return err
}

// free are the settings that may differ when a run is resumed: they say where things are
// and with what to compute, not what.
func free() []string {
	return []string{"threads", "kernel", "data_dir", "dev_file", "model", "revision", "checkpoint_every", "init_adapter"}
}

// settings resolves the sources over the task's recipe, or over what the run that is to
// be resumed was started with.
func (o *trainOptions) settings() (*resolved, error) {
	if !o.resume {
		return o.sources.withRecipe()
	}
	dir := o.run
	if dir == "" {
		var err error
		if dir, err = train.Latest(runsRoot); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(dir, train.SettingsName)
	if _, err := os.Stat(path); err != nil {
		return nil, fault.Invalidf("%s: there is no run to resume: %w; leave --resume out to start one", dir, unwrapPath(err, path))
	}
	was, faults, err := fileLayer("run", path)
	if err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		return nil, fault.Invalidf("%s", strings.Join(faults, "\n"))
	}
	r, err := o.sources.resolve(was)
	if err != nil {
		return nil, err
	}
	for _, s := range r.settings() {
		before, given := was.values[s.key]
		if given && before != s.value.Interface() && !slices.Contains(free(), s.key) {
			faults = append(faults, fmt.Sprintf("resume: %s is %v (%s), the run was started with %v: leave it out, or start another run",
				s.key, s.value.Interface(), r.place(s.key), before))
		}
	}
	return r, usageFaults(faults)
}
