package finetune

import (
	"context"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/track"
	"github.com/dylora/dylora/internal/weights"
)

// beginning holds the settings and choices of a training that are known before its run folder is claimed, including those that the base model's configuration decides.
type beginning struct {
	settings    *settings.Resolved
	arithmetic  session.Arithmetic
	record      *session.RunData // of the data of a run to be resumed
	proposal    *session.Proposal
	task        *data.Task
	from        *session.StoredAdapter // that training starts from; nil: none
	projections []weights.Projection   // that are adapted
}

// begin refuses settings that exclude each other, a precision without gradients, and an adapter to start from that is not there.
func begin(env *session.Env, r *settings.Resolved, p Place) (b *beginning, err error) {
	if r.Train.Distill > 0 && r.Train.Loop.FullRankPhase == 0 {
		return nil, fault.Usagef("distill: there is no teacher without a full-rank phase: set full_rank_phase, such as 0.3")
	}
	if r.Machine.Track != "" {
		if err := track.Check(env.Getenv); err != nil {
			return nil, err
		}
	}
	b = &beginning{}
	if b.arithmetic, err = session.TrainingArithmetic(r); err != nil {
		return nil, err
	}
	env.TellBinding(b.arithmetic)
	if err := gateFits(r); err != nil {
		return nil, err
	}
	if err := dataFit(r, p.Resume); err != nil {
		return nil, err
	}
	if b.settings, b.record, err = located(env, r, p); err != nil {
		return nil, err
	}
	if b.proposal, err = session.Propose(b.settings, nil); err != nil {
		return nil, err
	}
	b.task = b.proposal.Task
	if !data.IsFile(b.settings.Data.Task) { // of the user's own files the kind is not known yet
		if _, _, err := measured(b.task, b.settings); err != nil {
			return nil, err
		}
	}
	b.from, err = openStart(env, b.settings.Adapter.InitAdapter)
	return b, err
}

// checking holds the base model's configuration against the training, reads the splits, and settles the labels of the task.
func (j *Job) checking(ctx context.Context, b *beginning) session.Check {
	return func(c *model.Config) (err error) {
		if j.trainExamples == nil { // the classes of examples are columns of the head
			if b.task, err = decide(j.env, b.proposal, b.settings, c); err == nil {
				b.task, j.best, err = measured(b.task, b.settings)
			}
			if err == nil {
				if data.IsFile(b.settings.Data.Task) { // a task of the table has its kind
					b.settings = b.settings.With("kind", b.task.Kind) // a run that is resumed asks no base model
				}
				b.task, err = j.readData(ctx, b.task, b.settings.Data)
			}
			if err == nil {
				j.classWeights, err = classWeights(b.settings, b.task, j.trainExamples)
			}
		}
		if err != nil {
			return err
		}
		if b.projections, err = fits(b.settings, c, b.from); err != nil {
			return err
		}
		return j.survey(b, c, nil, c.MaxLength()).least(j.env)
	}
}
