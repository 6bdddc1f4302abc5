package statistics

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestWeightsAreCopies: an example of weight w counts as w copies of it, in each metric of scores
// and of losses.
func TestWeightsAreCopies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "n")
		holds := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "holds")
		scores := rapid.SliceOfN(rapid.IntRange(-3, 3), n, n).Draw(t, "scores")
		copies := rapid.SliceOfN(rapid.IntRange(0, 3), n, n).Draw(t, "copies")
		weights, x := make([]float64, n), make([]float64, n)
		var manyHold []bool
		var many []float64
		for i, c := range copies {
			weights[i], x[i] = float64(c), float64(scores[i])
			for range c {
				manyHold, many = append(manyHold, holds[i]), append(many, x[i])
			}
		}
		if len(many) == 0 {
			return
		}
		of := func(holds []bool, x []float64) *Scores {
			return &Scores{Holds: [][]bool{holds}, Systems: [][][]float64{{x}}}
		}
		for name, samples := range map[string][2]*Sample{
			"ROC-AUC":           {of(holds, x).ROCAUC(), of(manyHold, many).ROCAUC()},
			"average precision": {of(holds, x).AveragePrecision(), of(manyHold, many).AveragePrecision()},
			"mean":              {Means([][]float64{x}), Means([][]float64{many})},
		} {
			got := make([]float64, 1)
			samples[0].measure()(weights, got)
			want := samples[1].Values()[0]
			if math.Abs(got[0]-want) > 1e-12 || math.IsNaN(got[0]) != math.IsNaN(want) {
				t.Errorf("%s with weights %v, with copies %v", name, got[0], want)
			}
		}
	})
}

// TestScoresOfLabels: the value is the mean over the labels, of each system by itself.
func TestScoresOfLabels(t *testing.T) {
	s := &Scores{
		Holds:   [][]bool{{true, false, true, false}, {false, false, true, false}},
		Systems: [][][]float64{{{2, 1, 4, 3}, {1, 1, 1, 1}}, {{0, 0, 1, 1}, {4, 3, 2, 1}}},
	}
	for name, tt := range map[string]struct {
		sample *Sample
		want   [2]float64
	}{
		"ROC-AUC":           {s.ROCAUC(), [2]float64{(0.75 + (2+0.5)/3) / 2, (0.5 + 1.0/3) / 2}},
		"average precision": {s.AveragePrecision(), [2]float64{((1+2.0/3)/2 + 0.5) / 2, (0.5 + 1.0/3) / 2}},
	} {
		v := tt.sample.Values()
		for i, want := range tt.want {
			if math.Abs(v[i]-want) > 1e-15 {
				t.Errorf("%s of system %d is %v, want %v", name, i, v[i], want)
			}
		}
	}
}
