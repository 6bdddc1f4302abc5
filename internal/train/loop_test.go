package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/program"
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

// recording is a learner that keeps the passes, and can fail.
type recording struct {
	fakeLearner
	passes []program.Pass
	sizes  []int
	err    error
}

func (r *recording) ForwardBackward(b *data.Batch, p program.Pass) (float64, error) {
	r.passes, r.sizes = append(r.passes, p), append(r.sizes, b.Len())
	if r.err != nil {
		return 0, r.err
	}
	return r.fakeLearner.ForwardBackward(b, p)
}

// TestWindow: a step learns so many batches, fewer at the end of an epoch, each sequence
// with the same share of the loss, and one rank for all of them.
func TestWindow(t *testing.T) {
	c := fakeConfig()
	c.Epochs, c.Accumulate = 2, 3
	r := &recording{fakeLearner: *newFakeLearner()}
	l, err := New(c, r, NewShuffled(numbers(22), 3, c.Seed), uniformRanks{}, nil) // seven batches of three and one of one
	must(t, err)
	got := follow(l)
	must(t, l.Run(t.Context()))
	want := []struct{ micro, step, window int }{
		{0, 0, 9}, {1, 0, 9}, {2, 0, 9}, {0, 1, 9}, {1, 1, 9}, {2, 1, 9}, {0, 2, 4}, {1, 2, 4},
		{0, 3, 9}, {1, 3, 9}, {2, 3, 9}, {0, 4, 9}, {1, 4, 9}, {2, 4, 9}, {0, 5, 4}, {1, 5, 4},
	}
	if len(r.passes) != len(want) {
		t.Fatalf("%d passes, want %d", len(r.passes), len(want))
	}
	for i, w := range want {
		p, rank := r.passes[i], (uniformRanks{}).Rank(c.Seed, w.step)
		if p.Micro != w.micro || p.Step != w.step || p.Weight != 1/float32(w.window) || !slices.Equal(p.Ranks, slices.Repeat([]int{rank}, r.sizes[i])) {
			t.Errorf("pass %d: %+v, want %+v at rank %d", i, p, w, rank)
		}
	}
	for i, s := range got.steps {
		if n := []int{9, 9, 4}[i%3]; s.Examples != n || s.Tokens != 3*n || s.Epoch != 1+i/3 || len(s.Ranks) != 1 {
			t.Errorf("step %+v, want %d examples", s, n)
		}
	}
}

// TestStepRanks: a step says which ranks it drew, ascending, each once.
func TestStepRanks(t *testing.T) {
	c := fakeConfig()
	c.RanksPerStep = Sandwich
	l, _ := fakeLoop(t, c)
	got := follow(l)
	must(t, l.Run(t.Context()))
	for _, s := range got.steps {
		if !slices.IsSorted(s.Ranks) || len(slices.Compact(slices.Clone(s.Ranks))) != len(s.Ranks) || s.Ranks[0] != 1 || s.Ranks[len(s.Ranks)-1] != fakeRank {
			t.Errorf("step %d has the ranks %v", s.Step, s.Ranks)
		}
	}
}

// TestClipInLoop: a step reports the norm before clipping, and clips only above the limit.
func TestClipInLoop(t *testing.T) {
	norms := func(clip float64) (reported, used float64) {
		c := fakeConfig()
		c.Clip, c.MaxSteps, c.Beta1 = clip, 1, 0 // so that the first moment is the gradient that the optimizer had
		l, _ := fakeLoop(t, c)
		got := follow(l)
		must(t, l.Run(t.Context()))
		sum := 0.0
		for _, m := range l.optimizer.m {
			for _, x := range m {
				sum += float64(x) * float64(x)
			}
		}
		return got.steps[0].GradNorm, math.Sqrt(sum)
	}
	free, used := norms(0)
	if math.Abs(used-free) > 1e-5*free {
		t.Errorf("without a limit the norm %v became %v", free, used)
	}
	for _, limit := range []float64{free / 4, free * 4} {
		reported, used := norms(limit)
		if want := min(limit, free); reported != free || math.Abs(used-want) > 1e-5*want {
			t.Errorf("limit %v: reported %v, used %v; want %v, %v", limit, reported, used, free, want)
		}
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

// failing is a source whose batches cannot be read.
type failing struct{ err error }

func (failing) Batches() int { return 3 }

func (f failing) Batch(_, _ int) (*data.Batch, error) { return nil, f.err }

// TestRunErrors say where they came from.
func TestRunErrors(t *testing.T) {
	broken := errors.New("broken")
	c := fakeConfig()
	for name, tt := range map[string]struct {
		loop func() (*Loop, error)
		want string
	}{
		"learner": {func() (*Loop, error) {
			return New(c, &recording{fakeLearner: *newFakeLearner(), err: broken}, NewShuffled(numbers(22), 3, 1), uniformRanks{}, nil)
		}, "train: step 1: broken"},
		"source": {func() (*Loop, error) {
			return New(c, newFakeLearner(), failing{broken}, uniformRanks{}, nil)
		}, "train: epoch 1, batch 1: broken"},
		"hook": {func() (*Loop, error) {
			l, err := New(c, newFakeLearner(), NewShuffled(numbers(22), 3, 1), uniformRanks{}, nil)
			l.On(Hook{Name: "watch", Step: func(*Loop, Step) error { return broken }})
			return l, err
		}, "watch: broken"},
	} {
		l, err := tt.loop()
		must(t, err)
		if err := l.Run(t.Context()); !errors.Is(err, broken) || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
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
