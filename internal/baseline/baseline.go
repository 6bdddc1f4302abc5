package baseline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/session"
)

// Train does the trainings that are not done yet, or goes on with them; what it is going to take is told first. watch may add to a job what shows how it goes, and
// what it returns is called at the job's end; nil: nobody looks. What is stopped goes on where it was at the next call.
func (p *Plan) Train(ctx context.Context, env *session.Env, watch func(*finetune.Job) (end func())) error {
	cost, err := p.cost()
	if err != nil {
		return err
	}
	missing := p.missing()
	for _, line := range p.other {
		env.Say("other data than in the adapter's training: " + line)
	}
	if len(missing) > 0 {
		env.Say(cost)
	}
	for i, t := range missing {
		env.Say(fmt.Sprintf("baseline %s, %d of %d", t.name, i+1, len(missing)))
		if err := p.train(ctx, env, t, watch); err != nil {
			return fmt.Errorf("baseline %s: %w", t.name, err)
		}
	}
	return nil
}

func (p *Plan) train(ctx context.Context, env *session.Env, t training, watch func(*finetune.Job) func()) (err error) {
	place := finetune.Place{Run: p.dir(t), Resume: p.begun(t), Aside: true}
	r, err := finetune.Resolve(place, p.settingsOf(t)...)
	if err != nil {
		return err
	}
	job, err := finetune.Prepare(ctx, env, r, place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	if watch != nil {
		defer watch(job)()
	}
	if err := job.Run(ctx); err != nil {
		return err
	}
	_, err = job.Finish(ctx)
	return err
}

// Measure adds the baselines to a sweep of the adapter: each of them on the same split, at each of its ranks, and what its trainings have
// cost. ask is what the adapter itself was measured by.
func (p *Plan) Measure(ctx context.Context, env *session.Env, sweep *evaluate.Sweep, ask session.Ask) error {
	ask.Options.Split, ask.Others = sweep.Split, nil
	own, err := Spent(p.adapter.Run)
	if err != nil {
		return err
	}
	sweep.Training = &own
	for _, line := range p.other {
		if !slices.Contains(sweep.OtherData, line) {
			sweep.OtherData = append(sweep.OtherData, line)
		}
	}
	for _, k := range p.kinds {
		b := evaluate.LoRABaseline{Name: k.String()}
		for _, t := range k.trainings(p.ranks, p.adapter.Adapter.Rank, p.full) {
			cost, err := Spent(p.dir(t))
			if err != nil {
				return err
			}
			b.Trainings += cost.Trainings
			b.Seconds += cost.Seconds
			b.Examples += cost.Examples
			ranks := p.ranks
			if k == LoRA {
				ranks = []int{t.rank}
			}
			reports, err := p.measure(ctx, env, k, t, ranks, ask)
			if err != nil {
				return fmt.Errorf("baseline %s: %w", k, err)
			}
			b.Ranks = append(b.Ranks, reports...)
		}
		sweep.Baselines = append(sweep.Baselines, b)
	}
	return nil
}

// measure scores the adapter of a training as a kind makes lower ranks of it.
func (p *Plan) measure(ctx context.Context, env *session.Env, k Kind, t training, ranks []int, ask session.Ask) ([]evaluate.RankReport, error) {
	a, err := session.OpenAdapter(env, p.dir(t), adapter.Options{})
	if err != nil {
		return nil, err
	}
	if k.shrinks() {
		a.Adapter = a.Adapter.Levelled()
	}
	s, err := session.Open(ctx, env, a, ask.Options)
	if err != nil {
		return nil, err
	}
	if k.shrinks() {
		var moments map[string][]float64
		if k.weighs() {
			if moments, _, err = s.Moments(ctx); err != nil {
				return nil, err
			}
		}
		if err := s.Adapter.Resort(moments); err != nil {
			return nil, err
		}
	}
	sweep, err := s.Ask(ctx, ask.Options.Split, ranks, ask)
	if err != nil {
		return nil, err
	}
	return sweep.Ranks, nil
}
