package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/train"
)

// tolerance is that of the reference test of package program, which has a loop of its own.
const tolerance = 2e-4

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reference is what PyTorch computed, as a run sees it: it is the run's source of batches
// and its sampler.
type reference struct {
	*reftest.Encoder
	parts int // batches that each of the reference's is accumulated from
}

// Batches has those of the steps of the whole schedule, more than were recorded.
func (r *reference) Batches() int { return r.Train.Total * r.parts }

func (r *reference) Batch(_, i int) (*data.Batch, error) {
	index := r.Train.Batches[i/r.parts]
	from, to := i%r.parts*len(index)/r.parts, (i%r.parts+1)*len(index)/r.parts
	var es []data.Encoded
	for _, j := range index[from:to] {
		es = append(es, data.Encoded{Index: j, IDs: r.Sequences[j], Types: r.Types[j], Class: int32(r.Labels[j]), Score: r.Labels[j]})
	}
	return data.Pack(es), nil
}

func (r *reference) Rank(_ uint64, step int) int { return r.Train.Ranks[step] }

func (r *reference) PMF() []float64 {
	return slices.Repeat([]float64{1 / float64(r.RankMax)}, r.RankMax)
}

func (r *reference) Ranks() []int {
	ranks := make([]int, r.RankMax)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return ranks
}

// config is the reference's, every field of it.
func (r *reference) config() train.Config {
	c := train.DefaultConfig()
	c.Epochs, c.Accumulate = 1, r.parts
	c.LR, c.Warmup = r.Train.LR, float64(r.Train.Warmup)/float64(r.Train.Total)
	c.Beta1, c.Beta2, c.Eps = r.Train.Betas[0], r.Train.Betas[1], r.Train.Eps
	c.WeightDecay, c.Clip = r.Train.Decay, r.Train.Clip
	return c
}

// program is the reference's model with its adapter, before the first step.
func (r *reference) program(t *testing.T, mc *kernel.Machine, mode string) *program.Program {
	t.Helper()
	m, err := model.Load(os.DirFS(r.Model()), r.Model(), model.LoadOptions{Machine: mc})
	must(t, err)
	labels := r.NumLabels(t)
	task := &data.Task{Name: "reference", Labels: make([]string, labels)}
	if labels == 1 {
		task.Kind = data.Regression
	}
	a := &adapter.Adapter{Rank: r.RankMax, Alpha: r.Alpha, Head: m.Head(labels, 0)}
	for _, name := range r.Modules {
		s := adapter.Module{Name: name, A: r.Tensor(t, "adapter."+name+".lora_A"), B: r.Tensor(t, "adapter."+name+".lora_B")}
		s.In, s.Out = len(s.A)/r.RankMax, len(s.B)/r.RankMax
		a.Modules = append(a.Modules, s)
	}
	update, err := adapter.ParseUpdate(mode)
	must(t, err)
	p, err := program.New(m, a, task, program.Options{Update: update})
	must(t, err)
	return p
}

// TestReferenceTraining lets the product's own loop, optimizer, clipping and schedule take
// the steps that PyTorch took, each on one batch and accumulated from two and four: losses,
// gradient norms, learning rates, and the weights at the end.
func TestReferenceTraining(t *testing.T) {
	for _, dir := range reftest.Folders(t) {
		e := reftest.Open(t, dir)
		for _, level := range kernel.Levels() {
			for mode := range e.Train.Modes {
				for _, parts := range []int{1, 2, 4} {
					r := &reference{e, parts}
					t.Run(fmt.Sprintf("%s/%s/%s/%d", e.Name(), level, mode, parts), func(t *testing.T) { r.run(t, kernel.At(level, 0), mode) })
				}
			}
		}
	}
}

func (r *reference) run(t *testing.T, mc *kernel.Machine, mode string) {
	p := r.program(t, mc, mode)
	l, err := train.New(r.config(), p, r, r, nil)
	must(t, err)
	if l.Steps() != r.Train.Total {
		t.Fatalf("%d steps, want the schedule's %d", l.Steps(), r.Train.Total)
	}
	want := r.Train.Modes[mode]
	ctx, stop := context.WithCancel(t.Context())
	l.On(train.Hook{Name: "test", Step: func(_ *train.Loop, s train.Step) error {
		w := want[s.Step-1]
		near(t, s.Step, "loss", s.Loss, w.Loss, tolerance)
		near(t, s.Step, "gradient norm", s.GradNorm, w.Norm, tolerance)
		near(t, s.Step, "learning rate", s.LR, w.LR, 1e-9)
		if s.Step == len(want) { // the reference ends before its schedule
			stop()
		}
		return nil
	}})
	if err := l.Run(ctx); !errors.Is(err, train.ErrStopped) || l.State().Step != len(want) {
		t.Fatalf("step %d, %v; want a stop after %d", l.State().Step, err, len(want))
	}
	for _, x := range p.Params() {
		reftest.Compare(t, x.Name, x.Value, r.Tensor(t, "train."+mode+"."+x.Name), tolerance)
	}
}

func near(t *testing.T, step int, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within*math.Abs(want)) {
		t.Errorf("step %d: %s is %v, want %v", step, what, got, want)
	}
}
