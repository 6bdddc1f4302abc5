package nest

import (
	"context"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/session"
)

// open joins the adapter with its base model and task; for the moments the training split is read, too.
func open(ctx context.Context, env *session.Env, a *session.StoredAdapter, o Options) (*session.Session, error) {
	options := o.Session
	if o.Weighted {
		options.Split = "train"
	}
	return session.Open(ctx, env, a, options)
}

// unknownTask says whether an adapter with a head does not tell what it answers.
func unknownTask(a *session.StoredAdapter) bool {
	return a.Provenance == nil || a.Provenance.Task == ""
}

// provenance is that of the nested adapter: the adapter's own, and where that says nothing what the
// session knows (nil: nothing). The metrics of lower ranks are those of other weights.
func provenance(env *session.Env, a *session.StoredAdapter, s *session.Session, by string) *adapter.Provenance {
	p := adapter.Provenance{}
	if a.Provenance != nil {
		p = *a.Provenance
	}
	p.Nested, p.NestedFrom, p.Metrics = by, a.Adapter.Fingerprint(), nil
	if p.Version == "" {
		p.Version = env.Version
	}
	if p.Task != "" || s == nil {
		return &p
	}
	e := s.Encoder
	p.Task, p.Labels = s.Task.Name, s.Task.Labels
	p.Regression, p.MultiLabel = s.Task.Kind == data.Regression, s.Task.Kind == data.MultiLabel
	if p.MultiLabel {
		p.Threshold, p.LabelSeparator = s.Task.Threshold, s.Data.LabelSeparator
	}
	if data.IsFile(s.Data.Task) {
		p.TextColumn, p.PairColumn, p.LabelColumn = s.Data.TextColumn, s.Data.PairColumn, s.Data.LabelColumn
		p.Delimiter = s.Data.Delimiter
	}
	p.Model, p.Revision, p.ModelHash, p.HubModel = e.Name, e.Revision, e.Model.Hash, e.Hub
	p.Targets, p.MaxLength = a.Adapter.Targets(), e.MaxLength
	// LoRA is trained at its rank.
	p.RankMin, p.RankMax, p.Block, p.Sampler, p.Update = a.Adapter.Rank, a.Adapter.Rank, 1, "uniform", adapter.All.String()
	return &p
}
