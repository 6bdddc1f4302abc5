package evaluate

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/tabular"
)

// Calibration makes a rank's probabilities fit how often they are right. It is fitted on one half
// of the examples and measured on the other, before and after. Its JSON is an interface for
// scripts.
type Calibration struct {
	Temperature float64 `json:"temperature,omitzero"` // of a classification: logits are divided by it
	Threshold   float64 `json:"threshold,omitzero"`   // of a multi-label task: above which a label holds
	Fitted      int     `json:"fitted"`               // examples that it is fitted on
	Measured    int     `json:"measured"`             // examples of Before and After
	Before      Fit     `json:"before"`
	After       Fit     `json:"after"`
}

// Fit says how good probabilities are.
type Fit struct {
	NLL     float64 `json:"nll,omitzero"`      // mean −log of the label's probability, in nats
	ECE     float64 `json:"ece,omitzero"`      // expected calibration error, 15 bins of equal width (Guo et al. 2017)
	MicroF1 float64 `json:"micro_f1,omitzero"` // of a multi-label task at the threshold
}

// Calibrate fits a rank on the examples of fit, and measures it on those of check. The
// temperature minimises NLL (Guo et al. 2017, "On calibration of modern neural networks"), the
// threshold maximises micro F1. A regression has no probabilities: an error of class Usage.
func Calibrate(t *data.Task, fit, check *Result) (*Calibration, error) {
	switch {
	case t.Kind == data.Regression:
		return nil, fault.Usagef("task %s is a regression, which has no probabilities to calibrate", t.Name)
	case fit.unlabelled(t) || check.unlabelled(t):
		return nil, fault.Invalidf("task %s: the examples have no labels to calibrate by", t.Name)
	case fit.Len() == 0 || check.Len() == 0:
		return nil, fault.Invalidf("task %s: one example cannot be halved to calibrate by", t.Name)
	}
	c := &Calibration{Fitted: fit.Len(), Measured: check.Len()}
	if t.Kind == data.MultiLabel {
		c.Threshold = bestThreshold(holding(fit.Scores), fit.Logits, t.Threshold)
		at := func(threshold float64) Fit {
			f1, _ := (&Indicators{Labels: check.Outputs, Truth: holding(check.Scores), Predicted: Holding(check.Logits, threshold)}).MicroF1().Float()
			return Fit{MicroF1: f1}
		}
		c.Before, c.After = at(t.Threshold), at(c.Threshold)
		return c, nil
	}
	c.Temperature = temperature(fit)
	c.Before, c.After = fitOf(check, 1), fitOf(check, c.Temperature)
	return c, nil
}

// Bounds of a temperature: examples that are all right, or all wrong, would have none.
const (
	LeastTemperature = 0.05
	MostTemperature  = 20
)

// temperature is the one that minimises NLL, which is convex in its inverse: the zero of the
// slope, by bisection.
func temperature(r *Result) float64 {
	slope := func(inverse float64) (d float64) { // of NLL: Σ (mean of the logits − the label's)
		p := make([]float64, r.Outputs)
		for i := range r.Len() {
			row := r.Row(i)
			probabilities(row, 1/inverse, p)
			for j, v := range row {
				d += p[j] * float64(v)
			}
			d -= float64(row[r.Classes[i]])
		}
		return d
	}
	low, high := 1.0/MostTemperature, 1.0/LeastTemperature
	for range 60 {
		if m := math.Sqrt(low * high); slope(m) < 0 {
			low = m
		} else {
			high = m
		}
	}
	return 1 / math.Sqrt(low*high)
}

// probabilities writes the softmax of logits at a temperature.
func probabilities(row []float32, temperature float64, p []float64) {
	top, sum := float64(slices.Max(row)), 0.0
	for j, v := range row {
		p[j] = math.Exp((float64(v) - top) / temperature)
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
	}
}

// fitOf measures the probabilities of a classification at a temperature.
func fitOf(r *Result, temperature float64) (f Fit) {
	var all reliability
	p := make([]float64, r.Outputs)
	for i := range r.Len() {
		probabilities(r.Row(i), temperature, p)
		at := largest(r.Row(i))
		all.add(p[at], at == r.Classes[i])
		f.NLL -= math.Log(max(p[r.Classes[i]], math.SmallestNonzeroFloat64)) / float64(r.Len())
	}
	f.ECE = all.summary().ECE
	return f
}

// bestThreshold is the one with the largest micro F1: in the middle between two probabilities,
// of equals the closest to the task's.
func bestThreshold(truth []bool, logits []float32, own float64) float64 {
	order := make([]int, len(logits))
	labels := 0
	for i := range order {
		order[i] = i
		if truth[i] {
			labels++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(logits[b], logits[a]) })
	best, f1, right := own, -1.0, 0
	for i, at := range order { // those down to i hold
		if truth[at] {
			right++
		}
		next := 0.0
		if i+1 < len(order) {
			if next = Sigmoid(logits[order[i+1]]); logits[order[i+1]] == logits[at] {
				continue
			}
		}
		threshold := (Sigmoid(logits[at]) + next) / 2
		v := (count{labels: labels, predictions: i + 1, right: right}).f1()
		if v > f1 || v == f1 && math.Abs(threshold-own) < math.Abs(best-own) {
			best, f1 = threshold, v
		}
	}
	return best
}

// Calibrate sets the calibration of every rank from the results of one run, fitted on the first
// half that keys give by Halves.
func (s *Sweep) Calibrate(t *data.Task, results []Result, keys []uint64) error {
	fit, check, err := inHalves(t, [][]Result{results}, keys)
	if err != nil {
		return err
	}
	for i := range s.Ranks {
		r := &s.Ranks[i]
		if r.Calibration, err = Calibrate(t, atRank(fit, r.Rank)[0], atRank(check, r.Rank)[0]); err != nil {
			return err
		}
	}
	return nil
}

// String is the calibration in a line.
func (c *Calibration) String() string {
	if c.Temperature == 0 {
		return fmt.Sprintf("threshold %.4f: micro F1 %.1f before, %.1f after", c.Threshold, 100*c.Before.MicroF1, 100*c.After.MicroF1)
	}
	return fmt.Sprintf("temperature %.4f: NLL %.4f before, %.4f after; ECE %.1f %% before, %.1f %% after",
		c.Temperature, c.Before.NLL, c.After.NLL, 100*c.Before.ECE, 100*c.After.ECE)
}

// writeCalibration writes a line for each rank that has a calibration.
func (s *Sweep) writeCalibration(w io.Writer) error {
	head := false
	for _, r := range s.Ranks {
		c := r.Calibration
		if c == nil {
			continue
		}
		if !head {
			if _, err := fmt.Fprintln(w, tabular.Prose(fmt.Sprintf("\nCalibrated on %s examples, measured on %s others; kept with the adapter:", Grouped(c.Fitted), Grouped(c.Measured)), w)); err != nil {
				return err
			}
			head = true
		}
		if _, err := fmt.Fprintln(w, tabular.Prose(fmt.Sprintf("rank %d: %s", r.Rank, c), w)); err != nil {
			return err
		}
	}
	return nil
}
