package session

import (
	"context"
	"runtime"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// Ask is a sweep that is to say which rank to use.
type Ask struct {
	Question  evaluate.Question
	Calibrate bool             // each rank's probabilities, which is kept with the adapter
	Half      bool             // the rank is chosen on one half of the examples, the values are those of the other
	Others    []*StoredAdapter // further runs of the same setting, see SameSetting
	Options   Options          // with which they are opened
}

// Ask is Sweep with the interval of each rank, the curve and the decision. Values of several runs
// are their means; the decision about one is kept in its run folder.
//
// In a group process 0 alone has the answer, and it is nil in the others.
func (s *Session) Ask(ctx context.Context, split string, ranks []int, a Ask) (*evaluate.Sweep, error) {
	examples, err := s.Split(ctx, split)
	if err != nil {
		return nil, err
	}
	results, err := s.Measure(ctx, split, ranks)
	if err != nil {
		return nil, err
	}
	size, err := Sizes(s.Adapter, s.Provenance, ranks)
	if err != nil {
		return nil, err
	}
	sweep, runs := evaluate.NewSweep(s.Task, split, results, size), [][]evaluate.Result{results}
	sweep.Results, sweep.OtherData = results, s.OtherData
	for _, other := range a.Others {
		results, err := s.measureOther(ctx, other, split, ranks, a.Options)
		if err != nil {
			return nil, err
		}
		runs = append(runs, results)
	}
	if !s.env.First() {
		return nil, nil
	}
	var keys []uint64
	for i := range examples {
		keys = append(keys, evaluate.ExampleKey(&examples[i]))
	}
	if a.Calibrate {
		if err := s.calibrate(sweep, results, keys); err != nil {
			return nil, err
		}
	}
	if !a.Half {
		keys = nil
	}
	if err := sweep.Answer(s.Task, runs, keys, a.Question); err != nil || len(a.Others) > 0 {
		return sweep, err
	}
	if len(s.OtherData) > 0 {
		s.env.Say("the decision is not recorded, as it is about other data than the run's")
		return sweep, nil
	}
	s.keep(split, sweep.Decision)
	return sweep, nil
}

// measureOther opens another run of the session's setting and measures it on the same examples.
// What it holds in memory is free when it returns.
func (s *Session) measureOther(ctx context.Context, a *StoredAdapter, split string, ranks []int, o Options) ([]evaluate.Result, error) {
	other, err := Open(ctx, s.env, a, o)
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(other)
	mine, err := s.Split(ctx, split)
	if err != nil {
		return nil, err
	}
	theirs, err := other.Split(ctx, split)
	if err != nil {
		return nil, err
	}
	switch {
	case other.Task.Name != s.Task.Name:
		return nil, fault.Invalidf("%s: its task is %s, that of %s %s: seeds are runs of one task", a.Path, other.Task.Name, s.Path, s.Task.Name)
	case other.Encoder.Model.Hash != s.Encoder.Model.Hash:
		return nil, fault.Invalidf("%s: its base model has other weights than that of %s: seeds are runs on one base model", a.Path, s.Path)
	case data.Fingerprint(mine) != data.Fingerprint(theirs):
		return nil, fault.Invalidf("%s: its %s split holds other examples than that of %s: seeds are measured on the same examples", a.Path, split, s.Path)
	}
	return other.Measure(ctx, split, ranks)
}
