package evaluate

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
)

// feelings is a multi-label task.
var feelings = &data.Task{Name: "feelings", Kind: data.MultiLabel, Labels: []string{"joy", "anger", "fear"}, Threshold: 0.5,
	Metrics: []string{"micro_f1", "macro_f1", "subset_accuracy", "mean_average_precision"}}

// moods is a regression of two outputs.
var moods = &data.Task{Name: "moods", Kind: data.Regression, Labels: []string{"valence", "arousal"}, Metrics: []string{"pearson", "spearman", "mse"}}

func TestHolding(t *testing.T) {
	logits := []float32{-1e30, -1, 0, 1e-6, 1, 1e30}
	for _, tt := range []struct {
		threshold float64
		want      []bool
	}{
		{0.5, []bool{false, false, false, true, true, true}}, // 0.5 itself is not above
		{0, []bool{false, true, true, true, true, true}},
		{0.7, []bool{false, false, false, false, true, true}},
		{1, []bool{false, false, false, false, false, false}},
	} {
		if got := Holding(logits, tt.threshold); !slices.Equal(got, tt.want) {
			t.Errorf("above %v: %v, want %v", tt.threshold, got, tt.want)
		}
	}
	if Sigmoid(0) != 0.5 || Sigmoid(float32(math.Inf(-1))) != 0 || Sigmoid(500) != 1 {
		t.Error("sigmoid of 0, -Inf or 500")
	}
}

// TestIndicators: two labels of four examples, counted by hand; scikit-learn's numbers are in
// TestReferenceMetrics.
func TestIndicators(t *testing.T) {
	x := &Indicators{Labels: 2,
		Truth:     []bool{true, false, true, true, false, false, true, false},
		Predicted: []bool{true, false, false, true, false, true, true, false},
	}
	a := &answers{task: feelings, outputs: 2, indicators: x, logits: []float32{3, 0, 1, 2, 2, 2, 5, -1}}
	for name, tt := range map[string]struct {
		got  Value
		want float64
	}{
		"micro":    {x.MicroF1(), 2 * 3.0 / (4 + 4)},
		"macro":    {x.MacroF1(), (2*2.0/(3+2) + 2*1.0/(1+2)) / 2},
		"weighted": {x.WeightedF1(), (3*2*2.0/(3+2) + 2*1.0/(1+2)) / 4},
		"subset":   {x.SubsetAccuracy(), 0.5},
		// joy: right, right, wrong, right; anger: one right of the two with the largest score
		"map": {averagePrecision(a, -1), ((1+1+0.75)/3 + 0.5) / 2},
	} {
		if got, ok := tt.got.Float(); !ok || math.Abs(got-tt.want) > 1e-15 {
			t.Errorf("%s is %v, want %v", name, tt.got, tt.want)
		}
	}
	empty := &Indicators{Labels: 2}
	for _, v := range []Value{empty.MicroF1(), empty.MacroF1(), empty.WeightedF1(), empty.SubsetAccuracy(), averagePrecision(&answers{task: feelings, outputs: 2, indicators: empty}, -1)} {
		if _, ok := v.Float(); ok {
			t.Errorf("of no examples: %v", v)
		}
	}
}

func marked(rows ...[]float32) []data.Example {
	es := make([]data.Example, len(rows))
	for i, r := range rows {
		es[i] = data.Example{Index: i, Targets: r}
	}
	return es
}

func TestMultiLabelBaseline(t *testing.T) {
	for _, tt := range []struct {
		name     string
		examples []data.Example
		counts   []int
		always   []int32
		micro    Value
	}{
		{"one label is frequent", marked([]float32{1, 0, 0}, []float32{1, 0, 1}, []float32{1, 0, 0}, []float32{0, 1, 0}), []int{3, 1, 1}, []int32{0}, Number(6.0 / 9)},
		{"two are", marked([]float32{0, 1, 1}, []float32{0, 1, 1}, []float32{0, 1, 1}, []float32{0, 1, 0}), []int{0, 4, 3}, []int32{1, 2}, Number(14.0 / 15)},
		{"none ever holds", marked([]float32{0, 0, 0}), []int{0, 0, 0}, nil, Number(0)},
		{"no examples", nil, []int{0, 0, 0}, nil, Value{}},
	} {
		b, err := NewBaseline(feelings, tt.examples)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if !slices.Equal(b.Counts, tt.counts) || !slices.Equal(b.Always, tt.always) || b.Metrics.Headline() != (Metric{"micro_f1", tt.micro}) {
			t.Errorf("%s: %+v", tt.name, b)
		}
	}
	b, err := NewBaseline(feelings, marked([]float32{1, 0, 0}, []float32{0, 0, 1}))
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := b.Metrics.Get("mean_average_precision").Float(); math.Abs(v-1.0/3) > 1e-15 { // what share of the examples each label holds for
		t.Errorf("mean average precision of equal scores is %v", v)
	}
	if _, err := NewBaseline(feelings, marked([]float32{1})); err == nil {
		t.Error("one target of three was counted")
	}
}

