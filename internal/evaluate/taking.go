package evaluate

import (
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/statistics"
)

// The functions of this file give the table of metrics what it calls: metrics and samples of
// answers by functions of plain numbers.

// ofClasses is a metric of labels and predictions.
func ofClasses(of func(labels, predictions []int32) Value) func(*answers, int) Value {
	return func(a *answers, _ int) Value { return of(a.classes, a.predictions) }
}

// ofIndicators is a metric of a multi-label task.
func ofIndicators(of func(*Indicators) Value) func(*answers, int) Value {
	return func(a *answers, _ int) Value { return of(a.indicators) }
}

// ofNumbers is a metric of a regression: of several outputs the mean over them, which is undefined
// where one of them is.
func ofNumbers(of func(scores, predictions []float64) Value) func(*answers, int) Value {
	return func(a *answers, _ int) Value {
		values := make([]float64, a.outputs)
		for o := range values {
			v, ok := of(column(a.scores, o, a.outputs), column(a.numbers, o, a.outputs)).Float()
			if !ok {
				return Value{}
			}
			values[o] = v
		}
		return Number(mean(values))
	}
}

func macroF1(a *answers, _ int) Value {
	if a.indicators != nil {
		return a.indicators.MacroF1()
	}
	return MacroF1(a.classes, a.predictions)
}

func weightedF1(a *answers, _ int) Value {
	if a.indicators != nil {
		return a.indicators.WeightedF1()
	}
	return WeightedF1(a.classes, a.predictions)
}

// f1Of is the F1 of one label against the others: 0 where it neither holds nor is predicted.
func f1Of(a *answers, label int) Value {
	switch {
	case a.len() == 0:
		return Value{}
	case a.indicators != nil:
		c := a.indicators.count(label)
		return Number(c.f1())
	}
	var c count
	for i, class := range a.classes {
		c.add(int(class) == label, int(a.predictions[i]) == label)
	}
	return Number(c.f1())
}

// plain is a metric of a table for every task.
func plain(m statistics.Metric) func(*data.Task) statistics.Metric {
	return func(*data.Task) statistics.Metric { return m }
}

// macroTally: a class that is neither a label nor a prediction does not count, a label of a
// multi-label task does.
func macroTally(t *data.Task) statistics.Metric {
	if t.Kind == data.MultiLabel {
		return statistics.MeanF1
	}
	return statistics.MacroF1
}

// drawNumbers are samples of a regression's numbers.
func drawNumbers(of func(*statistics.Numbers) *statistics.Sample) func([]*answers) *statistics.Sample {
	return func(all []*answers) *statistics.Sample {
		n := &statistics.Numbers{Outputs: all[0].outputs, Labels: all[0].scores}
		for _, a := range all {
			n.Systems = append(n.Systems, a.numbers)
		}
		return of(n)
	}
}

// drawScores are samples of the scores of labels.
func drawScores(of func(*statistics.Scores) *statistics.Sample) func([]*answers) *statistics.Sample {
	return func(all []*answers) *statistics.Sample {
		s := &statistics.Scores{}
		for _, label := range all[0].counted() {
			holds, systems := make([]bool, all[0].len()), make([][]float64, len(all))
			for i := range holds {
				holds[i] = all[0].holds(i, label)
			}
			for i, a := range all {
				systems[i] = a.margins(label)
			}
			s.Holds, s.Systems = append(s.Holds, holds), append(s.Systems, systems)
		}
		return of(s)
	}
}

// drawLosses are samples of the mean loss.
func drawLosses(all []*answers) *statistics.Sample {
	losses := make([][]float64, len(all))
	for i, a := range all {
		losses[i] = a.losses()
	}
	return statistics.Means(losses)
}
