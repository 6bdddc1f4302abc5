package finetune

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/train"
)

// resume continues a run to its end, as the command does.
func (f folder) resume(run string) *Report {
	f.Helper()
	p := Place{Run: run, Resume: true}
	r, err := Resolve(p)
	must(f, err)
	return f.train(r, p)
}

// sameRun fails the test where two runs do not hold the same bytes.
func (f folder) sameRun(got, want string) {
	f.Helper()
	if _, err := os.Stat(filepath.Join(want, "adapter/rank_heads.safetensors")); err == nil && f.read(got, "adapter/rank_heads.safetensors") != f.read(want, "adapter/rank_heads.safetensors") {
		f.Errorf("the heads by rank of %s are not those of %s", got, want)
	}
	for _, file := range []string{"adapter/adapter_model.safetensors", "adapter/dylora.json", "adapter/adapter_config.json", "metrics.jsonl", "config.yaml", "sweep.json"} {
		text := f.read(want, file)
		if file == "sweep.json" {
			text = strings.Replace(text, `"run":"`+want+`"`, `"run":"`+got+`"`, 1)
		}
		if f.read(got, file) != text {
			f.Errorf("%s: %s is not that of %s", got, file, want)
		}
	}
}

// TestResume: wherever a run was stopped, it ends with the bits of one that was not. An epoch
// of sink.csv is 10 steps, one of alike.csv 6.
func TestResume(t *testing.T) {
	f := newFolder(t)
	for name, tt := range map[string]struct {
		yaml  string
		steps []int
	}{
		"sink":     {"", []int{1, 3, 10, 14}},
		"alike":    {alike, []int{5, 6, 7}},
		"mixed":    {"grad_accumulation: 3; ranks_per_step: mixed; update: strict; best: 3", []int{2, 4, 6}},
		"phase":    {"full_rank_phase: 0.3; resort: weighted; scaling: constant", []int{2, 6, 7}},
		"distill":  {"full_rank_phase: 0.4; distill: 0.5", []int{3, 8, 9, 15}},
		"micro":    {"grad_accumulation: 2; micro_batches: 3; ranks_per_step: mixed", []int{1, 4}},
		"in place": {"ranks_per_step: distill; grad_accumulation: 2", []int{4}},
		"average":  {"average: 0.9; lr_ratio_b: 4; row_lr: frequency; sampler: log-uniform+R:0.2", []int{5, 14}},
		"sum":      {"gate: matryoshka; sampler: list:1,2,4; full_rank_phase: 0.3; resort: svd", []int{4, 9}},
		"heads":    {"heads: per-rank; full_rank_phase: 0.3", []int{3, 6, 11}},
		"fitted":   {"heads: fitted; best: last; class_weights: balanced", []int{12}},
		"weights":  {"class_weights: balanced; metric: log_loss; patience: 1; full_rank_phase: 0.3; distill: 0.5", []int{3, 12}},
		"same":     {"lr: 1.0e-9", []int{13}}, // the first epoch is the best, evaluated before the stop
	} {
		t.Run(name, func(t *testing.T) {
			f := folder{t, f.env, f.notes}
			r := f.settled(tt.yaml)
			whole := f.train(r, Place{Run: name})
			if name == "same" && whole.Epoch != 1 {
				t.Errorf("best is epoch %d", whole.Epoch)
			}
			for _, step := range tt.steps {
				dir := name + "-stopped"
				must(t, os.RemoveAll(dir))
				f.stop(r, Place{Run: dir}, step)
				f.resume(dir)
				f.sameRun(dir, name)
			}
		})
	}
}

// TestResumeAgain: two stops, and once more after the end, where nothing is left to train.
func TestResumeAgain(t *testing.T) {
	f := newFolder(t)
	r := f.settled("")
	f.train(r, Place{Run: "whole"})
	f.stop(r, Place{Run: "run"}, 4)
	p := Place{Run: "run", Resume: true}
	again, err := Resolve(p)
	must(t, err)
	f.stop(again, p, 12)
	if !f.said("run: going on after step 4 of 20") {
		t.Errorf("told %q", *f.notes)
	}
	for range 2 {
		f.resume("run")
		f.sameRun("run", "whole")
	}
	if !f.said("run: going on after step 20 of 20") {
		t.Errorf("told %q", *f.notes)
	}
}

// TestResumeAfterFailure: a run that ended without a word goes on from its last checkpoint,
// and what was logged behind it is written again.
func TestResumeAfterFailure(t *testing.T) {
	f := newFolder(t)
	r := f.settled("")
	f.train(r, Place{Run: "whole"})
	j := f.prepare(r, Place{Run: "run"})
	failed := errors.New("failed")
	j.Loop.On(train.Hook{Name: "fail", Step: func(_ *train.Loop, s train.Step) error {
		if s.Step == 8 {
			return failed
		}
		return nil
	}})
	if err := j.Run(t.Context()); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	must(t, j.Close())
	f.resume("run")
	if !f.said("run: going on after step 6 of 20") {
		t.Errorf("told %q", *f.notes)
	}
	f.sameRun("run", "whole")
}