func TestBaselineOfSeveralOutputs(t *testing.T) {
	b, err := NewBaseline(moods, marked([]float32{1, 2}, []float32{3, 2}))
	if err != nil {
		t.Fatal(err)
	}
	want := Metrics{{"pearson", Value{}}, {"spearman", Value{}}, {"mse", Number(0.5)}}
	if !slices.Equal(b.Means, []float64{2, 2}) || !slices.Equal(b.Metrics, want) {
		t.Errorf("baseline %+v", b)
	}
	if _, err := NewBaseline(moods, marked([]float32{1})); err == nil {
		t.Error("one score of two was taken")
	}
	if b, err := NewBaseline(moods, nil); err != nil || !slices.Equal(b.Means, []float64{0, 0}) {
		t.Errorf("of nothing: %+v, %v", b, err)
	}
}

// outputsScorer gives each sequence the logits that its first token indexes.
type outputsScorer [][]float32

func (s outputsScorer) Logits(b *data.Batch, _ []int) ([]float32, error) {
	var logits []float32
	for i := range b.Len() {
		logits = append(logits, s[b.IDs[b.Offsets[i]]]...)
	}
	return logits, nil
}

// TestRunSeveralOutputs: targets follow their examples through batches in another order than
// the split's, and copies for several ranks.
func TestRunSeveralOutputs(t *testing.T) {
	targets := [][]float32{{1, 0, 1}, {0, 0, 0}, {0, 1, 0}}
	logits := outputsScorer{{2, -1, 0.5}, {-1, -2, 1}, {-3, 4, -1}}
	batches := func(yield func(*data.Batch) bool) {
		for _, order := range [][]int{{2, 0}, {1}} {
			var es []data.Encoded
			for _, i := range order {
				es = append(es, data.Encoded{Index: i, IDs: []int32{int32(i)}, Targets: targets[i]})
			}
			if !yield(data.Pack(es)) {
				return
			}
		}
	}
	results, err := Run(context.Background(), logits, batches, feelings, []int{0, 3}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if !slices.Equal(r.Scores, slices.Concat(targets...)) || !slices.Equal(r.Logits, slices.Concat(logits...)) {
			t.Errorf("rank %d: targets %v, logits %v", r.Rank, r.Scores, r.Logits)
		}
		want := Metrics{{"micro_f1", Number(6.0 / 7)}, {"macro_f1", Number((1 + 1 + 2.0/3) / 3)}, {"subset_accuracy", Number(2.0 / 3)}, {"mean_average_precision", Number(2.5 / 3)}}
		if !slices.Equal(r.Metrics, want) {
			t.Errorf("rank %d: %v, want %v", r.Rank, r.Metrics, want)
		}
	}
	var b strings.Builder
	if err := WritePredictions(&b, feelings, &results[0]); err != nil {
		t.Fatal(err)
	}
	if want := `{"index":0,"label":["joy","fear"],"prediction":["joy","fear"],"logits":[2,-1,0.5]}
{"index":1,"label":[],"prediction":["fear"],"logits":[-1,-2,1]}
{"index":2,"label":["anger"],"prediction":["anger"],"logits":[-3,4,-1]}
`; b.String() != want {
		t.Errorf("predictions\n%s\nwant\n%s", b.String(), want)
	}
}

func TestWritePredictionsOfSeveralScores(t *testing.T) {
	r := &Result{Outputs: 2, Index: []int{0}, Scores: []float32{1, 0.5}, Logits: []float32{2, 0.25}}
	var b strings.Builder
	if err := WritePredictions(&b, moods, r); err != nil || b.String() != `{"index":0,"label":[1,0.5],"prediction":[2,0.25],"logits":[2,0.25]}`+"\n" {
		t.Errorf("%v\n%s", err, b.String())
	}
}
