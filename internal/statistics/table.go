package statistics

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
)

// Metric is a function of how often each class is a label, a prediction, and both.
type Metric func(t *Tally) float64

// Tally is what a weighted set of examples adds up to, by class.
type Tally struct {
	Examples                   float64
	Labels, Predictions, Right []float64
}

// Accuracy is the share of examples whose class is predicted.
func Accuracy(t *Tally) float64 { return sum(t.Right) / t.Examples }

// F1 is that of class 1.
func F1(t *Tally) float64 { return t.f1(1) }

// F1Of is the F1 of a class.
func F1Of(class int) Metric { return func(t *Tally) float64 { return t.f1(class) } }

// WeightedF1 is the mean F1 of all classes, each with the number of times that it is a label.
func WeightedF1(t *Tally) float64 {
	total := 0.0
	for c, l := range t.Labels {
		total += l * t.f1(c)
	}
	return total / max(1, sum(t.Labels))
}

// MacroF1 is the mean F1 of the classes that are a label or a prediction.
func MacroF1(t *Tally) float64 {
	total, classes := 0.0, 0
	for c := range t.Labels {
		if t.Labels[c]+t.Predictions[c] > 0 {
			total += t.f1(c)
			classes++
		}
	}
	return total / float64(classes)
}

// MeanF1 is the mean F1 of all classes: the macro F1 of a multi-label task.
func MeanF1(t *Tally) float64 {
	total := 0.0
	for c := range t.Labels {
		total += t.f1(c)
	}
	return total / float64(len(t.Labels))
}

// MicroF1 is the F1 of all classes' decisions together.
func MicroF1(t *Tally) float64 { return f1(sum(t.Labels), sum(t.Predictions), sum(t.Right)) }

// Matthews is the correlation of labels and predictions (Gorodkin 2004); 0 where either is
// constant.
func Matthews(t *Tally) float64 {
	n := t.Examples
	both, ofLabels, ofPredictions := 0.0, n*n, n*n
	for c, l := range t.Labels {
		p := t.Predictions[c]
		both += t.Right[c]*n - l*p
		ofLabels -= l * l
		ofPredictions -= p * p
	}
	if ofLabels <= 0 || ofPredictions <= 0 {
		return 0
	}
	return both / math.Sqrt(ofLabels*ofPredictions)
}

func (t *Tally) f1(class int) float64 {
	if class >= len(t.Labels) {
		return 0
	}
	return f1(t.Labels[class], t.Predictions[class], t.Right[class])
}

func f1(labels, predictions, right float64) float64 {
	if labels+predictions == 0 {
		return 0
	}
	return 2 * right / (labels + predictions)
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// Table is a set of examples with classes: one of each system for a classification, any number
// for a multi-label task.
type Table struct {
	Classes int
	Labels  [][]int32   // of each example
	Systems [][][]int32 // predictions of each system, of each example
}

// One makes the lists of a classification: a class for each example.
func One(classes []int32) [][]int32 {
	lists := make([][]int32, len(classes))
	for i := range classes {
		lists[i] = classes[i : i+1]
	}
	return lists
}

// row is what examples that share a row have: classes, and of each system predictions and
// those of them that are right.
type row struct {
	labels      []int32
	predictions [][]int32
	right       [][]int32
}

// Sample is the table measured by a metric; a resample is a multinomial draw of its cells.
func (t *Table) Sample(metric Metric) *Sample {
	rows, mass := t.rows()
	unseen, extra := t.smooth()
	s := &Sample{n: len(t.Labels), systems: len(t.Systems), mass: append(mass, make([]float64, len(extra))...)}
	s.extra = append(make([]float64, len(mass)), extra...)
	rows = append(rows, unseen...)
	s.measure = func() statistic { return tallying(t.Classes, rows, metric) }
	return s
}

// rows gathers the examples that are alike.
func (t *Table) rows() (rows []row, mass []float64) {
	at := map[string]int{}
	var key []byte
	for i, labels := range t.Labels {
		key = appendKey(key[:0], labels)
		r := row{labels: labels}
		for _, predictions := range t.Systems {
			check("predictions", len(predictions), len(t.Labels))
			key = appendKey(key, predictions[i])
			r.add(predictions[i])
		}
		place, known := at[string(key)]
		if !known {
			place = len(rows)
			at[string(key)] = place
			rows, mass = append(rows, r), append(mass, 0)
		}
		mass[place]++
	}
	return rows, mass
}

// add is the predictions of one more system.
func (r *row) add(predictions []int32) {
	var right []int32
	for _, c := range predictions {
		if slices.Contains(r.labels, c) {
			right = append(right, c)
		}
	}
	r.predictions, r.right = append(r.predictions, predictions), append(r.right, right)
}

func appendKey(key []byte, classes []int32) []byte {
	key = binary.AppendUvarint(key, uint64(len(classes)))
	for _, c := range classes {
		key = binary.AppendUvarint(key, uint64(c))
	}
	return key
}

// smooth gives rows that the sample need not have, together one example for each system: for
// each label that occurs, that system is wrong and the others are right. Without them a
// resample of two systems that never differ would say that they never do; see
// docs/statistics.md.
func (t *Table) smooth() (rows []row, mass []float64) {
	seen := map[int32]bool{}
	for _, labels := range t.Labels {
		for _, c := range labels {
			seen[c] = true
		}
	}
	if t.Classes < 2 {
		return nil, nil
	}
	for _, c := range slices.Sorted(maps.Keys(seen)) {
		label, other := []int32{c}, []int32{(c + 1) % int32(t.Classes)}
		for wrong := range t.Systems {
			r := row{labels: label}
			for i := range t.Systems {
				if i == wrong {
					r.add(other)
				} else {
					r.add(label)
				}
			}
			rows, mass = append(rows, r), append(mass, 1/float64(len(seen)))
		}
	}
	return rows, mass
}

// tallying measures every system of weighted rows.
func tallying(classes int, rows []row, metric Metric) statistic {
	t := Tally{Labels: make([]float64, classes), Predictions: make([]float64, classes), Right: make([]float64, classes)}
	return func(weights, values []float64) {
		t.Examples = 0
		clear(t.Labels)
		for i, w := range weights {
			t.Examples += w
			for _, c := range rows[i].labels {
				t.Labels[c] += w
			}
		}
		for system := range values {
			clear(t.Predictions)
			clear(t.Right)
			for i, w := range weights {
				for _, c := range rows[i].predictions[system] {
					t.Predictions[c] += w
				}
				for _, c := range rows[i].right[system] {
					t.Right[c] += w
				}
			}
			values[system] = metric(&t)
		}
	}
}
