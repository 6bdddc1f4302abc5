package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// ClassWeights say how much an example of each label counts in the loss of training, of a multi-label
// task how much a label counts where it holds.
type ClassWeights struct {
	balanced bool
	labels   []string
	weights  []float64 // of labels; of those that are not named 1
}

// Balanced is what ParseClassWeights reads as weights that make all labels count alike.
const Balanced = "balanced"

// ParseClassWeights reads "balanced", or a list of label=weight with commas between them, as a row
// of a CSV file: an item that holds a comma stands in quotes. "" is nil: no weights. Weights are
// above 0 and finite.
func ParseClassWeights(text string) (*ClassWeights, error) {
	switch strings.TrimSpace(text) {
	case "":
		return nil, nil
	case Balanced:
		return &ClassWeights{balanced: true}, nil
	}
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace = true
	items, err := r.Read()
	if err == nil {
		if _, more := r.Read(); !errors.Is(more, io.EOF) {
			err = errors.New("it is more than one line")
		}
	}
	if err != nil || len(items) > mostLabels {
		return nil, fmt.Errorf("%.80q is neither %s nor a list such as spam=4,ham=1: %w", text, Balanced, errors.Join(err, tooMany(len(items))))
	}
	w := &ClassWeights{}
	seen := map[string]bool{}
	for _, item := range items {
		at := strings.LastIndexByte(item, '=')
		if at < 0 {
			return nil, fmt.Errorf("%.80q has no weight: write label=weight, or %s", item, Balanced)
		}
		label := strings.TrimSpace(item[:at])
		v, err := strconv.ParseFloat(strings.TrimSpace(item[at+1:]), 64)
		switch {
		case label == "":
			return nil, fmt.Errorf("%.80q names no label", item)
		case err != nil || !(v > 0) || float32(v) == 0 || math.IsInf(float64(float32(v)), 1):
			return nil, fmt.Errorf("the weight of %.80q is not a number above 0: %.80q", label, item[at+1:])
		case seen[fold(label)]:
			return nil, fmt.Errorf("%.80q has two weights", label)
		}
		seen[fold(label)] = true
		w.labels, w.weights = append(w.labels, label), append(w.weights, v)
	}
	return w, nil
}

func tooMany(n int) error {
	if n > mostLabels {
		return fmt.Errorf("%d labels are more than %d", n, mostLabels)
	}
	return nil
}

// Of are the weights by label for a task that is learnt from examples. Balanced ones of a
// classification are n / (classes · examples of the class), as compute_class_weight of scikit-learn has
// them; a class without examples has 1, which nothing depends on. Those of a multi-label task are
// negatives / positives of each label, which is the ratio of that function's two weights and what
// torch.nn.BCEWithLogitsLoss takes as pos_weight; a label that holds in no example or in all of them
// has 1. Of nil there are none. Labels that the task does not have, and a regression, are errors of
// class Usage.
func (w *ClassWeights) Of(t *Task, examples []Example) ([]float32, error) {
	if w == nil {
		return nil, nil
	}
	if t.Kind == Regression {
		return nil, fault.Usagef("class_weights: is for a task of labels, and task %s is a %s", t.Name, t.Kind.Noun())
	}
	of := make([]float32, len(t.Labels))
	counts := t.count(examples)
	for label, n := range counts {
		of[label] = 1
		switch all := len(examples); {
		case !w.balanced || n == 0:
		case t.Kind == Classification:
			of[label] = float32(float64(all) / float64(len(counts)*n))
		case n < all:
			of[label] = float32(float64(all-n) / float64(n))
		}
	}
	for i, label := range w.labels {
		class := labelOf(t.Labels, label)
		if class < 0 {
			return nil, fault.Usagef("class_weights: %q is not a label of task %s: its labels are %s", label, t.Name, listed(t.Labels))
		}
		of[class] = float32(w.weights[i])
	}
	return of, nil
}

// count is how many examples each label has, or in how many it holds.
func (t *Task) count(examples []Example) []int {
	counts := make([]int, len(t.Labels))
	for _, e := range examples {
		if t.Kind == Classification && e.Class >= 0 {
			counts[e.Class]++
		}
		for label, holds := range e.Targets {
			if holds != 0 {
				counts[label]++
			}
		}
	}
	return counts
}

// labelOf is the place of a label: as it is written, or else without regard to case and to what
// joins words; -1 if it is none.
func labelOf(labels []string, name string) int {
	alike := -1
	for i, label := range labels {
		if label == name {
			return i
		}
		if alike < 0 && fold(label) == fold(name) {
			alike = i
		}
	}
	return alike
}
