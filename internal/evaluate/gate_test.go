package evaluate

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestGate(t *testing.T) {
	least := func(s string) Gate { return Gate{AtLeast: s} }
	most := func(s string) Gate { return Gate{AtMost: s} }
	for _, tt := range []struct {
		gate   Gate
		metric string
		value  Value
		want   string // "": kept
		class  fault.Class
	}{
		{gate: Gate{}, metric: "accuracy"},
		{gate: least("0.5"), metric: "f1", value: Number(0.5)},
		{gate: least("50%"), metric: "f1", value: Number(0.5)},
		{gate: least(" 81.25 % "), metric: "f1", value: Number(0.8125)},
		{gate: least("1"), metric: "accuracy", value: Number(1)},
		{gate: least("-1"), metric: "matthews", value: Number(-0.5)},
		{gate: least("0.5"), metric: "f1", value: Number(0.25), want: "F1 at rank 3 is 0.25, below 0.5", class: fault.Check},
		{gate: least("50%"), metric: "f1", value: Number(0.256), want: "F1 at rank 3 is 25.6%, below 50%", class: fault.Check},
		{gate: least("0"), metric: "pearson", want: "Pearson at rank 3 is undefined, below 0", class: fault.Check},
		{gate: most("0.5"), metric: "log_loss", value: Number(0.5)},
		{gate: most("0.5"), metric: "log_loss", value: Number(0.75), want: "log loss at rank 3 is 0.75, above 0.5", class: fault.Check},
		{gate: most("12"), metric: "mse", want: "MSE at rank 3 is undefined, above 12", class: fault.Check},
		{gate: least("85"), metric: "accuracy", value: Number(1), want: "bound 85: accuracy is at most 1: did you mean 0.85, or 85%?", class: fault.Usage},
		{gate: least("1.01"), metric: "f1:spam", value: Number(1), want: "bound 1.01: F1 of spam is from 0 to 1", class: fault.Usage},
		{gate: least("850"), metric: "accuracy", value: Number(1), want: "bound 850: accuracy is from 0 to 1", class: fault.Usage},
		{gate: least("120%"), metric: "accuracy", value: Number(1), want: "bound 120%: accuracy is from 0 to 1", class: fault.Usage},
		{gate: least("-0.1"), metric: "accuracy", value: Number(1), want: "bound -0.1: accuracy is from 0 to 1", class: fault.Usage},
		{gate: most("-1"), metric: "mse", value: Number(1), want: "bound -1: MSE is never below 0", class: fault.Usage},
		{gate: most("5%"), metric: "mse", value: Number(1), want: "bound 5%: MSE is no fraction: give a number without %", class: fault.Usage},
		{gate: least("0.5"), metric: "log_loss", value: Number(1), want: "at least 0.5: the less log loss is the better, so that it is bounded from above", class: fault.Usage},
		{gate: most("0.5"), metric: "accuracy", value: Number(1), want: "at most 0.5: the more accuracy is the better, so that it is bounded from below", class: fault.Usage},
	} {
		err := tt.gate.Judge(tt.metric, 3, tt.value)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%+v: %v", tt.gate, err)
		case tt.want != "" && (err == nil || err.Error() != tt.want || fault.ClassOf(err) != tt.class):
			t.Errorf("%+v: %v, want %s", tt.gate, err, tt.want)
		}
	}
}

// TestGateTexts: what is no bound of any metric.
func TestGateTexts(t *testing.T) {
	for _, good := range []string{"", "0.85", "85%", "1e-3", " 5 ", "85"} {
		if err := (Gate{AtMost: good}).Validate(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"x", "%", "NaN", "inf", "0,85", "85%%", "1e999", " "} {
		if err := (Gate{AtLeast: bad}).Validate(); fault.ClassOf(err) != fault.Usage || err == nil {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := (Gate{AtLeast: "0", AtMost: "1"}).Validate(); fault.ClassOf(err) != fault.Usage || err == nil {
		t.Errorf("two bounds: %v", err)
	}
}

// FuzzGate: no text makes it panic, a bound that is refused is so before anything is measured, and
// what is kept at a bound is kept by every better value.
func FuzzGate(f *testing.F) {
	for _, text := range []string{"0.85", "85%", "1e999", "0x1p-2", "%", "-0", " 7 % ", "1_000"} {
		f.Add(text, "accuracy", 0.5)
		f.Add(text, "log_loss", 0.5)
	}
	f.Fuzz(func(t *testing.T, text, metric string, v float64) {
		gate := Gate{AtLeast: text}
		if !Larger(metric) {
			gate = Gate{AtMost: text}
		}
		if gate.Validate() != nil || gate.Fits(metric) != nil {
			if err := gate.Judge(metric, 1, Number(v)); err == nil || fault.ClassOf(err) != fault.Usage {
				t.Fatalf("%q is no bound of %s, and judged: %v", text, metric, err)
			}
			return
		}
		if gate.Judge(metric, 1, Number(v)) == nil && gate.Judge(metric, 1, Number(v+Sign(metric)*0.25)) != nil {
			t.Fatalf("%s: %v keeps %q, and a better value does not", metric, v, text)
		}
	})
}

// TestJudgeSweep: the ranks that keep a bound, and the smallest; the others are its error.
func TestJudgeSweep(t *testing.T) {
	for _, tt := range []struct {
		gate     Gate
		metric   string
		ranks    []int
		smallest int
	}{
		{Gate{AtLeast: "85%"}, "accuracy", []int{2, 8}, 2},
		{Gate{AtLeast: "0.85"}, "accuracy", []int{2, 8}, 2},
		{Gate{AtLeast: "0.95"}, "accuracy", []int{}, 0},
		{Gate{AtLeast: "0"}, "accuracy", []int{1, 2, 4, 8}, 1},
		{Gate{AtMost: "0.84"}, "log_loss", []int{1, 4}, 1},
	} {
		s := &Sweep{Metric: tt.metric}
		for rank, v := range map[int]float64{1: 0.8, 2: 0.85, 4: 0.84, 8: 0.9} {
			s.Ranks = append(s.Ranks, RankReport{Rank: rank, Value: Number(v)})
		}
		slices.SortFunc(s.Ranks, func(a, b RankReport) int { return a.Rank - b.Rank })
		err := tt.gate.JudgeSweep(s)
		if s.Bound == nil || !slices.Equal(s.Bound.Ranks, tt.ranks) || s.Bound.Smallest != tt.smallest || (err == nil) != (len(tt.ranks) == 4) {
			t.Errorf("%+v: %+v, %v", tt.gate, s.Bound, err)
		}
		if err != nil && (fault.ClassOf(err) != fault.Check || len(strings.Split(err.Error(), "\n")) != 4-len(tt.ranks)) {
			t.Errorf("%+v: %v of class %d", tt.gate, err, fault.ClassOf(err))
		}
	}
	s := &Sweep{Metric: "accuracy", Ranks: []RankReport{{Rank: 1, Value: Number(0)}}}
	if err := (Gate{}).JudgeSweep(s); err != nil || s.Bound != nil {
		t.Errorf("no bound: %+v, %v", s.Bound, err)
	}
}
