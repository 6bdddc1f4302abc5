package evaluate

import (
	"github.com/dylora/dylora/internal/data"
)

// testOf names what decides about a metric; "" for one that is not known.
func testOf(metric string) string {
	m, _ := find(metric)
	switch {
	case m == nil:
		return ""
	case m.test != "":
		return m.test
	}
	return bootstrapTest
}

// listsOf gives of rows of a width the columns that hold.
func listsOf(holds []bool, width int) [][]int32 {
	lists := make([][]int32, len(holds)/width)
	for i, h := range holds {
		if h {
			lists[i/width] = append(lists[i/width], int32(i%width))
		}
	}
	return lists
}

// rightOf says of each example whether r is right about it, for a metric that is a share of
// right answers.
func rightOf(t *data.Task, r *Result) []bool {
	right := make([]bool, r.Len())
	if t.Kind != data.MultiLabel {
		for i, p := range r.Predictions() {
			right[i] = p == r.Classes[i]
		}
		return right
	}
	truth, predicted := holding(r.Scores), Holding(r.Logits, t.Threshold)
	for i := range right {
		right[i] = true
		for j := i * r.Outputs; j < (i+1)*r.Outputs; j++ {
			right[i] = right[i] && truth[j] == predicted[j]
		}
	}
	return right
}
