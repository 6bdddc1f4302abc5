package finetune

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
	"github.com/dylora/dylora/internal/train/grouptest"
)

// together trains in so many processes, which are goroutines; each sees its job before it runs.
func (f folder) together(processes int, settled func(rank int) *settings.Resolved, p Place, change func(j *Job, cancel context.CancelFunc)) (reports []*Report, errs []error) {
	f.Helper()
	room := grouptest.NewRoom(processes)
	reports, errs = make([]*Report, processes), make([]error, processes)
	var all sync.WaitGroup
	for rank := range processes {
		env := *f.env
		if rank > 0 {
			env.Note = nil
		}
		all.Go(func() {
			reports[rank], errs[rank] = member(&env, settled(rank), p, room.Process(rank), change)
		})
	}
	all.Wait()
	return reports, errs
}

func member(env *session.Env, r *settings.Resolved, p Place, g train.Group, change func(j *Job, cancel context.CancelFunc)) (report *Report, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	env.Group = g
	j, err := Prepare(ctx, env, r, p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if change != nil {
		change(j, cancel)
	}
	if err := j.Run(ctx); err != nil {
		return nil, err
	}
	return j.Finish(ctx)
}

// Run folders of one process and of several have the same bits, and so have those that were stopped in one number of processes and go on
// in another: before the full-rank phase ends, while its end is computed, and behind it.
func TestTogether(t *testing.T) {
	f := newFolder(t)
	for name, yaml := range map[string]string{
		"sink":   "micro_batches: 4; ranks_per_step: mixed; metric: log_loss",
		"taught": "micro_batches: 4; full_rank_phase: 0.25; distill: 0.5; heads: fitted; class_weights: balanced",
		"alike":  alike + "; micro_batches: 4; grad_accumulation: 2; full_rank_phase: 0.3; resort: weighted; scaling: constant",
	} {
		r := f.settled(yaml)
		same := func(int) *settings.Resolved { return r }
		f.train(r, Place{Run: name})
		dir := name + "-together"
		for _, processes := range []int{2, 4} {
			must(t, os.RemoveAll(dir))
			f.allDone(f.together(processes, same, Place{Run: dir}, nil))
			f.sameRun(dir, name)
		}
		for step, processes := range map[int][2]int{3: {4, 1}, 4: {2, 4}, 5: {4, 2}, 6: {2, 2}} {
			must(t, os.RemoveAll(dir))
			_, errs := f.together(processes[0], same, Place{Run: dir}, stopAfter(step))
			for rank, err := range errs {
				if asked := new(train.Asked); !errors.Is(err, train.ErrStopped) || !errors.As(err, &asked) {
					t.Errorf("%s, process %d of %d: %v", name, rank, processes[0], err)
				}
			}
			if processes[1] == 1 {
				f.resume(dir)
			} else {
				p := Place{Run: dir, Resume: true}
				resumed, err := Resolve(p)
				must(t, err)
				f.allDone(f.together(processes[1], func(int) *settings.Resolved { return resumed }, p, nil))
			}
			f.sameRun(dir, name)
		}
	}
}

// allDone fails the test unless all processes came to the end and the first alone reports it.
func (f folder) allDone(reports []*Report, errs []error) {
	f.Helper()
	for rank, err := range errs {
		if err != nil || (reports[rank] == nil) != (rank > 0) {
			f.Fatalf("process %d of %d: %v", rank, len(errs), err)
		}
	}
}

// stopAfter asks the last process of a group to stop behind a step.
func stopAfter(step int) func(j *Job, cancel context.CancelFunc) {
	return func(j *Job, cancel context.CancelFunc) {
		j.Loop.On(train.Hook{Step: func(_ *train.Loop, s train.Step) error {
			if g := j.env.Group; s.Step == step && g.Rank() == g.Size()-1 {
				cancel()
			}
			return nil
		}})
	}
}

// All processes are refused where one is, with a message of that one, and what is not the same on all is found before a step is made.
func TestTogetherRefused(t *testing.T) {
	f := newFolder(t)
	f.write("taken/notes.txt", "mine")
	plain, other := f.settled("micro_batches: 2"), f.settled("micro_batches: 2; lr: 0.5")
	for name, tt := range map[string]struct {
		processes int
		settled   func(rank int) *settings.Resolved
		place     Place
		class     fault.Class
		bad       int
		says      string
	}{
		"a folder that is taken": {2, func(int) *settings.Resolved { return plain }, Place{Run: "taken"}, fault.Usage, 0, "taken is not empty"},
		"other settings":         {2, func(rank int) *settings.Resolved { return []*settings.Resolved{plain, other}[rank] }, Place{Run: "new"}, fault.Invalid, 1, "another settings than process 0"},
		"too many processes":     {4, func(int) *settings.Resolved { return plain }, Place{Run: "new"}, fault.Usage, 0, "cannot be shared by 4 processes"},
	} {
		_, errs := f.together(tt.processes, tt.settled, tt.place, nil)
		for rank, err := range errs {
			if fault.ClassOf(err) != tt.class || rank == tt.bad && !contains(err, tt.says) {
				t.Errorf("%s, process %d: %v", name, rank, err)
			}
		}
		if _, err := os.Stat("new"); err == nil {
			t.Errorf("%s: a run folder is left", name)
		}
	}
}

func contains(err error, text string) bool {
	return err != nil && strings.Contains(err.Error(), text)
}
