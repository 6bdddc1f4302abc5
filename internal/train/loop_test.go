package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// course is what the hooks of a run were told, in short.
type course struct {
	steps       []Step
	evaluations []Evaluated
	epochs      []State // after each
	stops       int
}

// follow keeps the course of a loop.
func follow(l *Loop) *course {
	c := new(course)
	l.On(Hook{
		Name:      "course",
		Step:      func(_ *Loop, s Step) error { c.steps = append(c.steps, s); return nil },
		Evaluated: func(_ *Loop, e Evaluated) error { c.evaluations = append(c.evaluations, e); return nil },
		Epoch:     func(l *Loop) error { c.epochs = append(c.epochs, l.State()); return nil },
		Stop:      func(*Loop) error { c.stops++; return nil },
	})
	return c
}

// at lists the steps after which the loop evaluated.
func (c *course) at() (steps []int) {
	for _, e := range c.evaluations {
		steps = append(steps, e.Step)
	}
	return steps
}

// TestMaxSteps ends a run early and evaluates the epoch that it cuts short; the learning
// rate comes down to the end of the steps that are taken.
func TestMaxSteps(t *testing.T) {
	for _, tt := range []struct {
		max, steps  int
		evaluations []int
		epoch       int // done
		batch       int // of the next
	}{
		{0, 12, []int{4, 8, 12}, 3, 0},
		{1, 1, []int{1}, 0, 2},
		{4, 4, []int{4}, 1, 0},
		{6, 6, []int{4, 6}, 1, 4},
		{12, 12, []int{4, 8, 12}, 3, 0},
		{100, 12, []int{4, 8, 12}, 3, 0},
	} {
		c := fakeConfig()
		c.MaxSteps = tt.max
		l, _ := fakeLoop(t, c)
		got := follow(l)
		must(t, l.Run(t.Context()))
		s := l.State()
		if l.Steps() != tt.steps || s.Step != tt.steps || s.Epoch != tt.epoch || s.Batch != tt.batch || s.Closed != s.Step || !l.Done() {
			t.Errorf("max_steps %d: %d steps, state %+v", tt.max, l.Steps(), s)
		}
		if !slices.Equal(got.at(), tt.evaluations) || len(got.epochs) != len(tt.evaluations) {
			t.Errorf("max_steps %d: evaluated after %v, want %v", tt.max, got.at(), tt.evaluations)
		}
		want := NewSchedule(c, tt.steps)
		for i, s := range got.steps {
			if s.Step != i+1 || s.LR != want.LR(i) {
				t.Errorf("max_steps %d: step %d with rate %v, want %v", tt.max, s.Step, s.LR, want.LR(i))
			}
		}
	}
}

// TestLastEpoch: the last epoch is kept, and nothing is evaluated before its end.
func TestLastEpoch(t *testing.T) {
	for _, most := range []int{0, 6} {
		c := fakeConfig()
		c.Best, c.MaxSteps = LastEpoch(), most
		l, p := fakeLoop(t, c)
		got := follow(l)
		must(t, l.Run(t.Context()))
		values := fmt.Sprint(snapshot(nil, p.params))
		if !slices.Equal(got.at(), []int{l.Steps()}) || l.State().Best.Step != l.Steps() || !l.Done() || !l.UseBest() || fmt.Sprint(snapshot(nil, p.params)) != values {
			t.Errorf("%d steps: evaluated after %v, kept %+v", l.Steps(), got.at(), l.State().Best)
		}
	}
}

// TestPatience stops after so many evaluations in a row without a better one.
func TestPatience(t *testing.T) {
	for _, tt := range []struct {
		patience, epochs, want int
	}{
		{0, 6, 6}, {1, 6, 3}, {2, 6, 4}, {3, 6, 5}, {4, 6, 6}, {5, 6, 6}, {1, 2, 2},
	} {
		c := fakeConfig() // of each three epochs the second is the best, and never better than the first such
		c.Patience, c.Epochs = tt.patience, tt.epochs
		l, _ := fakeLoop(t, c)
		got := follow(l)
		must(t, l.Run(t.Context()))
		if s := l.State(); s.Epoch != tt.want || len(got.evaluations) != tt.want || s.Best.Epoch != 2 || s.Stale != tt.want-2 {
			t.Errorf("patience %d: %d epochs, %d evaluations, best %d, stale %d; want %d epochs",
				tt.patience, s.Epoch, len(got.evaluations), s.Best.Epoch, s.Stale, tt.want)
		}
		for i, e := range got.evaluations {
			if e.Epoch != i+1 || e.Best != (i < 2) {
				t.Errorf("patience %d: evaluation %d is %+v", tt.patience, i+1, e)
			}
		}
		if l.Steps() != 4*tt.epochs {
			t.Errorf("patience %d changes the schedule to %d steps", tt.patience, l.Steps())
		}
	}
}