// ending is the progress of an evaluation that ends the run's context when it begins.
type ending struct{ end func() }

func (e ending) At(int) { e.end() }
func (e ending) End()   {}

// TestStoppedInEvaluation: a run that is stopped while an epoch is evaluated evaluates it anew.
func TestStoppedInEvaluation(t *testing.T) {
	f := newFolder(t)
	r := f.settled("")
	f.train(r, Place{Run: "whole"})
	j := f.prepare(r, Place{Run: "run"})
	ctx, cancel := context.WithCancel(t.Context())
	f.env.Progress = func(what string, total int) session.Progress {
		if what != "evaluate" || total != 12 {
			t.Errorf("%s of %d begins", what, total)
		}
		return ending{cancel}
	}
	if err := j.Run(ctx); !errors.Is(err, train.ErrStopped) || j.Loop.State().Step != 10 || j.Loop.State().Best != nil {
		t.Errorf("%v, %+v", err, j.Loop.State())
	}
	must(t, j.Close())
	f.env.Progress = nil
	f.resume("run")
	f.sameRun("run", "whole")
}

// TestFinishStops: what is to be evaluated once more for a resumed run can be stopped, and
// then no adapter is written.
func TestFinishStops(t *testing.T) {
	f := newFolder(t)
	f.stop(f.settled("lr: 1.0e-9"), Place{Run: "run"}, 13)
	p := Place{Run: "run", Resume: true}
	r, err := Resolve(p)
	must(t, err)
	j := f.prepare(r, p)
	must(t, j.Run(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Finish(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat("run/adapter"); err == nil {
		t.Error("there is an adapter")
	}
}

// TestResumeNothing: a run that was closed before its first checkpoint starts from the
// beginning.
func TestResumeNothing(t *testing.T) {
	f := newFolder(t)
	r := f.settled("")
	f.train(r, Place{Run: "whole"})
	must(t, f.prepare(r, Place{Run: "run"}).Close())
	f.resume("run")
	if !f.said("run: there is no checkpoint yet: starting from the beginning") {
		t.Errorf("told %q", *f.notes)
	}
	f.sameRun("run", "whole")
}

// TestResumeOther: a resume with another input than the run was started with is refused, and
// the run can be resumed with its own.
func TestResumeOther(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled(""), Place{Run: "whole"})
	f.stop(f.settled(""), Place{Run: "run"}, 5)
	f.write("other-dev.csv", sentences(12, 1))
	must(t, os.CopyFS("other", os.DirFS("roberta")))
	f.write("other/model.safetensors", changedWeights(f, "roberta/model.safetensors"))
	sink := f.read("sink.csv")
	for name, tt := range map[string]struct {
		yaml, train, want string
	}{
		"training data":    {"", strings.Replace(sink, ",good", ",bad", 1), "sink.csv is not the file that it was trained with as its train data: its SHA-256 begins with "},
		"shorter data":     {"", sentences(8, 0), "sink.csv is not the file that it was trained with as its train data"},
		"dev data":         {"dev_file: other-dev.csv", sink, "run: these are not the data that it was trained with: dev: other-dev.csv, SHA-256 "},
		"allowed, shorter": {"allow_changed_data: true", sentences(8, 0), "resume: 2 batches per epoch, the run was started with 10"},
		"base model":       {"model: other", sink, "other inputs than the run was started with: model is "},
		"another adapter":  {"init_adapter: whole", sink, "other inputs than the run was started with: init_adapter is "},
	} {
		f.write("sink.csv", tt.train)
		p := Place{Run: "run", Resume: true}
		r, err := Resolve(p, layer(tt.yaml))
		must(t, err)
		before := f.tree()
		j, err := Prepare(t.Context(), f.env, r, p)
		if class := fault.ClassOf(err); j != nil || err == nil || class != fault.Usage && (class != fault.Invalid || fault.ReasonOf(err) != session.ChangedData) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		if after := f.tree(); after != before {
			t.Errorf("%s leaves\n%s\nof\n%s", name, after, before)
		}
	}
	f.write("sink.csv", sink)
	f.resume("run")
	f.sameRun("run", "whole")
}

// changedWeights is a weights file with another last number.
func changedWeights(f folder, path string) string {
	f.Helper()
	b := []byte(f.read(path))
	b[len(b)-4] ^= 1 // the lowest bit of the last float32
	return string(b)
}
