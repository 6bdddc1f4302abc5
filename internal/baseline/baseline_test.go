package baseline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// place is a working folder with a small model and a task, and what the user was told.
type place struct {
	env   *session.Env
	notes []string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(filepath.Join(dir, "bert"), os.DirFS(filepath.Join(reftest.Testdata(t), "bert", "model"))))
	t.Chdir(dir)
	text := "text,label\n"
	for i := range 16 {
		text += fmt.Sprintf("the %s %s,%s\n", []string{"boat", "old boat", "river", "small boat"}[i/2%4], []string{"sank", "was so old"}[i%2], []string{"bad", "good"}[i%2])
	}
	must(t, os.WriteFile("words.csv", []byte(text), 0o666))
	p := &place{}
	variables := map[string]string{"HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "DYLORA_CACHE": "off"}
	start := time.Now()
	p.env = &session.Env{
		Note:    func(line string) { p.notes = append(p.notes, line) },
		Getenv:  func(name string) string { return variables[name] },
		Now:     func() time.Time { return start.Add(10 * time.Since(start)) }, // a slow machine
		Version: "test",
	}
	return p
}

// train trains a nested adapter in runs/a and opens it.
func (p *place) train(t *testing.T, yaml string) *session.StoredAdapter {
	t.Helper()
	usual := "task: words.csv\ndev_file: words.csv\nmodel: bert\nrank: 2\nbatch: 8\nepochs: 2\nlr: 0.02\nthreads: 1\nscaling: sqrt\n"
	r, err := finetune.Resolve(finetune.Place{}, settings.YAMLLayer(settings.Flag, "test.yaml", []byte(usual)), settings.YAMLLayer(settings.Flag, "more.yaml", []byte(yaml)))
	must(t, err)
	job, err := finetune.Prepare(t.Context(), p.env, r, finetune.Place{Run: "runs/a"})
	must(t, err)
	must(t, job.Run(t.Context()))
	_, err = job.Finish(t.Context())
	must(t, errors.Join(err, job.Close()))
	return p.open(t, "runs/a")
}

func (p *place) open(t *testing.T, path string) *session.StoredAdapter {
	t.Helper()
	a, err := session.OpenAdapter(p.env, path, adapter.Options{})
	must(t, err)
	return a
}

func (p *place) said(text string) bool { return strings.Contains(strings.Join(p.notes, "\n"), text) }

// measured is the sweep of an adapter with baselines.
func (p *place) measured(t *testing.T, a *session.StoredAdapter, plan *Plan, ranks []int) *evaluate.Sweep {
	t.Helper()
	ask := session.Ask{Question: evaluate.Question{Tolerance: 0.005, Confidence: 0.95}, Options: session.Options{Split: "dev"}}
	s, err := session.Open(t.Context(), p.env, a, ask.Options)
	must(t, err)
	sweep, err := s.Ask(t.Context(), "dev", ranks, ask)
	must(t, err)
	must(t, plan.Measure(t.Context(), p.env, sweep, ask))
	return sweep
}

