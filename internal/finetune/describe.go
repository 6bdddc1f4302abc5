package finetune

import (
	"fmt"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
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
	return nil
}

// baselineText is the label counts, and the headline metric of always the same answer.
func baselineText(t *data.Task, b *evaluate.Baseline) string {
	headline := b.Metrics.Headline()
	value := fmt.Sprintf("%s %s", evaluate.Name(headline.Name), evaluate.Text(headline.Name, headline.Value))
	if t.Kind == data.Regression {
		return fmt.Sprintf("mean score %.3g; always the mean: %s", b.Mean, value)
	}
	counts := make([]string, len(t.Labels))
	for i, l := range t.Labels {
		counts[i] = fmt.Sprintf("%s %d", l, b.Counts[i])
	}
	return fmt.Sprintf("labels %s; always %s: %s", strings.Join(counts, ", "), t.Labels[b.Majority], value)
}
