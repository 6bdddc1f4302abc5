package train

import (
	"context"
	"fmt"
	"math"
	"testing"
)

// averages follows the average of a loop in float64, from the values that its steps end with.
type averages struct {
	values [][]float64
	t      int
}

func (a *averages) begin(values [][]float32) {
	a.values, a.t = make([][]float64, len(values)), 0
	for i, v := range values {
		for _, x := range v {
			a.values[i] = append(a.values[i], float64(x))
		}
	}
}

func (a *averages) add(beta float64, values [][]float32) {
	a.t++
	d := math.Min(beta, (1+float64(a.t))/(10+float64(a.t)))
	for i, v := range values {
		for j, x := range v {
			a.values[i][j] = d*a.values[i][j] + (1-d)*float64(x)
		}
	}
}

// off is the largest distance from other values.
func (a *averages) off(values [][]float32) (most float64) {
	for i, v := range values {
		for j, x := range v {
			most = math.Max(most, math.Abs(float64(x)-a.values[i][j]))
		}
	}
	return most
}

// TestAverage: evaluations see the average of the values, training goes on from the values, and the best
// epoch is kept as it was evaluated. After a phase the average begins anew.
func TestAverage(t *testing.T) {
	for _, tt := range []struct {
		beta, phase float64
		kind        Resort
	}{{0.9, 0, NoResort}, {0.2, 0, NoResort}, {0.999, 0.5, NoResort}, {0.9, 0.25, SVDResort}, {0.9, 0, SVDResort}} {
		c := fakeConfig()
		c.FullRankPhase, c.Resort = tt.phase, tt.kind
		plain, without := fakeLoop(t, c)
		must(t, plain.Run(t.Context()))
		c.Average = tt.beta

		p := newFakeLearner()
		var a averages
		var evaluated [][][]float32
		l, err := New(c, p, NewShuffled(numbers(22), 3, c.Seed), uniformRanks{}, func(context.Context) (Evaluation, error) {
			values := snapshot(nil, p.params)
			if off := a.off(values); off > 1e-6 {
				t.Errorf("%+v: evaluation %d is off by %v", tt, len(evaluated)+1, off)
			}
			evaluated = append(evaluated, values)
			return Evaluation{Metric: "accuracy", Values: Values{{1, []float64{0.5, 0.9, 0.7}[len(evaluated)-1]}}}, nil
		})
		must(t, err)
		begin := snapshot(nil, p.params)
		if tt.kind != NoResort && tt.phase == 0 {
			other := newFakeLearner()
			must(t, other.Resort(nil))
			begin = snapshot(nil, other.params)
		}
		a.begin(begin)
		l.On(Hook{Name: "average", Step: func(l *Loop, s Step) error {
			values := snapshot(nil, p.params)
			if s.Step == int(12*tt.phase) {
				a.begin(values)
			} else {
				a.add(tt.beta, values)
			}
			return nil
		}})
		must(t, l.Run(t.Context()))
		if fmt.Sprint(p.params) != fmt.Sprint(without.params) {
			t.Errorf("%+v: the average changes what is trained", tt)
		}
		if !l.UseBest() || fmt.Sprint(snapshot(nil, p.params)) != fmt.Sprint(evaluated[1]) {
			t.Errorf("%+v: the best epoch is not what was evaluated", tt)
		}
	}
}

// TestAverageForgets: in a run of a few steps nothing is left of the initial values.
func TestAverageForgets(t *testing.T) {
	c := fakeConfig()
	c.Average = 0.9999
	l, p := fakeLoop(t, c)
	for i := range l.average {
		for j := range l.average[i] {
			l.average[i][j] = 1e6 // in place of the initial values
		}
	}
	for step := 1; step <= 60; step++ {
		l.addAverage(step)
	}
	for i, x := range p.params {
		for j, v := range x.Value {
			if d := math.Abs(float64(l.average[i][j] - v)); d > 1 { // 10!/(70·69·…·62)·1e6 is less than 1e-3
				t.Fatalf("%s[%d] is off by %v", x.Name, j, d)
			}
		}
	}
}

// TestResumeAverage: averages are in the checkpoints, and a run with one resumes to the same
// bits, in the middle of a phase or behind it.
func TestResumeAverage(t *testing.T) {
	c := fakeConfig()
	c.Average, c.LRRatioB, c.FullRankPhase, c.Resort = 0.95, 4, 0.25, SVDResort
	resumesAlike(t, c, 1)
}