// TestBaselines: each kind is trained once, by the settings of the run without what is nested, stays where it is, and is measured at
// each rank; the newest run stays the adapter's.
func TestBaselines(t *testing.T) {
	p := newPlace(t)
	a := p.train(t, "sampler: list:1,2\nmax_eval_examples: 12\nfull_rank_phase: 0.5\nresort: svd")
	ranks := []int{1, 2}
	plan, err := NewPlan(a, all, ranks, []*settings.Layer{settings.YAMLLayer(settings.Flag, "user.yaml", []byte("threads: 1"))})
	must(t, err)
	must(t, plan.Train(t.Context(), p.env, nil))
	if !p.said("baselines: 4 trainings to do, kept in runs/a/baselines; at ") || !p.said("baseline lora-r8, 4 of 4") {
		t.Errorf("told %q", p.notes)
	}
	if latest, err := train.Latest("runs"); err != nil || latest != filepath.Join("runs", "a") {
		t.Errorf("the newest run is %s, %v", latest, err)
	}
	b, err := os.ReadFile("runs/a/baselines/lora-r1/config.yaml")
	must(t, err)
	for _, want := range []string{"rank: 1 ", "r_min: 1 ", "sampler: uniform ", "scaling: paper ", "lr: 0.02 ", "full_rank_phase: 0 ", "resort: none ", "max_eval_examples: 12 "} {
		if !strings.Contains(string(b), "\n"+want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
	if b, err = os.ReadFile("runs/a/baselines/matryoshka-r2/config.yaml"); err != nil || !strings.Contains(string(b), "\nsampler: \"list:1,2\"") || !strings.Contains(string(b), "\ngate: matryoshka ") {
		t.Errorf("%v, %s", err, b)
	}
	sweep := p.measured(t, a, plan, ranks)
	if len(sweep.Baselines) != len(all) || sweep.Training.Examples != 32 || !(sweep.Training.Seconds > 0) {
		t.Errorf("%d baselines, training %v", len(sweep.Baselines), sweep.Training)
	}
	for i, b := range sweep.Baselines {
		trainings := 1
		if all[i] == LoRA {
			trainings = 2
		}
		if b.Name != all[i].String() || len(b.Ranks) != 2 || b.Ranks[0].Rank != 1 || b.Ranks[1].Rank != 2 || b.Trainings != trainings || b.Examples != 32*trainings {
			t.Errorf("%+v", b)
		}
	}
	// At R the update of LoRA at R is whole, in whatever order its ranks are.
	lora, cut, svd := sweep.Baselines[0], sweep.Baselines[1], sweep.Baselines[2]
	for _, b := range []evaluate.LoRABaseline{cut, svd, sweep.Baselines[3]} {
		if b.Ranks[1].Value != lora.Ranks[1].Value {
			t.Errorf("%s at R: %v, lora %v", b.Name, b.Ranks[1].Value, lora.Ranks[1].Value)
		}
	}
	// Nothing is trained twice.
	p.notes = nil
	if plan, err = NewPlan(a, all, ranks, nil); err != nil || len(plan.missing()) != 0 {
		t.Fatalf("%d are missing, %v", len(plan.missing()), err)
	}
	must(t, plan.Train(t.Context(), p.env, nil))
	if len(p.notes) > 0 {
		t.Errorf("told %q", p.notes)
	}
}

// TestOwnRun: a run that is itself the LoRA training of a baseline is not trained again; one with another scale or another lowest
// rank is.
func TestOwnRun(t *testing.T) {
	for yaml, want := range map[string]int{
		"r_min: 2\nscaling: paper\neval_ranks: 1,2": 1,
		"r_min: 2\nscaling: sqrt":                   2,
		"scaling: paper":                            2,
	} {
		t.Run(yaml, func(t *testing.T) {
			p := newPlace(t)
			a := p.train(t, "epochs: 1\nmax_steps: 1\n"+yaml)
			plan, err := NewPlan(a, []Kind{LoRA, Cut, SVD}, []int{1, 2}, nil)
			must(t, err)
			if missing := plan.missing(); len(missing) != want {
				t.Errorf("%v are to be trained, want %d", missing, want)
			}
			must(t, plan.Train(t.Context(), p.env, nil))
			sweep := p.measured(t, a, plan, []int{1, 2})
			if lora := sweep.Baselines[0]; want == 1 && (lora.Ranks[1].Value != sweep.Ranks[1].Value || lora.Trainings != 2) {
				t.Errorf("LoRA at rank 2 is %+v, the run %+v", lora, sweep.Ranks[1])
			}
		})
	}
}

// TestStopped: what was stopped goes on, and ends as if nothing had happened.
func TestStopped(t *testing.T) {
	p := newPlace(t)
	a := p.train(t, "epochs: 1")
	plan, err := NewPlan(a, []Kind{Cut}, []int{1}, nil)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	err = plan.Train(ctx, p.env, func(job *finetune.Job) func() {
		job.Loop.On(train.Hook{Name: "stop", Step: func(*train.Loop, train.Step) error { cancel(); return nil }})
		return func() {}
	})
	if !errors.Is(err, train.ErrStopped) || !strings.HasPrefix(err.Error(), "baseline lora-r2: ") {
		t.Fatalf("stopped with %v", err)
	}
	plan, err = NewPlan(a, []Kind{Cut}, []int{1}, nil)
	must(t, err)
	must(t, plan.Train(t.Context(), p.env, nil))
	if !p.said("runs/a/baselines/lora-r2: going on after step 1 of 2") {
		t.Errorf("told %q", p.notes)
	}
	p.measured(t, a, plan, []int{1})
}

// TestRefused: adapters and runs that nothing can be compared with.
func TestRefused(t *testing.T) {
	p := newPlace(t)
	a := p.train(t, "epochs: 1\nmax_steps: 1")
	must(t, os.CopyFS("peft", os.DirFS("runs/a/adapter")))
	if _, err := NewPlan(p.open(t, "peft"), all, []int{1}, nil); fault.ReasonOf(err) != NoRun || fault.ClassOf(err) != fault.Usage {
		t.Errorf("no run: %v", err)
	}
	plan, err := NewPlan(a, []Kind{LoRA}, []int{1}, nil)
	must(t, err)
	must(t, plan.Train(t.Context(), p.env, nil))
	edit := func(file, from, to string) {
		t.Helper()
		b, err := os.ReadFile(file)
		must(t, err)
		must(t, os.WriteFile(file, []byte(strings.Replace(string(b), from, to, 1)), 0o666))
	}
	edit("runs/a/baselines/lora-r1/config.yaml", "\nseed: 42", "\nseed: 43")
	if _, err := NewPlan(a, []Kind{LoRA}, []int{1}, nil); fault.ReasonOf(err) != OtherSettings || !strings.HasPrefix(err.Error(), "runs/a/baselines/lora-r1: resume: seed is 42") {
		t.Errorf("another seed: %v", err)
	}
	edit("runs/a/config.yaml", "\ninit_adapter: \"\"", "\ninit_adapter: mnli")
	if _, err := NewPlan(a, all, []int{1}, nil); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "started from the adapter mnli") {
		t.Errorf("started elsewhere: %v", err)
	}
	edit("runs/a/config.yaml", "\nrank: 2", "\nrank: two")
	if _, err := NewPlan(a, all, []int{1}, nil); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("damaged settings: %v", err)
	}
	must(t, os.WriteFile("runs/a/metrics.jsonl", []byte("{\n"), 0o666))
	if _, err := Spent("runs/a"); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "metrics.jsonl line 1: ") {
		t.Errorf("a damaged log: %v", err)
	}
	if c, err := Spent("nosuch"); err != nil || c.Seconds != 0 || c.Examples != 0 {
		t.Errorf("no run: %+v, %v", c, err)
	}
}
