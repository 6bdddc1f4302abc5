package evaluate

import (
	"math"

	"github.com/dylora/dylora/internal/data"
)

// bins is the number of bins of equal width that probabilities are put in (Guo et al. 2017).
const bins = 15

// Reliability is how well probabilities tell how often answers are right. Its JSON is an interface
// for scripts.
type Reliability struct {
	ECE         float64 `json:"ece"`         // expected calibration error: the mean distance of confidence and share of right answers, by bins
	Largest     float64 `json:"mce"`         // the largest such distance of a bin
	Confidence  float64 `json:"confidence"`  // mean
	Right       float64 `json:"right"`       // share of right answers; of a multi-label task of labels that hold
	Temperature float64 `json:"temperature"` // that logits were divided by: 1, or that of the adapter's calibration
	Bins        []Bin   `json:"bins"`        // those that hold an answer
}

// Bin are the answers with a confidence from Low to below High. The confidence is the probability
// of the label that is predicted; of a multi-label task that of each label.
type Bin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Answers    int     `json:"answers"`
	Confidence float64 `json:"confidence"` // mean
	Right      float64 `json:"right"`      // share of right answers; of a multi-label task of labels that hold
}

// reliability puts confidences into bins.
type reliability struct {
	n                 [bins]int
	confidence, right [bins]float64
}

func (r *reliability) add(confidence float64, right bool) {
	bin := min(bins-1, int(confidence*bins))
	r.n[bin]++
	r.confidence[bin] += confidence
	if right {
		r.right[bin]++
	}
}

// summary is what the bins add up to.
func (r *reliability) summary() *Reliability {
	all, s := 0, &Reliability{Temperature: 1, Bins: []Bin{}}
	for _, n := range r.n {
		all += n
	}
	for b, n := range r.n {
		if n == 0 {
			continue
		}
		bin := Bin{float64(b) / bins, float64(b+1) / bins, n, r.confidence[b] / float64(n), r.right[b] / float64(n)}
		s.Bins = append(s.Bins, bin)
		s.Largest = max(s.Largest, math.Abs(bin.Confidence-bin.Right))
		s.ECE += math.Abs(r.confidence[b]-r.right[b]) / float64(all)
		s.Confidence += r.confidence[b] / float64(all)
		s.Right += r.right[b] / float64(all)
	}
	return s
}

// reliabilityOf is that of a result at a temperature.
func reliabilityOf(t *data.Task, r *Result, temperature float64) *Reliability {
	var all reliability
	if t.Kind == data.MultiLabel {
		for i, holds := range holding(r.Scores) {
			all.add(Sigmoid(r.Logits[i]), holds)
		}
		return all.summary()
	}
	p := make([]float64, r.Outputs)
	for i := range r.Len() {
		probabilities(r.Row(i), temperature, p)
		at := largest(r.Row(i))
		all.add(p[at], at == r.Classes[i])
	}
	s := all.summary()
	s.Temperature = temperature
	return s
}
