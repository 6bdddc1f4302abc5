package finetune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Job is a training that is ready to run in its run folder.
type Job struct {
	*Parts
	Loop *train.Loop
	Dir  string // run folder

	env           *session.Env
	run           *train.Run
	trained, dev  *data.Stream
	distilled     *distillation           // the loop's source; nil: labels alone are learnt
	ranks         []int                   // evaluated each epoch
	sweeps        map[int]*evaluate.Sweep // of this process's evaluations, by step
	trainExamples []data.Example
	devExamples   []data.Example
	classWeights  []float32        // of the loss, by class; nil: all alike
	data          *session.RunData // which they are
}

// Prepare puts a training together. What can be refused is refused first: settings that
// exclude each other, a run folder in use, an adapter to start from that is not there, labels
// that the base model's head does not have, data that are missing, a batch that the memory
// cannot hold; only then the encoder is downloaded, read and packed. On an error the run folder is as it was before. The caller closes the job.
func Prepare(ctx context.Context, env *session.Env, r *settings.Resolved, p Place) (j *Job, err error) {
	if r.Train.Distill > 0 && r.Train.Loop.FullRankPhase == 0 {
		return nil, fault.Usagef("distill: there is no teacher without a full-rank phase: set full_rank_phase, such as 0.3")
	}
	arithmetic, err := session.TrainingArithmetic(r)
	if err != nil {
		return nil, err
	}
	if err := gateFits(r); err != nil {
		return nil, err
	}
	if err := dataFit(r, p.Resume); err != nil {
		return nil, err
	}
	r, record, err := located(env, r, p)
	if err != nil {
		return nil, err
	}
	proposal, err := session.Propose(r, nil)
	if err != nil {
		return nil, err
	}
	task := proposal.Task
	if !data.IsFile(r.Data.Task) { // of the user's own files the kind is not known yet
		if _, err := evaluate.WithMetric(task, r.Data.Metric); err != nil {
			return nil, err
		}
	}
	from, err := openStart(env, r.Adapter.InitAdapter)
	if err != nil {
		return nil, err
	}
	j = &Job{env: env, sweeps: map[int]*evaluate.Sweep{}, data: record}
	defer func() {
		if err != nil {
			err, j = errors.Join(err, j.Close()), nil
		}
	}()
	root := session.RunsRoot
	if p.Aside {
		root = ""
	}
	j.run, err = train.OpenRun(train.RunOptions{Root: root, Dir: p.folder(), Task: task.Name, Resume: p.Resume, Overwrite: p.Overwrite, Now: env.Now})
	if err != nil {
		return j, err
	}
	j.Dir = j.run.Dir
	check := func(c *model.Config) (err error) {
		if j.trainExamples == nil { // the classes of examples are columns of the head
			if task, err = decide(env, proposal, r, c); err == nil {
				if data.IsFile(r.Data.Task) { // a task of the table has its kind
					r = r.With("kind", task.Kind) // a run that is resumed asks no base model
				}
				task, err = j.readData(ctx, task, r.Data)
			}
			if err == nil {
				j.classWeights, err = classWeights(r, task, j.trainExamples)
			}
		}
		if err != nil {
			return err
		}
		return fits(env, r, c, from, len(j.trainExamples))
	}
	use := session.Use{Check: check, Pairs: func() bool { return task.Pair }}
	encoder, err := session.LoadEncoderFor(ctx, env, r, arithmetic, use)
	if err != nil {
		return j, err
	}
	if j.Parts, err = Build(Ingredients{Settings: r, Task: task, Encoder: encoder, From: from}); err != nil {
		return j, err
	}
	if err := j.warn(ctx); err != nil {
		return j, err
	}
	if err := j.newLoop(ctx); err != nil {
		return j, err
	}
	return j, j.start(p.Resume)
}

// newLoop begins to tokenise the splits, in the background, and makes the loop over them.
func (j *Job) newLoop(ctx context.Context) (err error) {
	j.trained = data.Encode(ctx, j.Encoder.Tokenizer, j.trainExamples, j.Encoder.MaxLength)
	j.dev = data.Encode(ctx, j.Encoder.Tokenizer, j.devExamples, j.Encoder.MaxLength)
	if j.ranks, err = j.Settings.EvalRanks(); err != nil {
		return err
	}
	j.ranks = withRank(j.ranks, j.Config.Best.Rank())
	shuffled := train.NewShuffled(j.trained, j.Settings.Train.Batch, j.Config.Seed)
	shuffled.Weigh(j.classWeights)
	var source train.Source = shuffled
	if share := j.Settings.Train.Distill; share > 0 {
		j.distilled = &distillation{Source: source, share: share}
		source = j.distilled
	}
	j.Loop, err = train.New(j.Config, j.Program, source, j.Steps(), j.validate)
	if err == nil && j.distilled != nil && j.Loop.PhaseSteps() == 0 {
		err = fault.Usagef("distill: full_rank_phase of %v is not one step of the run's %d: give it a larger share", j.Config.FullRankPhase, j.Loop.Steps())
	}
	return err
}

// start makes the claimed folder a run, or continues the one that it holds, and tells the user
// about it.
func (j *Job) start(resume bool) error {
	remembered := j.Settings
	if j.Start != nil {
		remembered = remembered.With("init_adapter", j.Start.Path) // the newest run will be another one soon
	}
	policy := train.CheckpointPolicy{Every: j.Settings.Train.CheckpointEvery, Inputs: j.inputs()}
	if j.Settings.Data.AllowChangedData {
		policy.MayDiffer = []string{"training", "dev"}
	}
	text := remembered.YAML()
	if resume {
		var err error
		if text, err = lengthened(j.Dir, j.Settings); err != nil {
			return err
		}
	}
	resumed, err := j.run.Start(j.Loop, text, policy)
	if err != nil {
		return err
	}
	if err := j.data.Write(j.Dir); err != nil {
		return err
	}
	j.env.Say(resumed.Notes...)
	switch {
	case resumed.Longer:
		j.env.Say(fmt.Sprintf("%s: the finished run of %d steps becomes one of %d; the steps to come have the learning rates that a run of that length has at them", j.Dir, resumed.Step, j.Loop.Steps()))
	case resumed.Found:
		j.env.Say(fmt.Sprintf("%s: going on after step %d of %d", j.Dir, resumed.Step, j.Loop.Steps()))
	case resume:
		j.env.Say(fmt.Sprintf("%s: there is no checkpoint yet: starting from the beginning", j.Dir))
	case j.run.Place() != j.Dir:
		j.env.Say(fmt.Sprintf("%s: new run; it takes the place of %s when it is complete", j.Dir, j.run.Place()))
	default:
		j.env.Say(j.Dir + ": new run")
	}
	return j.describe()
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
	if err := j.distil(ctx); err != nil {
		return err
	}
	return j.Loop.Run(ctx)
}

// Close ends the tokenising and gives the run folder back; of a job that was never ready to
// run nothing is left in it.
func (j *Job) Close() (err error) {
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
	e := train.Evaluation{Metric: s.Metric, Less: !evaluate.Larger(s.Metric)}
	for _, r := range s.Ranks {
		v, ok := r.Value.Float()
		if !ok {
			v = math.NaN()
		}
		e.Values = append(e.Values, train.Value{Rank: r.Rank, Value: v})
	}
	return e, nil
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
