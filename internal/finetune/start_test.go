package finetune

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// firstWeights are A and B of all modules, and the head, one after the other.
func firstWeights(a *adapter.Adapter) (modules, head []float32) {
	for _, m := range a.Modules {
		modules = append(append(modules, m.A...), m.B...)
	}
	for _, t := range a.Head {
		head = append(head, t.Data...)
	}
	return modules, head
}

// TestStart: A and B are always taken over, the head for the same task alone, and what the
// adapter remembers of it.
func TestStart(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("max_steps: 4"), Place{Run: "first"})
	first, _ := f.load("first")
	modules, head := firstWeights(first)
	f.write("other.csv", sentences(20, 2))
	f.write("labels.csv", strings.NewReplacer(",bad", ",sunk", ",good", ",afloat").Replace(sentences(20, 2)))
	f.write("labels/sink.csv", f.read("labels.csv"))
	must(t, os.CopyFS("bare", os.DirFS("first/adapter")))
	must(t, os.Remove("bare/dylora.json"))
	for name, tt := range map[string]struct {
		yaml string
		head bool
		says string
	}{
		"same task":       {"init_adapter: first", true, "starts from the A and B of first; its head, of the same task, too"},
		"a PEFT folder":   {"init_adapter: first/adapter", true, "starts from the A and B of first/adapter; its head, of the same task, too"},
		"other task":      {"init_adapter: first; task: other.csv; dev_file: sink-dev.csv", false, "a new head instead of that for sink.csv"},
		"other labels":    {"init_adapter: first; task: labels/sink.csv; dev_file: labels.csv", false, "a new head instead of that for sink.csv"},
		"no task is said": {"init_adapter: bare", false, "starts from the A and B of bare; a new head"},
		"other precision": {"init_adapter: first; precision: i16", true, "too"},
	} {
		r := f.settled(tt.yaml)
		before := r.Settings
		j := f.prepare(r, Place{Run: strings.ReplaceAll(name, " ", "-")})
		gotModules, gotHead := firstWeights(j.Adapter)
		if !slices.Equal(gotModules, modules) || slices.Equal(gotHead, head) != tt.head || j.Start.Head != tt.head {
			t.Errorf("%s: the same A and B: %t, head: %t", name, slices.Equal(gotModules, modules), slices.Equal(gotHead, head))
		}
		if !strings.HasSuffix(j.Start.String(), tt.says) || !f.said(j.Start.String()) {
			t.Errorf("%s: %s, told %q", name, j.Start, *f.notes)
		}
		if !reflect.DeepEqual(r.Settings, before) {
			t.Errorf("%s: the settings were %+v, are %+v", name, before, r.Settings)
		}
		p := j.provenance(nil)
		task := "sink.csv"
		if name == "no task is said" {
			task = ""
		}
		if p.InitAdapter != r.Adapter.InitAdapter || p.InitHash != first.Fingerprint() || p.InitTask != task {
			t.Errorf("%s: provenance %+v", name, p)
		}
		must(t, j.Close())
	}
	if again, _ := f.load("first"); again.Fingerprint() != first.Fingerprint() {
		t.Error("the adapter on the disk is changed")
	}
}

// TestStartLatest: the newest run is remembered as the folder that it is, as it will be another
// one when the run is resumed; the settings that were given stay as they are.
func TestStartLatest(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("max_steps: 4"), Place{Run: "first"})
	first, err := filepath.Abs("first")
	must(t, err)
	r := f.settled("init_adapter: runs/latest; epochs: 1")
	f.stop(r, Place{Run: "run"}, 7)
	if r.Adapter.InitAdapter != "runs/latest" {
		t.Errorf("the given settings say %s now", r.Adapter.InitAdapter)
	}
	if config := f.read("run", train.SettingsName); !strings.Contains(config, "init_adapter: "+settings.YAMLValue(first)+" # flag\n") {
		t.Errorf("config.yaml: %s", config)
	}
	whole := f.train(f.settled("init_adapter: first; epochs: 1"), Place{Run: "whole"})
	if whole.Step != 10 {
		t.Errorf("ended at step %d", whole.Step)
	}
	f.resume("run")
	got, p := f.load("run")
	want, _ := f.load("whole")
	if got.Fingerprint() != want.Fingerprint() {
		t.Error("resumed, it ends with other weights")
	}
	if p.InitAdapter != first || p.InitTask != "sink.csv" {
		t.Errorf("remembers %s of %s", p.InitAdapter, p.InitTask)
	}
}

