// Package finetune puts a training together from settings: encoder, adapter, program, loop
// and run folder. A Job is started anew, from another adapter, or from where a run was
// stopped; it runs, and its best epoch becomes the run's adapter.
package finetune

import (
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Parts are an encoder and an adapter for a task, joined to be trained.
type Parts struct {
	Settings *settings.Resolved
	Task     *data.Task
	Encoder  *session.Encoder
	Adapter  *adapter.Adapter
	Sampler  *adapter.Sampler
	Program  *program.Program
	Config   train.Config // of the loop
	Start    *Start       // nil: the adapter begins untrained
}

// Ingredients are the arguments of Build.
type Ingredients struct {
	Settings *settings.Resolved
	Task     *data.Task
	Encoder  *session.Encoder
	From     *session.StoredAdapter // whose A and B the adapter begins with; nil: none
	Clock    *model.Clock           // measures the program; nil: nothing is measured
}

// Build makes the adapter, the head and the program that trains them.
func Build(in Ingredients) (*Parts, error) {
	r := in.Settings
	p := &Parts{Settings: r, Task: in.Task, Encoder: in.Encoder}
	var err error
	if p.Config, err = r.LoopConfig(); err != nil {
		return nil, err
	}
	if p.Sampler, err = r.Adapter.NewSampler(); err != nil {
		return nil, err
	}
	projections, err := projections(r, &in.Encoder.Model.Config)
	if err != nil {
		return nil, err
	}
	begin, err := head(in, p.Config.Seed)
	if err != nil {
		return nil, err
	}
	if p.Adapter, err = adapter.New(r.Adapter.Rank, r.Adapter.Alpha, r.Adapter.Scaling, projections, begin, p.Config.Seed); err != nil {
		return nil, err
	}
	p.Adapter.Saved = in.Encoder.Model.Made
	if r.Adapter.Heads == adapter.RankHeads {
		if err := p.Adapter.GrowHeads(); err != nil {
			return nil, err
		}
	}
	if in.From != nil {
		if p.Start, err = startFrom(in.From, p.Adapter, in.Task, in.Encoder.Model.Hash); err != nil {
			return nil, err
		}
	}
	return p, p.Compile(in.Clock)
}

// Compile makes the program anew: of the encoder's model as it is now.
func (p *Parts) Compile(clock *model.Clock) (err error) {
	o := program.Options{Seed: p.Config.Seed, Dropout: true, Update: p.Settings.Adapter.Update, Clock: clock}
	if p.Settings.Adapter.Gate == adapter.Matryoshka {
		o.Sum = p.Sampler.Ranks()
	}
	p.Program, err = program.New(p.Encoder.Model, p.Adapter, p.Task, o)
	return err
}
