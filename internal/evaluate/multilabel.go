package evaluate

import (
	"math"
	"slices"
)

// Sigmoid is 1/(1+e⁻ˣ), the probability of a label that has a logit of its own.
func Sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }

// Holding says of each logit whether its label's probability is above the threshold.
func Holding(logits []float32, threshold float64) []bool {
	holds := make([]bool, len(logits))
	for i, x := range logits {
		holds[i] = Sigmoid(x) > threshold
	}
	return holds
}

// Indicators are the labels of examples, several of which may hold for one, and the
// predictions of them, both (examples, Labels), row-major. The metrics are those of
// scikit-learn for a "multilabel-indicator"; all are undefined for no examples.
type Indicators struct {
	Labels    int
	Truth     []bool
	Predicted []bool
}

// count gathers what a label's column holds.
func (x *Indicators) count(label int) (c count) {
	for i := label; i < len(x.Truth); i += x.Labels {
		c.add(x.Truth[i], x.Predicted[i])
	}
	return c
}

// MicroF1 is the F1 of all labels' decisions together, as f1_score(average="micro"): 0 where
// no label holds and none is predicted.
func (x *Indicators) MicroF1() Value {
	if len(x.Truth) == 0 {
		return Value{}
	}
	var all count
	for label := range x.Labels {
		c := x.count(label)
		all.labels, all.predictions, all.right = all.labels+c.labels, all.predictions+c.predictions, all.right+c.right
	}
	return Number(all.f1())
}

// MacroF1 is the mean of every label's F1, as f1_score(average="macro", zero_division=0). A
// label that never holds and is never predicted counts with 0, unlike a class in the
// function MacroF1.
func (x *Indicators) MacroF1() Value {
	if len(x.Truth) == 0 {
		return Value{}
	}
	sum := 0.0
	for label := range x.Labels {
		c := x.count(label)
		sum += c.f1()
	}
	return Number(sum / float64(x.Labels))
}

// WeightedF1 is the mean of every label's F1, each with the number of examples in which it holds,
// as f1_score(average="weighted", zero_division=0): 0 where none ever holds.
func (x *Indicators) WeightedF1() Value {
	if len(x.Truth) == 0 {
		return Value{}
	}
	sum, holds := 0.0, 0
	for label := range x.Labels {
		c := x.count(label)
		sum += float64(c.labels) * c.f1()
		holds += c.labels
	}
	return Number(sum / float64(max(1, holds)))
}

// SubsetAccuracy is the share of examples whose labels are all predicted as they are,
// as accuracy_score.
func (x *Indicators) SubsetAccuracy() Value {
	if len(x.Truth) == 0 {
		return Value{}
	}
	right := 0
	for i := 0; i < len(x.Truth); i += x.Labels {
		if slices.Equal(x.Truth[i:i+x.Labels], x.Predicted[i:i+x.Labels]) {
			right++
		}
	}
	return Number(float64(right*x.Labels) / float64(len(x.Truth)))
}
