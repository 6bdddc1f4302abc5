package finetune

import (
	"fmt"
	"path"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/weights"
)

// decide is the task of a proposal for a base model, its labels in the order of the columns.
func decide(env *session.Env, p *session.Proposal, r *settings.Resolved, c *model.Config) (*data.Task, error) {
	t, note, err := p.Decide(c, path.Join(r.Data.Model, "config.json"))
	if err != nil {
		return nil, err
	}
	if note != "" {
		env.Say(note)
	}
	return orderLabels(env, r, t, c)
}

// measured is the task as a training measures it: first by the metric that the settings name, and by the one that
// chooses the best epoch, whose name is best; "" where the first one does or none.
func measured(t *data.Task, r *settings.Resolved) (task *data.Task, best string, err error) {
	if t, err = evaluate.WithMetric(t, r.Data.Metric); err != nil {
		return nil, "", err
	}
	if metric := evaluate.Known(r.Train.Best) == nil; metric { // and no choice by ranks
		if t, best, err = evaluate.AlsoMetric(t, r.Train.Best); err != nil {
			return nil, "", fmt.Errorf("best: %w", err)
		}
	}
	return t, best, nil
}

// orderLabels brings the task's labels into the order of the columns of the head that is to be
// trained. They are those that config.json of the base model names, if these are the task's
// labels: a head of the base's is then trained on, and one that is new has the order that
// Transformers knows the base model by. Labels that the user states come before, and a head of
// another size than config.json names is new and has the task's own order.
func orderLabels(env *session.Env, r *settings.Resolved, t *data.Task, c *model.Config) (*data.Task, error) {
	stated, err := r.Data.StatedLabels()
	if err != nil {
		return nil, err
	}
	columns := session.Columns{Outputs: evaluate.Outputs(t), Stated: stated, Config: c, Place: path.Join(r.Data.Model, "config.json")}
	if r.Adapter.NewHead && stated == nil { // what id2label names is another head's, unless it names these labels
		if ordered, ok := t.Columns(c.Labels, ""); ok && len(ordered.Labels) == len(t.Labels) {
			return ordered, nil
		}
		return t, nil
	}
	if r.Adapter.NewHead {
		return t, nil
	}
	ordered, err := columns.Order(t)
	if fault.ReasonOf(err) == session.OtherLabels {
		return nil, fault.Because(OtherHead, err)
	}
	if err != nil {
		return nil, err
	}
	if note := columns.Correction(ordered); note != "" {
		env.Say(note)
	}
	return ordered, nil
}

// head is the head that training begins with: the base model's own, or a new one.
func head(in Ingredients, seed uint64) ([]weights.Tensor, error) {
	outputs := evaluate.Outputs(in.Task)
	if in.Settings.Adapter.NewHead {
		return in.Encoder.Model.NewHead(outputs, seed), nil
	}
	own, ok := in.Encoder.Model.OwnHead(outputs)
	if !ok {
		return in.Encoder.Model.NewHead(outputs, seed), nil
	}
	return own, session.CheckNames(in.Encoder)
}

// headLine tells what training begins with where the base model has a head of its own that
// config.json names the columns of, or that is not used; else "".
func (j *Job) headLine() string {
	m := j.Encoder.Model
	columns, names := m.OwnOutputs(), m.Config.Labels
	switch outputs := evaluate.Outputs(j.Task); {
	case columns == 0 || j.Start != nil && j.Start.Head:
		return ""
	case j.Settings.Adapter.NewHead:
		return "head: a new one"
	case columns != outputs:
		return fmt.Sprintf("head: a new one, as the model's own has %d columns and the task needs %d", columns, outputs)
	case j.Task.Labels != nil && !data.Unnamed(names):
		return "head: the model's own, its columns " + data.Listed(j.Task.Labels)
	}
	return ""
}

// takeHead gives a the head of an adapter for the same task, each row at the column of its label,
// and where a has heads by rank that of each rank. It is false where the heads differ in more than the order of labels.
func takeHead(from *session.StoredAdapter, a *adapter.Adapter, t *data.Task) bool {
	p := from.Provenance
	if p.Task != t.Name || p.MultiLabel != (t.Kind == data.MultiLabel) || p.Regression != (t.Kind == data.Regression) || !weights.SameShapes(from.Adapter.Head, a.Head) {
		return false
	}
	row := map[string]int{}
	for i, label := range p.Labels {
		row[label] = i
	}
	order := make([]int, len(t.Labels))
	for i, label := range t.Labels {
		at, ok := row[label]
		if !ok || len(p.Labels) != len(t.Labels) {
			return false
		}
		order[i] = at
	}
	a.TakeHeads(func(rank int) []weights.Tensor {
		taken := weights.CloneAll(from.Adapter.HeadAt(rank))
		for i := len(taken) - 2; i < len(taken) && len(order) > 0; i++ { // weight and bias of the last layer
			taken[i] = taken[i].SelectRows(order)
		}
		return taken
	})
	return true
}
