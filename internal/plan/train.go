package plan

import (
	"context"
	"errors"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Training is one line to be trained in this process.
type Training struct {
	Plan    *Plan
	Line    *Line
	Machine []*settings.Layer   // settings of MachineKeys
	Results string              // file that gets the result; "": none
	Watch   func(*finetune.Job) // is called before the job runs, to show it; nil: nobody looks
}

// Run trains the line, or goes on with it where it was stopped. A line that is complete is left
// as it is, with a nil report. An error is noted beside the run folder, unless the training
// was only stopped or is running in another process.
func (t *Training) Run(ctx context.Context, env *session.Env) (*finetune.Report, error) {
	if err := t.Plan.Check(t.Line); err != nil {
		return nil, err
	}
	status, err := Look(t.Plan, t.Line)
	if err != nil {
		return nil, err
	}
	var report *finetune.Report
	if status.State != Done {
		if report, err = t.train(ctx, env, status.Begun); err != nil {
			if !stopped(err) && fault.ClassOf(err) != fault.Locked {
				err = errors.Join(err, writeFailure(t.Line, err.Error()))
			}
			return nil, err
		}
	}
	if t.Results != "" {
		return report, Append(t.Results, t.Line)
	}
	return report, nil
}

func stopped(err error) bool {
	return errors.Is(err, train.ErrStopped) || errors.Is(err, context.Canceled)
}

// train trains the line from its beginning, or from where a begun run was.
func (t *Training) train(ctx context.Context, env *session.Env, begun bool) (report *finetune.Report, err error) {
	start := env.Now()
	place := finetune.Place{Run: t.Line.Run, Resume: begun}
	layers := t.Machine
	if !begun { // a begun run has its settings, and Look has compared them
		layers = append([]*settings.Layer{t.Line.Layer(t.Plan.Place(t.Line))}, layers...)
	}
	r, err := finetune.Resolve(place, layers...)
	if err != nil {
		return nil, err
	}
	job, err := finetune.Prepare(ctx, env, r, place)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	if err := forgetFailure(t.Line); err != nil {
		return nil, err
	}
	clock, err := t.newClock(env, job, start)
	if err != nil {
		return nil, err
	}
	job.Loop.On(train.Hook{Name: "time", Epoch: func(*train.Loop) error { return clock.note() }})
	if t.Watch != nil {
		t.Watch(job)
	}
	clock.training = env.Now()
	err = job.Run(ctx)
	if noted := clock.note(); err != nil || noted != nil {
		return nil, errors.Join(err, noted)
	}
	clock.end()
	if report, err = job.Finish(ctx); err != nil {
		return nil, err
	}
	return report, clock.note()
}

// clock keeps the record of a run up to date.
type clock struct {
	record          Record
	dir             string
	now             func() time.Time
	start, training time.Time     // training zero: the loop is not running
	before, trained time.Duration // of the processes before this one
}

func (t *Training) newClock(env *session.Env, job *finetune.Job, start time.Time) (*clock, error) {
	c := &clock{dir: job.Dir, now: env.Now, start: start}
	old, err := readRecord(job.Dir)
	if err != nil {
		return nil, err
	}
	if old != nil {
		c.record = *old
	}
	c.before, c.trained = seconds(c.record.Seconds), seconds(c.record.TrainingSeconds)
	machine := job.Program.Machine()
	c.record.Plan, c.record.Line, c.record.Version = t.Plan.Path, *t.Line, env.Version
	c.record.Kernel, c.record.Threads = machine.Name(), machine.Threads()
	c.record.Examples, c.record.DevExamples = job.Examples()
	c.record.Processes++
	return c, c.note()
}

// note writes the record as it is now.
func (c *clock) note() error {
	c.record.Seconds = (c.before + c.now().Sub(c.start)).Seconds()
	c.record.TrainingSeconds = c.trained.Seconds()
	if !c.training.IsZero() {
		c.record.TrainingSeconds += c.now().Sub(c.training).Seconds()
	}
	return c.record.write(c.dir)
}

// end says that the loop has ended.
func (c *clock) end() {
	c.trained += c.now().Sub(c.training)
	c.training = time.Time{}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
