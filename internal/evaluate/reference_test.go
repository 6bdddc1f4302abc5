package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/reftest"
)

// referenceCase is one case of metrics.json: "kind", "labels" and "predictions", "outputs" of
// rows of several, "threshold" of multi-label predictions, which are logits, and every other
// field a metric by its name.
type referenceCase struct {
	kind                string
	labels, predictions []float64
	outputs             int
	threshold           float64
	metrics             map[string]Value
}

func (c *referenceCase) UnmarshalJSON(b []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	c.outputs = 1
	for name, into := range map[string]any{"kind": &c.kind, "labels": &c.labels, "predictions": &c.predictions, "outputs": &c.outputs, "threshold": &c.threshold} {
		if _, ok := fields[name]; !ok && (name == "outputs" || name == "threshold") {
			continue
		}
		if err := json.Unmarshal(fields[name], into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		delete(fields, name)
	}
	c.metrics = map[string]Value{}
	for name, raw := range fields {
		var v Value
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c.metrics[name] = v
	}
	return nil
}

// TestReferenceMetrics: equal to scikit-learn and scipy on every case of every file of
// metrics. A metric or a kind that is not known fails.
func TestReferenceMetrics(t *testing.T) {
	for _, file := range reftest.Glob(t, "metrics/*.json") {
		var reference struct{ Cases []referenceCase }
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &reference); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		worst, compared := 0.0, 0
		for i, c := range reference.Cases {
			for name, want := range c.metrics {
				got, err := c.compute(name)
				if err != nil {
					t.Errorf("%s: case %d: %v", file, i, err)
					continue
				}
				off, ok := distance(got, want)
				if !ok || off > 1e-12 {
					t.Errorf("%s: case %d (%s): %s = %v, want %v", file, i, c.kind, name, got, want)
				}
				worst, compared = max(worst, off), compared+1
			}
		}
		if compared == 0 {
			t.Errorf("%s: nothing to compare", file)
		}
		t.Logf("%s: %d cases, %d metrics, largest relative difference %.1e", filepath.Base(file), len(reference.Cases), compared, worst)
	}
}

func (c *referenceCase) compute(name string) (Value, error) {
	a := &answers{task: &data.Task{}, outputs: c.outputs}
	switch c.kind {
	case "binary", "multiclass":
		a.classes, a.predictions = narrow(c.labels), narrow(c.predictions)
	case "regression":
		a.task.Kind, a.scores, a.numbers = data.Regression, c.labels, c.predictions
	case "multilabel":
		a.task.Kind, a.logits = data.MultiLabel, floats(c.predictions)
		a.indicators = &Indicators{Labels: c.outputs, Truth: holding(floats(c.labels)), Predicted: Holding(a.logits, c.threshold)}
	default:
		return Value{}, fmt.Errorf("unknown kind %q", c.kind)
	}
	return a.value(name)
}

// distance is relative for numbers above 1; false if only one is undefined.
func distance(got, want Value) (float64, bool) {
	g, gotDefined := got.Float()
	w, wantDefined := want.Float()
	return math.Abs(g-w) / max(1, math.Abs(w)), gotDefined == wantDefined
}

func narrow(x []float64) []int32 {
	n := make([]int32, len(x))
	for i, v := range x {
		n[i] = int32(v)
	}
	return n
}

func floats(x []float64) []float32 {
	n := make([]float32, len(x))
	for i, v := range x {
		n[i] = float32(v)
	}
	return n
}
