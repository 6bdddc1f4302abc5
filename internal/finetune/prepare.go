package finetune

import (
	"context"
	"errors"
	"fmt"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Prepare puts a training together. What can be refused is refused first: settings that
// exclude each other, a run folder in use, an adapter to start from that is not there, labels
// that the base model's head does not have, data that are missing, a batch that the memory
// cannot hold; only then the encoder is downloaded, read and packed. On an error the run folder is as it was before. The caller closes the job.
// The processes of a group are all refused where one is.
func Prepare(ctx context.Context, env *session.Env, r *settings.Resolved, p Place) (*Job, error) {
	j, err := prepare(ctx, env, r, p)
	if err = train.Agree(env.Group, err); err == nil {
		err = j.begin(p.Resume)
	}
	if err != nil && j != nil {
		err, j = errors.Join(err, j.Close()), nil
	}
	return j, err
}

// prepare is Prepare for one process, before the run begins.
func prepare(ctx context.Context, env *session.Env, r *settings.Resolved, p Place) (j *Job, err error) {
	b, err := begin(env, r, p)
	if err != nil {
		return nil, err
	}
	j = &Job{env: env, sweeps: map[int]*evaluate.Sweep{}, data: b.record, plan: p.Plan}
	defer func() {
		if err != nil {
			err, j = errors.Join(err, j.Close()), nil
		}
	}()
	if err := j.claim(p, b.task.Name); err != nil {
		return j, err
	}
	use := session.Use{Check: j.checking(ctx, b), Pairs: func() bool { return b.task.Pair }}
	encoder, err := session.LoadEncoderFor(ctx, env, b.settings, b.arithmetic, use)
	if err != nil {
		return j, err
	}
	s := j.survey(b, &encoder.Model.Config, encoder.Tokenizer, encoder.MaxLength)
	if err := s.Fits(ctx, env); err != nil {
		return j, err
	}
	if j.Parts, err = Build(Ingredients{Settings: b.settings, Task: b.task, Encoder: encoder, From: b.from}); err != nil {
		return j, err
	}
	if err := j.warn(ctx); err != nil {
		return j, err
	}
	return j, j.newLoop(ctx)
}

// claim makes the run folder this process's, unless another process of the group has it.
func (j *Job) claim(p Place, task string) (err error) {
	if !j.First() {
		return nil
	}
	root := session.RunsRoot
	if p.Aside {
		root = ""
	}
	j.run, err = train.OpenRun(train.RunOptions{Root: root, Dir: p.folder(), Task: task, Resume: p.Resume, Overwrite: p.Overwrite, Now: j.env.Now})
	if err == nil {
		j.Dir = j.run.Dir
	}
	return err
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
	if j.Task.Kind == data.MultiLabel {
		shuffled.WeighLabels(j.classWeights)
	} else {
		shuffled.Weigh(j.classWeights)
	}
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
	if !j.First() {
		return nil
	}
	remembered := j.Settings.With("track", "") // which is asked for anew
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
	j.env.Warn(resumed.Notes...)
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
	j.track()
	return j.describe()
}
