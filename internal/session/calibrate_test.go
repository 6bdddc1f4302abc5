package session

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/glue/gluetest"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/reftest"
)

// TestSample: int8 is calibrated on the task where its training split is on this machine, and
// otherwise the user hears on what, and why.
func TestSample(t *testing.T) {
	s := surround(t)
	onGLUE(t, s)
	_, err := ReadSplit(t.Context(), s.Env, lookup(t, "sst2"), settled(t, "task: sst2").Data, "train")
	must(t, err)
	dir := own(t)
	empty := t.TempDir()
	write(t, "sentence\tlabel\n", empty, "CoLA", "dev.tsv")
	var long strings.Builder
	long.WriteString("text,label\n")
	for i := range 300 {
		long.WriteString("boat " + strings.Repeat("and on ", i%7) + "," + []string{"bad", "good"}[i%2] + "\n")
	}
	longFile := write(t, long.String(), t.TempDir(), "long.csv")
	for name, tt := range map[string]struct {
		yaml string
		n    int
		of   []string
	}{
		"kept":           {"task: sst2", gluePage, []string{"40 examples of sst2's train split"}},
		"own files":      {ownTask(dir), 6, []string{"6 examples of boats.csv's train split"}},
		"many":           {"task: " + longFile, sampleSize, []string{"128 examples of long.csv's train split"}},
		"built in":       {"task: demo", sampleSize, []string{"128 examples of demo's train split"}},
		"on the Hub":     {"task: rte", sampleSize, []string{"128 built-in sentences instead of rte's training split (", "rte-train"}},
		"not in the dir": {"task: cola; data_dir: " + empty, sampleSize, []string{"built-in sentences instead of cola's training split (", "train.tsv"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := settled(t, tt.yaml).Data
			task, err := d.NewTask(nil)
			must(t, err)
			got := findSample(s.Env, task, d)
			if len(got.Examples) != tt.n {
				t.Errorf("%d examples, want %d", len(got.Examples), tt.n)
			}
			for _, part := range tt.of {
				if !strings.Contains(got.Of, part) {
					t.Errorf("of %q, without %q", got.Of, part)
				}
			}
		})
	}
	if list := names(t, filepath.Join(s.variables["XDG_CACHE_HOME"], "dylora", "glue")); !slices.Equal(list, []string{"sst2-train"}) {
		t.Errorf("the samples have downloaded: %q", list)
	}
	s.variables["HF_ENDPOINT"] = "hub"
	if got := findSample(s.Env, lookup(t, "sst2"), settled(t, "task: sst2").Data); !strings.Contains(got.Of, "(HF_ENDPOINT") {
		t.Errorf("without a client: %q", got.Of)
	}
}

// TestTaskSample: evenly spaced, from any split.
func TestTaskSample(t *testing.T) {
	all := gluetest.Examples(lookup(t, "sst2"), "dev", 3*sampleSize)
	got := TaskSample(lookup(t, "sst2"), "dev", all)
	if got.Of != "128 examples of sst2's dev split" || len(got.Examples) != sampleSize || got.Examples[1].Index != 3 {
		t.Errorf("%q, %d examples, the second %d", got.Of, len(got.Examples), got.Examples[1].Index)
	}
}

// TestCalibrated: int8 is near float32 and not the same, and the user hears on what it was
// calibrated: the task, from its files or from the store of GLUE without a network.
func TestCalibrated(t *testing.T) {
	e, u := reference(t, "roberta"), surround(t)
	onGLUE(t, u)
	mnli := lookup(t, "mnli")
	_, err := ReadSplit(t.Context(), u.Env, mnli, settled(t, "").Data, "train")
	must(t, err)
	u.variables["HF_HUB_OFFLINE"] = "1"
	exact := onRoberta(t, Options{})
	batch := exact.RandomBatch()
	want, err := LogitsAt(exact.Program, batch, 4)
	must(t, err)
	var before []float32
	for _, tt := range []struct {
		task, note string
		tolerance  float64 // of the largest logit; random weights of 24 columns are coarser than a trained model's
	}{
		{ownTask(own(t)), "int8: calibrated on 6 examples of boats.csv's train split", 0.1},
		{"task: mnli", "int8: calibrated on 40 examples of mnli's train split", 0.2},
	} {
		u.notes = nil
		s := opened(t, u.Env, peft(e), "precision: int8; model: "+e.Model()+"; "+tt.task, Options{})
		if !slices.Equal(u.notes, []string{tt.note}) {
			t.Errorf("the user hears %q, want %q", u.notes, tt.note)
		}
		got, err := LogitsAt(s.Program, batch, 4)
		must(t, err)
		reftest.Compare(t, tt.task, got, want, tt.tolerance)
		if slices.Equal(got, want) || slices.Equal(got, before) {
			t.Errorf("%s: the same bits as in float32, or calibrated on another task", tt.task)
		}
		before = got
	}
}

// TestCalibrateElsewhere: without the task's training split the built-in sentences must do,
// and the note says why.
func TestCalibrateElsewhere(t *testing.T) {
	e, u := reference(t, "roberta"), surround(t)
	s := opened(t, u.Env, peft(e), "precision: int8; task: mnli; model: "+e.Model(), Options{})
	if len(u.notes) != 1 || !strings.Contains(u.notes[0], "built-in sentences instead of mnli's training split (") {
		t.Errorf("the user hears %q", u.notes)
	}
	if _, err := LogitsAt(s.Program, s.RandomBatch(), 4); err != nil {
		t.Error(err)
	}
}

// TestCalibrateFails: a model that is not float32 cannot be calibrated, and one whose
// calibration fails is as it was.
func TestCalibrateFails(t *testing.T) {
	f, err := find(t, env(t), "model: "+reference(t, "roberta").Model())
	must(t, err)
	for precision, stop := range map[string]bool{"i16": false, "float32": true} {
		a, err := NewArithmetic(settled(t, "precision: "+precision).Machine)
		must(t, err)
		a.Machine = kerneltest.New(t)
		e, err := f.Load(env(t), a)
		must(t, err)
		task := lookup(t, "demo")
		p, err := program.New(e.Model, &adapter.Adapter{Rank: 1, Alpha: 1, Head: e.Model.Head(2, 1)}, task, program.Options{})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if stop {
			cancel()
		}
		before := e.Model
		if err := e.Calibrate(ctx, env(t), p, 0, findSample(env(t), task, settled(t, "").Data)); err == nil || errors.Is(err, context.Canceled) != stop {
			t.Errorf("%s: %v", precision, err)
		}
		if e.Model != before {
			t.Errorf("%s: the model is another one", precision)
		}
	}
}
