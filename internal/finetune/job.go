package finetune

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/track"
	"github.com/dylora/dylora/internal/train"
)

// Job is a training that is ready to run in its run folder.
type Job struct {
	*Parts
	Loop *train.Loop
	Dir  string // run folder

	env           *session.Env
	run           *train.Run // nil in other processes than the first of a group
	trained, dev  *data.Stream
	distilled     *distillation           // the loop's source; nil: labels alone are learnt
	ranks         []int                   // evaluated each epoch
	best          string                  // the metric that chooses the best epoch; "": the task's first, or none
	sweeps        map[int]*evaluate.Sweep // of this process's evaluations, by step
	trainExamples []data.Example
	devExamples   []data.Example
	classWeights  []float32        // of the loss, by label; nil: all alike
	data          *session.RunData // which they are
	tracker       *track.Tracker   // nil: nobody is shown the training
	plan          track.Parent     // that it is a part of
}

// Examples are the numbers of training examples and of those that are evaluated.
func (j *Job) Examples() (train, dev int) { return len(j.trainExamples), len(j.devExamples) }

// inputs identifies everything that the run depends on beside its settings.
func (j *Job) inputs() map[string]string {
	in := map[string]string{
		"model":    j.Encoder.Model.Hash,
		"training": data.Fingerprint(j.trainExamples),
		"dev":      data.Fingerprint(j.devExamples),
	}
	if j.Start != nil {
		in["init_adapter"] = j.Start.Fingerprint
	}
	return in
}

// Run trains from where the run is to its end. A stop is a *train.Stopped.
func (j *Job) Run(ctx context.Context) error {
	err := j.distil(ctx)
	if err == nil {
		err = j.Loop.Run(ctx)
	}
	if err != nil && !errors.Is(err, train.ErrStopped) {
		j.tracked(track.Failed)
	}
	return err
}

// Close ends the tokenising and gives the run folder back; of a job that was never ready to
// run nothing is left in it.
func (j *Job) Close() (err error) {
	j.tracked(track.Stopped)
	for _, s := range []*data.Stream{j.trained, j.dev} {
		if s != nil {
			s.Close()
		}
	}
	if j.run != nil {
		err = j.run.Close()
	}
	return err
}

// validate evaluates dev at the watched ranks, all in one pass.
func (j *Job) validate(ctx context.Context) (train.Evaluation, error) {
	s, err := j.sweep(ctx)
	if err != nil {
		return train.Evaluation{}, err
	}
	j.sweeps[j.Loop.State().Step] = s
	e := evaluation(s, s.Metric)
	if j.best != "" && j.best != s.Metric {
		by := evaluation(s, j.best)
		e.By = &by
	}
	return e, nil
}

// evaluation is what a sweep found of a metric.
func evaluation(s *evaluate.Sweep, metric string) train.Evaluation {
	e := train.Evaluation{Metric: metric, Less: !evaluate.Larger(metric)}
	for _, r := range s.Ranks {
		v, ok := r.Metrics.Get(metric).Float()
		if !ok {
			v = math.NaN()
		}
		e.Values = append(e.Values, train.Value{Rank: r.Rank, Value: v})
	}
	return e
}

func (j *Job) sweep(ctx context.Context) (*evaluate.Sweep, error) {
	results, err := session.Score(ctx, j.env, j.Program, j.dev, j.Task, j.ranks)
	if err != nil {
		return nil, err
	}
	size, err := session.Sizes(j.Adapter, j.provenance(nil), j.ranks)
	if err != nil {
		return nil, err
	}
	s := evaluate.NewSweep(j.Task, "dev", results, size)
	s.OtherData = j.data.Other
	s.Intervals(j.Task, [][]evaluate.Result{results}, evaluate.Question{Confidence: adapter.IntervalConfidence})
	return s, nil
}

// withRank is the ranks with one more, if it is above 0.
func withRank(ranks []int, rank int) []int {
	if rank == 0 || slices.Contains(ranks, rank) {
		return ranks
	}
	ranks = append(slices.Clone(ranks), rank)
	slices.Sort(ranks)
	return ranks
}
