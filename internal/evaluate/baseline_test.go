package evaluate

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
)

func classes(cs ...int32) []data.Example {
	es := make([]data.Example, len(cs))
	for i, c := range cs {
		es[i] = data.Example{Index: i, Class: c}
	}
	return es
}

func TestBaseline(t *testing.T) {
	tests := []struct {
		name     string
		examples []data.Example
		counts   []int
		majority int32
		share    float64
		accuracy Value
		f1       Value
	}{
		{"mostly 1", classes(1, 0, 1, 1), []int{1, 3}, 1, 0.75, Number(0.75), Number(6.0 / 7)},
		{"mostly 0", classes(0, 0, 1), []int{2, 1}, 0, 2.0 / 3, Number(2.0 / 3), Number(0)},
		{"even: the lowest", classes(1, 0), []int{1, 1}, 0, 0.5, Number(0.5), Number(0)},
		{"nothing", nil, []int{0, 0}, 0, 0, Value{}, Value{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := NewBaseline(sentiment, tt.examples)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(b.Counts, tt.counts) || b.Majority != tt.majority || b.Share != tt.share {
				t.Errorf("baseline %+v", b)
			}
			if want := (Metrics{{"accuracy", tt.accuracy}, {"f1", tt.f1}}); !slices.Equal(b.Metrics, want) {
				t.Errorf("metrics %v, want %v", b.Metrics, want)
			}
		})
	}
	if _, err := NewBaseline(sentiment, classes(0, 2)); err == nil {
		t.Error("a class outside the labels was counted")
	}
}

func TestBaselineRegression(t *testing.T) {
	examples := []data.Example{{Score: 1}, {Score: 4.5}, {Score: 0.5}}
	b, err := NewBaseline(similarity, examples)
	if err != nil {
		t.Fatal(err)
	}
	want := Metrics{{"pearson", Value{}}, {"spearman", Value{}}} // a constant correlates with nothing
	if b.Mean != 2 || b.Counts != nil || !slices.Equal(b.Metrics, want) {
		t.Errorf("baseline %+v", b)
	}
	if b, err := NewBaseline(similarity, nil); err != nil || b.Mean != 0 {
		t.Errorf("of nothing: %+v, %v", b, err)
	}
}
