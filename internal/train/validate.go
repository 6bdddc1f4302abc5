package train

import (
	"context"

	"github.com/dylora/dylora/internal/program"
)

// Validate evaluates the learner as it is. It stops early, with an error, when ctx is done.
type Validate func(ctx context.Context) (Evaluation, error)

// evaluate validates, and keeps the values if they are the best so far. Those of the full-rank
// phase are not nested and never are the best.
func (l *Loop) evaluate(ctx context.Context) error {
	early := l.config.Best.Last() && l.state.Step < l.Steps() // nothing depends on it
	if l.validate == nil || l.state.Closed == l.state.Step || early {
		return nil
	}
	var e Evaluation
	var err error
	l.averaged(func() { e, err = l.validate(ctx) })
	if err != nil {
		return err
	}
	by := e.deciding()
	v := Evaluated{
		Step: l.state.Step, Epoch: l.state.Epoch + 1, Metric: e.Metric, Values: e.Values, By: e.By,
		Best: l.state.Best == nil || l.config.Best.better(by.Values, l.state.Best.Values, by.Less),
	}
	switch {
	case l.phase.has(l.state.Step):
		v.Best = false
	case v.Best:
		l.state.Stale = 0
		l.state.Best = &Record{Epoch: v.Epoch, Step: v.Step, Metric: by.Metric, Values: by.Values}
		l.averaged(func() { l.best = snapshot(l.best, l.learner.Params()) })
	default:
		l.state.Stale++
	}
	return l.call(func(h Hook) error { return run2(h.Evaluated, l, v) })
}

// UseBest gives Params the values of the best epoch and says whether there is one. The
// loop cannot go on after it.
func (l *Loop) UseBest() bool {
	if l.state.Best == nil {
		return false
	}
	for i, p := range l.learner.Params() {
		copy(p.Value, l.best[i])
	}
	return true
}

// snapshot copies the parameters' values, into old if there is one.
func snapshot(old [][]float32, params []program.Param) [][]float32 {
	if old == nil {
		old = make([][]float32, len(params))
	}
	for i, p := range params {
		old[i] = append(old[i][:0], p.Value...)
	}
	return old
}
