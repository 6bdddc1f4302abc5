package train

import (
	"fmt"
	"time"

	"github.com/dylora/dylora/internal/tensorboard"
)

// events writes what the log has as TensorBoard's charts, with times and speed. Each
// process has a file of its own, made at its first event.
type events struct {
	dir   string
	first int // the first step that this process takes
	now   func() time.Time
	file  *tensorboard.Writer // nil before the first event
	mark  time.Time           // end of the last thing that was no step; zero before the first
}

// hook writes loss, learning rate, gradient norm and speed of each step, and the metric by
// rank of each evaluation.
func (e *events) hook() Hook {
	return Hook{Name: "events", Step: e.step, Evaluated: e.evaluated}
}

func (e *events) step(_ *Loop, s Step) error {
	scalars := []tensorboard.Scalar{
		{Tag: "train/loss", Value: s.Loss},
		{Tag: "train/lr", Value: s.LR},
		{Tag: "train/grad_norm", Value: s.GradNorm},
	}
	now := e.now()
	if took := now.Sub(e.mark).Seconds(); !e.mark.IsZero() && took > 0 { // the first has no beginning
		scalars = append(scalars, tensorboard.Scalar{Tag: "train/examples_per_second", Value: float64(s.Examples) / took})
	}
	e.mark = now
	return e.write(now, s.Step, scalars)
}

func (e *events) evaluated(_ *Loop, v Evaluated) error {
	var scalars []tensorboard.Scalar
	add := func(metric string, values Values) {
		for _, r := range values {
			scalars = append(scalars, tensorboard.Scalar{Tag: fmt.Sprintf("dev_%s/rank_%d", metric, r.Rank), Value: r.Value})
		}
	}
	add(v.Metric, v.Values)
	if v.By != nil {
		add(v.By.Metric, v.By.Values)
	}
	now := e.now()
	e.mark = now
	return e.write(now, v.Step, scalars)
}

func (e *events) write(now time.Time, step int, scalars []tensorboard.Scalar) (err error) {
	if e.file == nil {
		if e.file, err = tensorboard.Create(e.dir, now, e.first); err != nil {
			return err
		}
	}
	return e.file.Scalars(now, step, scalars...)
}

func (e *events) sync() error {
	if e.file == nil {
		return nil
	}
	return e.file.Sync()
}

func (e *events) close() error {
	if e.file == nil {
		return nil
	}
	return e.file.Close()
}
