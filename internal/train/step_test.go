package train

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/program"
)

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