// TestStartOtherWeights: an adapter of a model of the same shapes but other weights.
func TestStartOtherWeights(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("max_steps: 1"), Place{Run: "first"})
	f.write("roberta/model.safetensors", changedWeights(f, "roberta/model.safetensors"))
	f.refused(f.settled("init_adapter: first"), Place{}, fault.Invalid, "init_adapter: first was trained on another base model, roberta: give that one as model")
	must(t, os.Remove("first/adapter/dylora.json"))
	must(t, f.prepare(f.settled("init_adapter: first"), Place{}).Close())
}

// TestStartReason: of another rank the caller can say what would help.
func TestStartReason(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("max_steps: 1; rank: 2"), Place{Run: "first"})
	_, err := Prepare(t.Context(), f.env, f.settled("init_adapter: first"), Place{})
	if fault.ReasonOf(err) != adapter.OtherRank {
		t.Errorf("reason %q of %v", fault.ReasonOf(err), err)
	}
}

// TestOpenStart: no adapter is none, and the class of an error stays.
func TestOpenStart(t *testing.T) {
	f := newFolder(t)
	if from, err := openStart(f.env, ""); from != nil || err != nil {
		t.Errorf("none: %v, %v", from, err)
	}
	f.write("weights.bin", "no pickle")
	for path, class := range map[string]fault.Class{"nosuch": fault.Invalid, "roberta": fault.Invalid, "weights.bin": fault.Usage} {
		if from, err := openStart(f.env, path); from != nil || fault.ClassOf(err) != class || !strings.HasPrefix(err.Error(), "init_adapter: ") {
			t.Errorf("%s: class %d, %v", path, fault.ClassOf(err), err)
		}
	}
}

// TestStartFrom: heads of other shapes stay, whatever the task's name is.
func TestStartFrom(t *testing.T) {
	f := newFolder(t)
	j := f.prepare(f.settled(""), Place{Run: "run"})
	from := &session.StoredAdapter{Path: "p", Adapter: j.Adapter.Clone(), Provenance: &adapter.Provenance{Task: "sink.csv", Labels: []string{"bad", "good"}, ModelHash: "h"}}
	from.Adapter.Head[0].Data[0] = 7
	start := func(t *data.Task, hash string) (*Start, *adapter.Adapter, error) {
		a := j.Adapter.Clone()
		s, err := startFrom(from, a, t, hash)
		return s, a, err
	}
	if s, a, err := start(j.Task, "h"); err != nil || !s.Head || a.Head[0].Data[0] != 7 || s.Fingerprint != from.Adapter.Fingerprint() {
		t.Errorf("the same: %+v, %v", s, err)
	}
	if _, _, err := start(j.Task, "other"); err == nil || fault.ClassOf(err) != fault.Invalid {
		t.Errorf("other weights: %v", err)
	}
	if s, a, err := start(&data.Task{Name: "sink.csv", Labels: []string{"bad"}}, "h"); err != nil || s.Head || a.Head[0].Data[0] == 7 {
		t.Errorf("other labels: %+v, %v", s, err)
	}
	from.Adapter.Head = from.Adapter.Head[1:]
	if s, _, err := start(j.Task, "h"); err != nil || s.Head {
		t.Errorf("another head: %+v, %v", s, err)
	}
	from.Provenance = nil
	if s, _, err := start(j.Task, "any"); err != nil || s.Head || s.Task != "" {
		t.Errorf("no provenance: %+v, %v", s, err)
	}
}

// TestCanceled: a job that is canceled before it begins says so, and can be resumed.
func TestCanceled(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("max_steps: 4"), Place{Run: "whole"})
	j := f.prepare(f.settled("max_steps: 4"), Place{Run: "run"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	must(t, j.Close())
	f.resume("run")
	f.sameRun("run", "whole")
}
