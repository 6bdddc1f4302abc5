package finetune

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// describe tells what is about to be trained on what: label counts, and what answering the
// most frequent label would reach.
func (j *Job) describe() error {
	c := j.Encoder.Model.Config
	j.env.Say(fmt.Sprintf("model %s: %d layers of %d; adapter: rank %d on %s, %d trained parameters",
		j.Encoder.Name, c.Layers, c.HiddenSize, j.Adapter.Rank, j.Settings.Adapter.Targets, j.Adapter.Parameters()))
	if j.Start != nil {
		j.env.Say(j.Start.String())
	}
	if line := j.headLine(); line != "" {
		j.env.Say(line)
	}
	for _, split := range []struct {
		name     string
		examples []data.Example
	}{{"train", j.trainExamples}, {"dev", j.devExamples}} {
		b, err := evaluate.NewBaseline(j.Task, split.examples)
		if err != nil {
			return err
		}
		j.env.Say(fmt.Sprintf("%s %s: %d examples, %s", j.Task.Name, split.name, len(split.examples), baselineText(j.Task, b)))
	}
	if j.classWeights != nil {
		what := "class weights of the loss: "
		if j.Task.Kind == data.MultiLabel {
			what = "weights of the loss where a label holds: "
		}
		j.env.Say(what + listed(j.Task.Labels, func(i int) string { return fmt.Sprintf("%.4g", j.classWeights[i]) }))
	}
	return nil
}

// classWeights are the weights that the settings give the labels of a task, learnt from examples.
func classWeights(r *settings.Resolved, t *data.Task, examples []data.Example) ([]float32, error) {
	w, err := data.ParseClassWeights(r.Train.ClassWeights)
	if err != nil {
		return nil, fault.Usagef("class_weights: %w", err)
	}
	return w.Of(t, examples)
}

// baselineText is the label counts, and the headline metric of always the same answer.
func baselineText(t *data.Task, b *evaluate.Baseline) string {
	headline := b.Metrics.Headline()
	value := fmt.Sprintf("%s %s", evaluate.Name(headline.Name), evaluate.Text(headline.Name, headline.Value))
	switch {
	case t.Kind == data.Regression && len(t.Labels) > 1:
		return fmt.Sprintf("mean scores %s; always the means: %s", listed(t.Labels, func(i int) string { return fmt.Sprintf("%.3g", b.Means[i]) }), value)
	case t.Kind == data.Regression:
		return fmt.Sprintf("mean score %.3g; always the mean: %s", b.Mean, value)
	case t.Kind == data.MultiLabel:
		always := make([]string, len(b.Always))
		for i, label := range b.Always {
			always[i] = t.Labels[label]
		}
		counts := listed(t.Labels, func(i int) string { return strconv.Itoa(b.Counts[i]) })
		if evaluate.OfScores(headline.Name) {
			return fmt.Sprintf("labels %s; these shares as probabilities: %s", counts, value)
		}
		return fmt.Sprintf("labels %s; always %s: %s", counts, cmp.Or(strings.Join(always, ", "), "none"), value)
	}
	counts := listed(t.Labels, func(i int) string { return strconv.Itoa(b.Counts[i]) })
	if evaluate.OfScores(headline.Name) {
		return fmt.Sprintf("labels %s; these shares as probabilities: %s", counts, value)
	}
	return fmt.Sprintf("labels %s; always %s: %s", counts, t.Labels[b.Majority], value)
}

// listed is each of the names with what is told of it.
func listed(names []string, of func(i int) string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = name + " " + of(i)
	}
	return strings.Join(list, ", ")
}
