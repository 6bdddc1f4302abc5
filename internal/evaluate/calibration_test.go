package evaluate

import (
	"math"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/seed"
)

// confident draws labels with the probabilities of logits, and then makes the logits larger by a
// factor: that is the temperature that a fit finds again.
func confident(n int, factor float64, random *seed.Stream) *Result {
	r := &Result{Rank: 1, Outputs: 3}
	p := make([]float64, 3)
	for i := range n {
		row := []float32{float32(gauss(random)), float32(gauss(random)), float32(gauss(random))}
		probabilities(row, 1, p)
		u, class := seed.Unit(random.Uint64()), int32(0)
		for class < 2 && u >= p[class] {
			u -= p[class]
			class++
		}
		for _, v := range row {
			r.Logits = append(r.Logits, v*float32(factor))
		}
		r.Index, r.Classes, r.Scores = append(r.Index, i), append(r.Classes, class), append(r.Scores, 0)
	}
	return r
}

func TestCalibrateTemperature(t *testing.T) {
	task := &data.Task{Name: "three", Labels: []string{"a", "b", "c"}, Metrics: []string{"accuracy"}}
	random := seed.NewStream(7)
	for _, factor := range []float64{0.5, 1, 3} {
		fit, check := confident(4000, factor, &random), confident(4000, factor, &random)
		c, err := Calibrate(task, fit, check)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(c.Temperature/factor-1) > 0.1 {
			t.Errorf("temperature %v, want about %v", c.Temperature, factor)
		}
		for _, other := range []float64{0.98, 1.02} {
			if fitOf(fit, c.Temperature).NLL > fitOf(fit, other*c.Temperature).NLL {
				t.Errorf("factor %v: NLL at %v is not the least", factor, c.Temperature)
			}
		}
		if factor == 3 && (c.After.NLL >= c.Before.NLL || c.After.ECE >= c.Before.ECE/2 || c.After.ECE > 0.03) {
			t.Errorf("overconfident: before %+v, after %+v", c.Before, c.After)
		}
	}
	certain := &Result{Outputs: 3, Index: []int{0}, Classes: []int32{1}, Scores: []float32{0}, Logits: []float32{0, 9, 0}}
	if c, err := Calibrate(task, certain, certain); err != nil || c.Temperature < LeastTemperature-1e-9 || c.Temperature > MostTemperature+1e-9 {
		t.Errorf("all right: %+v, %v", c, err)
	}
}

// TestCalibrateThreshold: no threshold has a larger micro F1 on the examples that it is fitted on.
func TestCalibrateThreshold(t *testing.T) {
	task := &data.Task{Name: "tags", Kind: data.MultiLabel, Labels: []string{"a", "b"}, Threshold: 0.5}
	random := seed.NewStream(8)
	r := &Result{Outputs: 2}
	for i := range 200 {
		r.Index = append(r.Index, i)
		for range 2 {
			v := gauss(&random)
			holds := float32(0)
			if v+gauss(&random) > 1 {
				holds = 1
			}
			r.Scores, r.Logits = append(r.Scores, holds), append(r.Logits, float32(v-2)) // too careful
		}
	}
	c, err := Calibrate(task, r, r)
	if err != nil || c.After.MicroF1 <= c.Before.MicroF1 {
		t.Fatalf("%+v, %v", c, err)
	}
	for threshold := 0.0; threshold <= 1; threshold += 0.001 {
		f1, _ := (&Indicators{Labels: 2, Truth: holding(r.Scores), Predicted: Holding(r.Logits, threshold)}).MicroF1().Float()
		if f1 > c.After.MicroF1+1e-12 {
			t.Errorf("threshold %v has micro F1 %v, the fitted %v %v", threshold, f1, c.Threshold, c.After.MicroF1)
		}
	}
}

func TestCalibrateRefused(t *testing.T) {
	number := &data.Task{Name: "n", Kind: data.Regression}
	r := &Result{Outputs: 1, Index: []int{0}, Scores: []float32{1}, Logits: []float32{1}}
	if _, err := Calibrate(number, r, r); fault.ClassOf(err) != fault.Usage {
		t.Errorf("a regression: %v", err)
	}
	two := &data.Task{Name: "t", Labels: []string{"a", "b"}}
	if _, err := Calibrate(two, &Result{Outputs: 2}, &Result{Outputs: 2}); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("no examples: %v", err)
	}
	unknown := &Result{Outputs: 2, Index: []int{0}, Classes: []int32{data.NoLabel}, Logits: []float32{1, 0}}
	if _, err := Calibrate(two, unknown, unknown); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("no labels: %v", err)
	}
}
