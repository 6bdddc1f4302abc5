package finetune

import (
	"context"
	"errors"
	"fmt"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/track"
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
	if r.Train.Distill > 0 && r.Train.Loop.FullRankPhase == 0 {
		return nil, fault.Usagef("distill: there is no teacher without a full-rank phase: set full_rank_phase, such as 0.3")
	}
	if r.Machine.Track != "" {
		if err := track.Check(env.Getenv); err != nil {
			return nil, err
		}
	}
	arithmetic, err := session.TrainingArithmetic(r)
	if err != nil {
		return nil, err
	}
	env.TellBinding(arithmetic)
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
		if _, _, err := measured(task, r); err != nil {
			return nil, err
		}
	}
	from, err := openStart(env, r.Adapter.InitAdapter)
	if err != nil {
		return nil, err
	}
	j = &Job{env: env, sweeps: map[int]*evaluate.Sweep{}, data: record, plan: p.Plan}
	defer func() {
		if err != nil {
			err, j = errors.Join(err, j.Close()), nil
		}
	}()
	if err := j.claim(p, task.Name); err != nil {
		return j, err
	}
	check := func(c *model.Config) (err error) {
		if j.trainExamples == nil { // the classes of examples are columns of the head
			if task, err = decide(env, proposal, r, c); err == nil {
				task, j.best, err = measured(task, r)
			}
			if err == nil {
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
	j.track()
	return j.describe()
}
