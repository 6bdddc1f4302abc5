package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// Report is what a result is like beyond its metrics. Its JSON is an interface for scripts.
type Report struct {
	Classes     []ClassScores `json:"classes,omitempty"`   // of each label, in the task's own order
	Macro       *ClassScores  `json:"macro,omitempty"`     // means over the labels
	Weighted    *ClassScores  `json:"weighted,omitempty"`  // means over the labels by their support
	Confusion   [][]int       `json:"confusion,omitempty"` // of a classification of up to MostConfusion labels: a row for each label, a column for each prediction
	Confused    []Confused    `json:"confused,omitempty"`  // of a classification: the most frequent wrong answers
	Outputs     []Deviation   `json:"outputs,omitempty"`   // of a regression
	Calibration *Reliability  `json:"calibration,omitempty"`
	Worst       []Mistake     `json:"worst"` // the wrong answers with the largest losses
}

// ClassScores are those of one label, as precision_recall_fscore_support of scikit-learn has them:
// what is 0/0 is 0. Of all labels Macro and Weighted have no name.
type ClassScores struct {
	Label     string  `json:"label,omitempty"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Support   int     `json:"support"`   // examples that have the label
	Predicted int     `json:"predicted"` // examples for which it is predicted
}

// Confused is how often a label is taken for another.
type Confused struct {
	Label      string `json:"label"`
	Prediction string `json:"prediction"`
	Examples   int    `json:"examples"`
}

// Deviation is how far the predictions of an output of a regression are from the scores.
type Deviation struct {
	Output   string  `json:"output,omitempty"` // its name; empty where there is one
	Mean     float64 `json:"mean"`             // of prediction − score: above 0 where predictions are too high
	Absolute float64 `json:"absolute"`         // mean absolute error
	Root     float64 `json:"rmse"`             // root of the mean squared error
	Largest  float64 `json:"largest"`          // absolute error
}

// Bounds of a Report.
const (
	MostConfusion = 100
	mostConfused  = 10
	mostMistakes  = 10
)

// ReportOptions say what of the examples a report shows.
type ReportOptions struct {
	Examples    []data.Example // of the split; nil: no texts are shown
	Temperature float64        // that the logits of a classification are divided by before probabilities are taken; 0 is 1
}

// NewReport reports a result, which needs labels.
func NewReport(t *data.Task, r *Result, o ReportOptions) (*Report, error) {
	if r.Len() == 0 || r.unlabelled(t) {
		return nil, fault.Invalidf("task %s: the examples have no labels to report by", t.Name)
	}
	report := &Report{Worst: Mistakes(t, r, o.Examples, mostMistakes)}
	if t.Kind == data.Regression {
		report.deviations(t, r)
		return report, nil
	}
	a := answersOf(t, r)
	report.classes(a)
	report.Calibration = reliabilityOf(t, r, cmp.Or(o.Temperature, 1))
	if t.Kind == data.Classification {
		report.confusion(a)
	}
	return report, nil
}

// names are the labels in the order of answers.
func (a *answers) names() []string {
	if a.task.Kind == data.MultiLabel {
		return a.task.Labels
	}
	return a.task.Own()
}

// classes counts each label.
func (p *Report) classes(a *answers) {
	counts := make([]count, a.outputs)
	for i := range a.len() {
		for label := range counts {
			predicted := a.indicators != nil && a.indicators.Predicted[i*a.outputs+label] || a.indicators == nil && int(a.predictions[i]) == label
			counts[label].add(a.holds(i, label), predicted)
		}
	}
	macro, weighted := &ClassScores{}, &ClassScores{}
	for label, c := range counts {
		s := ClassScores{Label: a.names()[label], Precision: ratio(c.right, c.predictions), Recall: ratio(c.right, c.labels), F1: c.f1(), Support: c.labels, Predicted: c.predictions}
		p.Classes = append(p.Classes, s)
		macro.include(s, 1/float64(len(counts)))
		weighted.include(s, float64(s.Support))
	}
	if n := float64(weighted.Support); n > 0 {
		weighted.Precision, weighted.Recall, weighted.F1 = weighted.Precision/n, weighted.Recall/n, weighted.F1/n
	}
	p.Macro, p.Weighted = macro, weighted
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// include adds a label's scores by a weight.
func (s *ClassScores) include(of ClassScores, weight float64) {
	s.Precision += weight * of.Precision
	s.Recall += weight * of.Recall
	s.F1 += weight * of.F1
	s.Support += of.Support
	s.Predicted += of.Predicted
}

// confusion counts which label is taken for which.
func (p *Report) confusion(a *answers) {
	pairs := map[[2]int32]int{}
	for i, label := range a.classes {
		pairs[[2]int32{label, a.predictions[i]}]++
	}
	if a.outputs <= MostConfusion {
		p.Confusion = make([][]int, a.outputs)
		for label := range p.Confusion {
			p.Confusion[label] = make([]int, a.outputs)
			for prediction := range p.Confusion[label] {
				p.Confusion[label][prediction] = pairs[[2]int32{int32(label), int32(prediction)}]
			}
		}
	}
	var wrong [][2]int32
	for pair := range pairs {
		if pair[0] != pair[1] {
			wrong = append(wrong, pair)
		}
	}
	slices.SortFunc(wrong, func(x, y [2]int32) int {
		return cmp.Or(cmp.Compare(pairs[y], pairs[x]), cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
	})
	for _, pair := range wrong[:min(len(wrong), mostConfused)] {
		p.Confused = append(p.Confused, Confused{a.names()[pair[0]], a.names()[pair[1]], pairs[pair]})
	}
}

// deviations measures each output of a regression.
func (p *Report) deviations(t *data.Task, r *Result) {
	n := float64(r.Len())
	for o := range r.Outputs {
		d := Deviation{}
		if o < len(t.Labels) {
			d.Output = t.Labels[o]
		}
		for i := range r.Len() {
			off := float64(r.Row(i)[o]) - float64(r.targets(i)[o])
			d.Mean += off / n
			d.Absolute += math.Abs(off) / n
			d.Root += off * off / n
			d.Largest = max(d.Largest, math.Abs(off))
		}
		d.Root = math.Sqrt(d.Root)
		p.Outputs = append(p.Outputs, d)
	}
}

// String is the deviation in words.
func (d Deviation) String() string {
	s := fmt.Sprintf("mean error %+.4g, absolute %.4g, root mean square %.4g, largest %.4g", d.Mean, d.Absolute, d.Root, d.Largest)
	if d.Output != "" {
		return d.Output + ": " + s
	}
	return s
}
