package evaluate

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestClassificationMetrics(t *testing.T) {
	const undefined = "undefined"
	tests := []struct {
		name                            string
		labels, predictions             []int32
		accuracy, f1, macroF1, matthews string
	}{
		{"nothing", nil, nil, undefined, undefined, undefined, undefined},
		{"one, right", []int32{1}, []int32{1}, "1", "1", "1", "0"},
		{"one, wrong", []int32{1}, []int32{0}, "0", "0", "0", "0"},
		{"class 1 never occurs", []int32{0, 0}, []int32{0, 0}, "1", "0", "1", "0"},
		{"all right", []int32{0, 1, 1}, []int32{0, 1, 1}, "1", "1", "1", "1"},
		{"all wrong", []int32{0, 1, 1}, []int32{1, 0, 0}, "0", "0", "0", "-1"},
		{"constant predictions", []int32{0, 1, 1, 1}, []int32{1, 1, 1, 1}, "0.75", "0.8571428571428571", "0.42857142857142855", "0"},
		{"constant labels", []int32{0, 0}, []int32{0, 1}, "0.5", "0", "0.3333333333333333", "0"},
		{"chance", []int32{0, 0, 1, 1}, []int32{0, 1, 0, 1}, "0.5", "0.5", "0.5", "0"},
		{"three classes, a cycle", []int32{0, 1, 2}, []int32{1, 2, 0}, "0", "0", "0", "-0.5"},
		{"classes far apart", []int32{-7, 1 << 30}, []int32{-7, 1 << 30}, "1", "0", "1", "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, m := range []struct {
				name string
				got  Value
				want string
			}{
				{"accuracy", Accuracy(tt.labels, tt.predictions), tt.accuracy},
				{"f1", F1(tt.labels, tt.predictions), tt.f1},
				{"macro_f1", MacroF1(tt.labels, tt.predictions), tt.macroF1},
				{"matthews", Matthews(tt.labels, tt.predictions), tt.matthews},
			} {
				if m.got.String() != m.want {
					t.Errorf("%s = %v, want %s", m.name, m.got, m.want)
				}
			}
		})
	}
}

// drawn draws labels and predictions of up to k classes.
func drawn(t *rapid.T, k int32) (labels, predictions []int32) {
	n := rapid.IntRange(1, 60).Draw(t, "n")
	class := rapid.SliceOfN(rapid.Int32Range(0, k-1), n, n)
	return class.Draw(t, "labels"), class.Draw(t, "predictions")
}

func near(v Value, want float64) bool {
	f, ok := v.Float()
	return ok && math.Abs(f-want) < 1e-12
}

func TestClassificationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.Int32Range(2, 5).Draw(t, "classes")
		labels, predictions := drawn(t, k)
		for name, v := range map[string]Value{
			"accuracy": Accuracy(labels, predictions), "f1": F1(labels, predictions), "macro f1": MacroF1(labels, predictions),
		} {
			if f, ok := v.Float(); !ok || f < 0 || f > 1 {
				t.Errorf("%s = %v, outside [0, 1]", name, v)
			}
		}
		m, ok := Matthews(labels, predictions).Float()
		if !ok || math.Abs(m) > 1+1e-12 {
			t.Errorf("Matthews = %v, outside [-1, 1]", m)
		}
		if swapped := Matthews(predictions, labels); !near(swapped, m) {
			t.Errorf("Matthews = %v, with labels and predictions swapped %v", m, swapped)
		}
		renamed := func(x []int32) []int32 { // any names for the classes
			y := slices.Clone(x)
			for i := range y {
				y[i] = k - 1 - y[i]
			}
			return y
		}
		if other := Matthews(renamed(labels), renamed(predictions)); !near(other, m) {
			t.Errorf("Matthews = %v, with the classes renamed %v", m, other)
		}
		if perfect := Accuracy(labels, labels); !near(perfect, 1) {
			t.Errorf("accuracy of the labels themselves = %v", perfect)
		}
	})
}

// TestMatthewsIsPearson: on two classes it is the correlation of the two 0/1 vectors,
// where that is defined.
func TestMatthewsIsPearson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels, predictions := drawn(t, 2)
		x, y := make([]float64, len(labels)), make([]float64, len(labels))
		for i := range labels {
			x[i], y[i] = float64(labels[i]), float64(predictions[i])
		}
		want, ok := Pearson(x, y).Float()
		if got := Matthews(labels, predictions); !near(got, want) {
			t.Errorf("Matthews = %v, Pearson = %v (defined: %v)", got, want, ok)
		}
	})
}
