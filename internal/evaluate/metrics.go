package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// Accuracy is the share of predictions that equal their label; undefined for no labels.
func Accuracy(labels, predictions []int32) Value {
	if len(labels) == 0 {
		return Value{}
	}
	right := 0
	for i, l := range labels {
		if predictions[i] == l {
			right++
		}
	}
	return Number(float64(right) / float64(len(labels)))
}

// F1 is the harmonic mean of precision and recall of class 1, as GLUE defines it for
// MRPC and QQP and as f1_score of scikit-learn does by default: 0 where class 1 is
// neither a label nor a prediction. Undefined for no labels.
func F1(labels, predictions []int32) Value {
	if len(labels) == 0 {
		return Value{}
	}
	for _, c := range tally(labels, predictions) {
		if c.class == 1 {
			return Number(c.f1())
		}
	}
	return Number(0)
}

// MacroF1 is the mean of every class's F1, over the classes that are a label or a
// prediction somewhere; scikit-learn's f1_score(average="macro"). Undefined for no labels.
func MacroF1(labels, predictions []int32) Value {
	classes := tally(labels, predictions)
	sum := 0.0
	for _, c := range classes {
		sum += c.f1()
	}
	return Number(sum / float64(len(classes))) // no classes: NaN, undefined
}

// WeightedF1 is the mean of every class's F1, each with the share of labels that it is:
// f1_score(average="weighted"). Undefined for no labels.
func WeightedF1(labels, predictions []int32) Value {
	sum := 0.0
	for _, c := range tally(labels, predictions) {
		sum += float64(c.labels) * c.f1()
	}
	return Number(sum / float64(len(labels)))
}

// Matthews is the correlation of labels and predictions as one-hot vectors (Gorodkin's
// R_K; for two classes the φ coefficient), from -1 to 1. Constant labels or predictions
// tell nothing and give 0, as scikit-learn's matthews_corrcoef. Undefined for no labels.
func Matthews(labels, predictions []int32) Value {
	if len(labels) == 0 {
		return Value{}
	}
	n := float64(len(labels))
	// covariances, times n²: of labels with predictions and of each with itself
	both, ofLabels, ofPredictions := 0.0, n*n, n*n
	for _, c := range tally(labels, predictions) {
		l, p := float64(c.labels), float64(c.predictions)
		both += float64(c.right)*n - l*p
		ofLabels -= l * l
		ofPredictions -= p * p
	}
	if ofLabels == 0 || ofPredictions == 0 {
		return Number(0)
	}
	return Number(both / math.Sqrt(ofLabels*ofPredictions))
}

// count is what one class's row, column and diagonal of the confusion matrix add up to.
type count struct {
	class                      int32
	labels, predictions, right int
}

// add counts an example.
func (c *count) add(label, prediction bool) {
	if label {
		c.labels++
	}
	if prediction {
		c.predictions++
	}
	if label && prediction {
		c.right++
	}
}

func (c count) f1() float64 {
	if c.labels+c.predictions == 0 {
		return 0
	}
	return 2 * float64(c.right) / float64(c.labels+c.predictions)
}

// tally counts the classes that occur, in ascending order.
func tally(labels, predictions []int32) []count {
	at := map[int32]int{}
	var counts []count
	of := func(class int32) *count {
		i, ok := at[class]
		if !ok {
			i = len(counts)
			at[class] = i
			counts = append(counts, count{class: class})
		}
		return &counts[i]
	}
	for i, l := range labels {
		of(l).labels++
		of(predictions[i]).predictions++
		if predictions[i] == l {
			of(l).right++
		}
	}
	slices.SortFunc(counts, func(a, b count) int { return cmp.Compare(a.class, b.class) })
	return counts
}
