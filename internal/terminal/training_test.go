package terminal

import (
	"bytes"
	"math"
	"regexp"
	"testing"

	"github.com/dylora/dylora/internal/train"
)

// Off a terminal training says a line per evaluation and nothing between.
func TestTraining(t *testing.T) {
	t.Parallel()
	var talk bytes.Buffer
	p := NewScreen(&talk, environment(nil)).Training(64, 2)
	h := p.Hook()
	if h.Name != "progress" || h.Step == nil || h.Evaluated == nil {
		t.Fatalf("hook %+v", h)
	}
	for step := 1; step <= 40; step++ {
		if err := h.Step(nil, train.Step{Step: step, Loss: 0.5, Ranks: []int{2}, Examples: 8}); err != nil {
			t.Fatal(err)
		}
	}
	if talk.Len() > 0 {
		t.Errorf("a step says %q", talk.String())
	}
	for _, e := range []train.Evaluated{
		{Step: 32, Epoch: 1, Metric: "accuracy", Values: train.Values{{Rank: 1, Value: 0.5}, {Rank: 8, Value: 0.912}}, Best: true},
		{Step: 64, Epoch: 2, Metric: "matthews", Values: train.Values{{Rank: 8, Value: math.NaN()}}},
	} {
		if err := h.Evaluated(nil, e); err != nil {
			t.Fatal(err)
		}
	}
	p.End()
	want := regexp.MustCompile(`^epoch 1 of 2, step 32 of 64, loss 0\.500, [0-9]+ examples/s; dev accuracy \(%\) by rank 1: 50\.0, 8: 91\.2, best so far
epoch 2 of 2, step 64 of 64, loss 0\.500, [0-9]+ examples/s; dev Matthews \(×100\) by rank 8: undefined
$`)
	if !want.MatchString(talk.String()) {
		t.Errorf("says %q", talk.String())
	}
	if p.examples != 320 || p.work.bar != nil {
		t.Errorf("%d examples", p.examples)
	}
}

// The loss that is shown starts at the first step's and follows slowly.
func TestTrainingLoss(t *testing.T) {
	t.Parallel()
	p := NewScreen(&bytes.Buffer{}, environment(nil)).Training(2, 1)
	for _, loss := range []float64{2, 1} {
		if err := p.step(nil, train.Step{Loss: loss, Examples: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if want := 2 - 1.0/20; math.Abs(p.loss-want) > 1e-12 {
		t.Errorf("loss %v, want %v", p.loss, want)
	}
	if s := p.speed(); !(s > 0) || math.IsInf(s, 0) {
		t.Errorf("speed %v", s)
	}
}

func TestRanksText(t *testing.T) {
	t.Parallel()
	for want, ranks := range map[string][]int{"none": nil, "3": {3}, "1 to 8": {1, 2, 8}} {
		if got := ranksText(ranks); got != want {
			t.Errorf("%v: %q, want %q", ranks, got, want)
		}
	}
}
