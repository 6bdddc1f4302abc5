package evaluate

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRegressionMetrics(t *testing.T) {
	const undefined = "undefined"
	nan := math.NaN()
	tests := []struct {
		name                   string
		x, y                   []float64
		pearson, spearman, mse string
	}{
		{"nothing", nil, nil, undefined, undefined, undefined},
		{"one pair", []float64{1}, []float64{2}, undefined, undefined, "1"},
		{"the same", []float64{1, 2, 4}, []float64{1, 2, 4}, "1", "1", "0"},
		{"opposite", []float64{1, 2}, []float64{2, 1}, "-1", "-1", "1"},
		{"constant predictions", []float64{1, 2, 3}, []float64{2, 2, 2}, undefined, undefined, "0.6666666666666666"},
		{"constant scores", []float64{5, 5}, []float64{1, 2}, undefined, undefined, "12.5"},
		{"constants that are no binary fraction", []float64{0.1, 0.1, 0.1}, []float64{1, 2, 3}, undefined, undefined, "4.276666666666666"},
		{"ties share a rank", []float64{1, 2, 3, 4}, []float64{1, 1, 2, 2}, "0.8944271909999159", "0.8944271909999159", "1.5"},
		{"tiny", []float64{1e-300, 2e-300}, []float64{1, 2}, "1", "1", "2.5"},
		{"huge", []float64{1e300, 2e300, 3e300}, []float64{1, 2, 3}, "1", "1", undefined},
		{"not a number", []float64{1, nan, 3}, []float64{1, 2, 3}, undefined, "", undefined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, m := range []struct {
				name string
				got  Value
				want string
			}{
				{"pearson", Pearson(tt.x, tt.y), tt.pearson},
				{"spearman", Spearman(tt.x, tt.y), tt.spearman},
				{"mse", MSE(tt.x, tt.y), tt.mse},
			} {
				if m.want == "" || m.got.String() == m.want {
					continue
				}
				var want Value
				if err := want.UnmarshalJSON([]byte(m.want)); err != nil {
					t.Errorf("%s = %v, want %s", m.name, m.got, m.want)
				} else if off, ok := distance(m.got, want); !ok || off > 1e-15 {
					t.Errorf("%s = %v, want %v", m.name, m.got, want)
				}
			}
		})
	}
}

func TestRanked(t *testing.T) {
	tests := []struct {
		name    string
		x, want []float64
	}{
		{"nothing", nil, []float64{}},
		{"no ties", []float64{30, 10, 20}, []float64{3, 1, 2}},
		{"a pair", []float64{5, 1, 5}, []float64{2.5, 1, 2.5}},
		{"all equal", []float64{7, 7, 7}, []float64{2, 2, 2}},
		{"both zeros are one value", []float64{0, math.Copysign(0, -1), 1}, []float64{1.5, 1.5, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ranked(tt.x); !slices.Equal(got, tt.want) {
				t.Errorf("ranked(%v) = %v, want %v", tt.x, got, tt.want)
			}
		})
	}
}

// TestMean: a naive sum of these is off by far more than the spread of the values.
func TestMean(t *testing.T) {
	if got := mean([]float64{1, 1e100, 1, -1e100}); got != 0.5 {
		t.Errorf("mean = %v, want 0.5", got)
	}
	many := make([]float64, 1_000_000)
	for i := range many {
		many[i] = 0.1
	}
	if got := mean(many); got != 0.1 {
		t.Errorf("mean of a million 0.1 = %v", got)
	}
	if got := mean(nil); !math.IsNaN(got) {
		t.Errorf("mean of nothing = %v, want NaN", got)
	}
}

func TestCorrelationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		grid := rapid.Map(rapid.IntRange(-50, 50), func(i int) float64 { return float64(i) / 8 })
		x, y := rapid.SliceOfN(grid, n, n).Draw(t, "x"), rapid.SliceOfN(grid, n, n).Draw(t, "y")
		spearman, pearson := Spearman(x, y), Pearson(x, y)
		if got := Spearman(each(x, math.Exp), y); got != spearman {
			t.Errorf("Spearman = %v, of exp(x) %v", spearman, got)
		}
		if got := Spearman(x, each(y, func(v float64) float64 { return v * v * v })); got != spearman {
			t.Errorf("Spearman = %v, of y³ %v", spearman, got)
		}
		agree := func(what string, got Value, sign float64) {
			want, defined := pearson.Float()
			f, ok := got.Float()
			if ok != defined || math.Abs(f-sign*want) > 1e-12 || math.Abs(f) > 1 {
				t.Errorf("Pearson = %v, of %s %v", pearson, what, got)
			}
		}
		agree("the same", pearson, 1)
		agree("y and x", Pearson(y, x), 1)
		agree("4x + 32", Pearson(each(x, func(v float64) float64 { return 4*v + 32 }), y), 1)
		agree("-x", Pearson(each(x, func(v float64) float64 { return -v }), y), -1)
	})
}

func each(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}