// TestWithoutValidation: every epoch runs, whatever the patience, and none is the best.
func TestWithoutValidation(t *testing.T) {
	c := fakeConfig()
	c.Patience = 1
	p := newFakeLearner()
	l, err := New(c, p, NewShuffled(numbers(22), 3, c.Seed), uniformRanks{}, nil)
	must(t, err)
	got := follow(l)
	must(t, l.Run(t.Context()))
	values := fmt.Sprint(p.params)
	if l.State().Step != 12 || l.State().Best != nil || len(got.evaluations) > 0 || len(got.epochs) != 3 || l.UseBest() || fmt.Sprint(p.params) != values {
		t.Errorf("state %+v, %d evaluations", l.State(), len(got.evaluations))
	}
}

// TestUseBest gives back the values of the best epoch, once training is over.
func TestUseBest(t *testing.T) {
	l, p := fakeLoop(t, fakeConfig())
	var best string
	l.On(Hook{Name: "test", Epoch: func(l *Loop) error {
		if l.State().Epoch == 2 {
			best = fmt.Sprint(snapshot(nil, p.params))
		}
		return nil
	}})
	must(t, l.Run(t.Context()))
	if last := fmt.Sprint(snapshot(nil, p.params)); last == best {
		t.Fatal("training did not go on after the best epoch")
	}
	if !l.UseBest() || fmt.Sprint(snapshot(nil, p.params)) != best {
		t.Error("other values than the best epoch's")
	}
}

// TestStopInValidation: a stop while an epoch is evaluated leaves the evaluation to the
// next run; another error of it is the run's.
func TestStopInValidation(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	calls := 0
	c := fakeConfig()
	l, err := New(c, newFakeLearner(), NewShuffled(numbers(22), 3, c.Seed), uniformRanks{}, func(ctx context.Context) (Evaluation, error) {
		if calls++; calls == 1 {
			stop(why)
		}
		return Evaluation{Metric: "accuracy", Values: values(0.5)}, context.Cause(ctx)
	})
	must(t, err)
	got := follow(l)
	err = l.Run(ctx)
	var stopped *Stopped
	if !errors.As(err, &stopped) || stopped.Step != 4 || !errors.Is(err, why) || !errors.Is(err, ErrStopped) {
		t.Fatalf("%v", err)
	}
	if s := l.State(); got.stops != 1 || len(got.evaluations) > 0 || s.Step != 4 || s.Closed != -1 || l.Done() {
		t.Errorf("stopped at %+v, %d evaluations", s, len(got.evaluations))
	}
	must(t, l.Run(t.Context()))
	if !slices.Equal(got.at(), []int{4, 8, 12}) || calls != 4 {
		t.Errorf("evaluated after %v, in %d calls", got.at(), calls)
	}
	l.validate = func(context.Context) (Evaluation, error) { return Evaluation{}, why }
	l.state.Closed = -1
	if err := l.Run(t.Context()); !errors.Is(err, why) || errors.Is(err, ErrStopped) {
		t.Errorf("a failed evaluation: %v", err)
	}
}

// TestNewRefuses a configuration that makes no sense, and a split without examples.
func TestNewRefuses(t *testing.T) {
	c := fakeConfig()
	if _, err := New(c, newFakeLearner(), NewShuffled(numbers(0), 3, 1), uniformRanks{}, nil); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "no examples") {
		t.Errorf("no examples: %v", err)
	}
	c.LR = 0
	if _, err := New(c, newFakeLearner(), NewShuffled(numbers(22), 3, 1), uniformRanks{}, nil); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "lr") {
		t.Errorf("no learning rate: %v", err)
	}
}
