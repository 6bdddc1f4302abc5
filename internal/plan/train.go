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

// training is one line to be trained in this process.
type training struct {
	plan  *Plan
	line  *Line
	order Order
	watch func(*finetune.Job) // is called before the job runs; nil: nobody looks
}

// RunOne trains the line of an index in this process, or goes on with it where it was stopped. A line
// that is complete is left as it is, with a nil report. An error is noted beside the run
// folder, unless the training was only stopped or is running in another process. watch is
// called before the training runs, to show it.
func (p *Plan) RunOne(ctx context.Context, env *session.Env, index int, o Order, watch func(*finetune.Job)) (*finetune.Report, error) {
	l, err := p.At(index)
	if err != nil {
		return nil, err
	}
	t := &training{p, l, o, watch}
	if _, err := o.machine(); err != nil {
		return nil, err
	}
	ctx, stop, err := o.Parent.attend(ctx, p, l)
	if err != nil {
		return nil, err
	}
	defer stop()
	if err := p.Check(l); err != nil {
		return nil, err
	}
	status, err := Look(p, l)
	if err != nil {
		return nil, err
	}
	var report *finetune.Report
	if status.State == Done {
		env.Say(l.Run + " is complete")
	} else if report, err = t.train(ctx, env, status.Begun); err != nil {
		if !stopped(err) && fault.ClassOf(err) != fault.Locked {
			err = errors.Join(err, writeFailure(l, err.Error()))
		}
		return nil, err
	}
	return report, o.append(l)
}

func stopped(err error) bool {
	return errors.Is(err, train.ErrStopped) || errors.Is(err, context.Canceled)
}

// train trains the line from its beginning, or from where a begun run was.
func (t *training) train(ctx context.Context, env *session.Env, begun bool) (report *finetune.Report, err error) {
	start := env.Now()
	place := finetune.Place{Run: t.line.Run, Resume: begun, Plan: t.plan.parent()}
	layers := t.order.Machine
	if !begun { // a begun run has its settings, and Look has compared them
		layers = append([]*settings.Layer{t.line.Layer(t.plan.Place(t.line))}, layers...)
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
	if err := forgetFailure(t.line); err != nil {
		return nil, err
	}
	clock, err := t.newClock(env, job, start)
	if err != nil {
		return nil, err
	}
	job.Loop.On(train.Hook{Name: "time", Epoch: func(*train.Loop) error { return clock.note() }})
	if t.watch != nil {
		t.watch(job)
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
	computed        time.Duration // by them
}

func (t *training) newClock(env *session.Env, job *finetune.Job, start time.Time) (*clock, error) {
	c := &clock{dir: job.Dir, now: env.Now, start: start}
	old, err := readRecord(job.Dir)
	if err != nil {
		return nil, err
	}
	if old != nil {
		c.record = *old
	}
	c.before, c.trained = seconds(c.record.Seconds), seconds(c.record.TrainingSeconds)
	c.computed = seconds(c.record.CPUSeconds)
	machine := job.Program.Machine()
	c.record.Plan, c.record.Line, c.record.Version = t.plan.Path, *t.line, env.Version
	c.record.Kernel, c.record.Threads = machine.Name(), machine.Threads()
	c.record.Examples, c.record.DevExamples = job.Examples()
	c.record.Steps = job.Loop.Steps()
	c.record.Processes++
	return c, c.note()
}

// note writes the record as it is now.
func (c *clock) note() error {
	c.record.Seconds = (c.before + c.now().Sub(c.start)).Seconds()
	c.record.CPUSeconds = (c.computed + processor()).Seconds()
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
