package evaluate

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
)

func TestWritePredictions(t *testing.T) {
	tests := []struct {
		name   string
		task   *data.Task
		result Result
		want   string
	}{
		{"classification", sentiment, Result{
			Outputs: 2, Index: []int{0, 1}, Classes: []int32{1, 0}, Scores: []float32{0, 0}, Logits: []float32{-1.25, 2.5, 0.1, 0.1},
		}, `{"index":0,"label":"1","prediction":"1","logits":[-1.25,2.5]}
{"index":1,"label":"0","prediction":"0","logits":[0.1,0.1]}
`},
		{"columns in another order", ordered("positive", "negative"), Result{
			Outputs: 2, Index: []int{0, 1}, Classes: []int32{0, data.NoLabel}, Scores: []float32{0, 0}, Logits: []float32{2.5, -1.25, 0.25, 0.5},
		}, `{"index":0,"label":"1","prediction":"1","logits":[-1.25,2.5]}
{"index":1,"label":null,"prediction":"0","logits":[0.5,0.25]}
`},
		{"regression", similarity, Result{
			Outputs: 1, Index: []int{7}, Classes: []int32{0}, Scores: []float32{3.8}, Logits: []float32{1e-7},
		}, `{"index":7,"label":3.8,"prediction":1e-07,"logits":[1e-07]}
`},
		{"nothing", sentiment, Result{Outputs: 2}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := WritePredictions(&b, tt.task, &tt.result); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Errorf("predictions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPredictionsRoundTrip: each line is JSON, and the logits come back to the bit.
func TestPredictionsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		finite := rapid.Float32().Filter(func(v float32) bool { return !math.IsInf(float64(v), 0) && v == v })
		want := rapid.SliceOfN(finite, 3, 3).Draw(t, "logits")
		r := &Result{Outputs: 3, Index: []int{4}, Classes: []int32{2}, Logits: want}
		task := &data.Task{Name: "mnli", Labels: []string{"entailment", "neutral", "contradiction"}}
		var b strings.Builder
		if err := WritePredictions(&b, task, r); err != nil {
			t.Fatal(err)
		}
		var line struct {
			Index             int
			Label, Prediction string
			Logits            []float32
		}
		if err := json.Unmarshal([]byte(b.String()), &line); err != nil {
			t.Fatalf("%s: %v", b.String(), err)
		}
		if line.Index != 4 || line.Label != "contradiction" || line.Prediction != task.Labels[r.Predictions()[0]] || !cmp.Equal(line.Logits, want) {
			t.Errorf("%s read back as %+v", b.String(), line)
		}
	})
}
