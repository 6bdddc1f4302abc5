package evaluate

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
)

// ordered is SST-2 for a head whose columns have these names.
func ordered(names ...string) *data.Task {
	task, err := data.LookupTask("sst2")
	if err != nil {
		panic(err)
	}
	task, ok := task.Columns(names, "")
	if !ok {
		panic(fmt.Sprint(names))
	}
	return task
}

// TestMetricsByName: in whichever order a head's columns stand, each metric and the baseline
// are the same to the bit, and F1 is that of the same label.
func TestMetricsByName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		task, err := data.LookupTask(rapid.SampledFrom([]string{"mrpc", "cola", "mnli", "rte"}).Draw(t, "task"))
		if err != nil {
			t.Fatal(err)
		}
		task.Metrics = []string{"accuracy", "f1", "macro_f1", "matthews"}
		width := len(task.Labels)
		column := rapid.Permutation([]int{0, 1, 2}[:width]).Draw(t, "column of each label")
		names := make([]string, width)
		for i, c := range column {
			names[c] = task.Labels[i]
		}
		moved, ok := task.Columns(names, "")
		if !ok {
			t.Fatalf("%q", names)
		}
		n := rapid.IntRange(1, 12).Draw(t, "examples")
		plain, other := Result{Outputs: width}, Result{Outputs: width}
		var examples, others []data.Example
		for i := range n {
			class := rapid.IntRange(0, width-1).Draw(t, "class")
			logits := rapid.SliceOfNDistinct(rapid.Float32Range(-3, 3), width, width, rapid.ID[float32]).Draw(t, "logits")
			row := make([]float32, width)
			for j, v := range logits {
				row[column[j]] = v
			}
			plain.Index, other.Index = append(plain.Index, i), append(other.Index, i)
			plain.Classes, other.Classes = append(plain.Classes, int32(class)), append(other.Classes, int32(column[class]))
			plain.Logits, other.Logits = append(plain.Logits, logits...), append(other.Logits, row...)
			examples, others = append(examples, data.Example{Class: int32(class)}), append(others, data.Example{Class: int32(column[class])})
		}
		if err := plain.score(task); err != nil {
			t.Fatal(err)
		}
		if err := other.score(moved); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(plain.Metrics, other.Metrics) {
			t.Errorf("%v, by columns %q %v", plain.Metrics, names, other.Metrics)
		}
		b, err := NewBaseline(task, examples)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewBaseline(moved, others)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.Metrics, c.Metrics) || task.Labels[b.Majority] != moved.Labels[c.Majority] || b.Share != c.Share {
			t.Errorf("baseline %+v, by columns %q %+v", b, names, c)
		}
	})
}
