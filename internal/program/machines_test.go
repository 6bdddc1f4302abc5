package program_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/models"
)

// learnt is what a few steps of a program give: logits, and gradients that add up.
func learnt(p *program.Program, steps int) (all []float32, err error) {
	for step := range steps {
		b := batch(3 + step)
		logits, err := p.Logits(b, ranks(b.Len(), 1+step))
		if err != nil {
			return nil, err
		}
		all = append(all, logits...)
		if _, err := p.ForwardBackward(b, program.Pass{Step: step, Ranks: ranks(b.Len(), 8-step), Weight: 0.25}); err != nil {
			return nil, err
		}
	}
	for _, x := range p.Params() {
		all = append(all, x.Grad...)
	}
	return all, nil
}

// trainer is a program that trains with dropout, on a small encoder: the portable kernel is slow.
func trainer(t *testing.T, mc *kernel.Machine) *program.Program {
	t.Helper()
	m, err := model.Random(mc, &model.Config{ModelType: "roberta", VocabSize: 8192, HiddenSize: 96, Layers: 2, Heads: 3, IntermediateSize: 200,
		MaxPositions: 40, TypeVocabSize: 1, PadToken: 1, LayerNormEps: 1e-5, InitializerRange: 0.1, HiddenDropout: 0.1, AttentionDropout: 0.1}, 1, kernel.Float32)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := join(t, m, program.Options{Seed: 3, Dropout: true}, "query", "value")
	return p
}

// Programs on machines of different instruction sets and numbers of threads run at the same
// time, and each gives the bits that it gives alone.
func TestProgramsAtOnce(t *testing.T) {
	t.Parallel()
	steps := 3
	if testing.Short() {
		steps = 1 // the race detector slows down Gorgonia, and makes the portable kernel crawl
	}
	levels := kernel.Levels()
	type run struct {
		name    string
		program *program.Program
		want    []float32
	}
	var runs []run
	for i, level := range []kernel.Level{levels[0], levels[len(levels)-1]} {
		for _, threads := range []int{1 + i, 3} {
			alone, err := learnt(trainer(t, kernel.At(level, threads)), steps)
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, run{fmt.Sprintf("%s on %d threads", level, threads), trainer(t, kernel.At(level, threads)), alone})
		}
	}
	if slices.Equal(runs[0].want, runs[2].want) && levels[0] != levels[len(levels)-1] {
		t.Error("both levels give the same bits: nothing tells their programs apart")
	}
	var all sync.WaitGroup
	for _, r := range runs {
		all.Go(func() {
			got, err := learnt(r.program, steps)
			if err != nil || !slices.Equal(got, r.want) {
				t.Errorf("%s: other bits than alone, %v", r.name, err)
			}
		})
	}
	all.Wait()
}

// A program with another number of threads shares what is trained, and no more: it has the
// bits of the first, and neither's graphs or gates are the other's.
func TestWithThreads(t *testing.T) {
	t.Parallel()
	p, a := mini(t, program.Options{})
	q := p.WithThreads(3)
	if p.Machine() == q.Machine() || q.Machine().Threads() != 3 || q.Machine().Name() != p.Machine().Name() {
		t.Fatalf("%s on %d threads", q.Machine().Name(), q.Machine().Threads())
	}
	b := batch(4)
	before := logits(t, p, b, ranks(4, 5))
	if !slices.Equal(logits(t, q, b, ranks(4, 5)), before) {
		t.Error("other bits on three threads")
	}
	a.Modules[0].B[0] += 0.5
	after := logits(t, q, b, ranks(4, 5))
	if slices.Equal(after, before) || !slices.Equal(logits(t, p, b, ranks(4, 5)), after) {
		t.Error("what is trained is not shared")
	}
}

// Programs over one model and its machine, each with an adapter of its own, run at the same
// time.
func TestProgramsOverOneModel(t *testing.T) {
	t.Parallel()
	m, err := model.Load(models.Mini(), "mini", model.LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	p, _ := join(t, m, program.Options{}, "query")
	b := batch(4)
	want := logits(t, p, b, ranks(4, 5))
	var all sync.WaitGroup
	for i := range 3 {
		q, _ := join(t, m, program.Options{}, "query")
		all.Go(func() {
			for range 3 {
				if got, err := q.Logits(b, ranks(4, 5)); err != nil || !slices.Equal(got, want) {
					t.Errorf("program %d beside others: other bits than alone, %v", i, err)
				}
			}
		})
	}
	all.Wait()
}
