package evaluate

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
)

func TestUnit(t *testing.T) {
	for metric, want := range map[string]float64{"accuracy": 100, "matthews": 100, "mse": 1} {
		if got := Unit(metric); got != want {
			t.Errorf("%s is multiplied by %v, want %v", metric, got, want)
		}
		if Larger(metric) != (metric != "mse") {
			t.Errorf("%s: larger is better: %v", metric, Larger(metric))
		}
	}
}

// TestMeasured: a sweep's values are of all examples, or of those that no rank was chosen on.
func TestMeasured(t *testing.T) {
	s := &Sweep{Examples: 100}
	if got := s.Measured(); got != 100 {
		t.Errorf("%d examples, want 100", got)
	}
	s.Decision = &Decision{Examples: 40, Reported: 60}
	if got := s.Measured(); got != 60 {
		t.Errorf("%d examples of a half, want 60", got)
	}
}

// TestConstant: a sweep knows what the same answer for every example gets, on the examples that it
// was measured on, for each kind of task.
func TestConstant(t *testing.T) {
	size := func(int) (int, int64) { return 1, 1 }
	index := []int{0, 1, 2, 3}
	for _, tt := range []struct {
		name string
		task *data.Task
		r    Result
		want Metrics
	}{
		{"classes", &data.Task{Labels: []string{"0", "1"}, Metrics: []string{"accuracy"}},
			Result{Outputs: 2, Classes: []int32{0, 1, 1, 1}}, Metrics{{"accuracy", Number(0.75)}}},
		{"no labels", &data.Task{Labels: []string{"0", "1"}, Metrics: []string{"accuracy"}},
			Result{Outputs: 2, Classes: []int32{0, 1, 1, data.NoLabel}}, nil},
		{"a number", &data.Task{Kind: data.Regression, Metrics: []string{"mse"}},
			Result{Outputs: 1, Scores: []float32{1, 1, 3, 3}}, Metrics{{"mse", Number(1)}}},
		{"numbers", &data.Task{Kind: data.Regression, Labels: []string{"a", "b"}, Metrics: []string{"mse"}},
			Result{Outputs: 2, Scores: []float32{1, 0, 1, 0, 3, 0, 3, 0}}, Metrics{{"mse", Number(0.5)}}},
		{"several labels", &data.Task{Kind: data.MultiLabel, Labels: []string{"a", "b"}, Metrics: []string{"subset_accuracy"}},
			Result{Outputs: 2, Scores: []float32{1, 0, 1, 0, 1, 0, 1, 1}}, Metrics{{"subset_accuracy", Number(0.75)}}},
	} {
		r := tt.r
		r.Rank, r.Index = 1, index
		s := NewSweep(tt.task, "dev", []Result{r}, size)
		if !slices.Equal(s.Constant, tt.want) || s.Examples != 4 {
			t.Errorf("%s: %v of %d examples, want %v", tt.name, s.Constant, s.Examples, tt.want)
		}
	}
}
