package nest

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/weights"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// quiet is an Env without caches and a network.
func quiet() *session.Env {
	variables := map[string]string{"HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "DYLORA_CACHE": "off"}
	return &session.Env{Getenv: func(name string) string { return variables[name] }, Now: time.Now, Version: "test"}
}

// lora is the adapter that PEFT saved at rank 4 for the reference's BERT, as a folder of the test's own; edit may change it.
func lora(t *testing.T, edit func(a *adapter.Adapter, p *adapter.Provenance)) *session.StoredAdapter {
	t.Helper()
	a, _, err := adapter.Load(filepath.Join(reftest.Testdata(t), "bert", "peft-r4"))
	must(t, err)
	p := &adapter.Provenance{}
	if edit != nil {
		edit(a, p)
	}
	dir := filepath.Join(t.TempDir(), "lora")
	must(t, adapter.Save(dir, a, p, adapter.SaveOptions{}))
	stored, err := session.OpenAdapter(quiet(), dir, adapter.Options{})
	must(t, err)
	return stored
}

// TestMake: whatever the scale is, the folder computes the same at full rank, keeps head and biases, and each rank keeps at least what
// the rows kept as they stood.
func TestMake(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(a *adapter.Adapter, p *adapter.Provenance){
		"PEFT":            nil,
		"rank-stabilised": func(a *adapter.Adapter, _ *adapter.Provenance) { a.Scaling = adapter.Sqrt },
		"own alphas":      func(a *adapter.Adapter, _ *adapter.Provenance) { a.Modules[1].Alpha = 5 },
		"biases": func(a *adapter.Adapter, _ *adapter.Provenance) {
			a.Biases = []weights.Tensor{{Name: a.Modules[0].Name + ".bias", Shape: []int{a.Modules[0].Out}, Data: make([]float32, a.Modules[0].Out)}}
		},
	} {
		from := lora(t, edit)
		r, err := Make(t.Context(), quiet(), from, Options{})
		must(t, err)
		if want := filepath.Join(filepath.Dir(from.Folder), "nested"); r.Folder != want || r.By != adapter.BySVD || len(r.Ranks) != 4 {
			t.Errorf("%s: %+v, want the folder %s", name, r, want)
		}
		n, p, err := adapter.Load(r.Folder)
		must(t, err)
		if n.Scaling != adapter.Constant || p.Nested != adapter.BySVD || p.NestedFrom != from.Adapter.Fingerprint() || len(n.Head) != len(from.Adapter.Head) || len(n.Biases) != len(from.Adapter.Biases) {
			t.Errorf("%s: scaling %v, %+v", name, n.Scaling, p)
		}
		for i := range n.Modules {
			m := &n.Modules[i]
			w := make([]float32, m.In*m.Out)
			got, want := n.Merge(m, w, 4), from.Adapter.Merge(&from.Adapter.Modules[i], w, 4)
			for k := range want {
				if math.Abs(float64(got[k]-want[k])) > 1e-5*from.Adapter.DeltaNorm(&from.Adapter.Modules[i], 4) {
					t.Fatalf("%s: %s: element %d of the update is %v, was %v", name, m.Name, k, got[k], want[k])
				}
			}
		}
		for i, k := range r.Ranks {
			if k.Rank != i+1 || k.Kept < k.Before-1e-9 || i > 0 && k.Kept < r.Ranks[i-1].Kept {
				t.Errorf("%s: %+v", name, r.Ranks)
			}
		}
		if last := r.Ranks[3]; last.Kept != 1 || last.Before != 1 {
			t.Errorf("%s: full rank keeps %+v", name, last)
		}
		if _, err := Make(t.Context(), quiet(), from, Options{}); fault.ReasonOf(err) != session.Occupied {
			t.Errorf("%s: made twice: %v", name, err)
		}
		again, err := session.OpenAdapter(quiet(), r.Folder, adapter.Options{})
		must(t, err)
		if _, err := Make(t.Context(), quiet(), again, Options{}); fault.ReasonOf(err) != NestedAlready {
			t.Errorf("%s: nested twice: %v", name, err)
		}
	}
}

// TestRefuse: adapters that cannot be nested, or not without force, or not trained from.
func TestRefuse(t *testing.T) {
	t.Parallel()
	provenance := func(low int) func(*adapter.Adapter, *adapter.Provenance) {
		return func(a *adapter.Adapter, p *adapter.Provenance) {
			p.Task, p.Labels, p.RankMin, p.RankMax, p.Sampler, p.Update = "demo", []string{"negative", "positive"}, low, 4, "uniform", "all"
		}
	}
	for name, tt := range map[string]struct {
		edit   func(a *adapter.Adapter, p *adapter.Provenance)
		o      Options
		reason fault.Reason
		want   string // "": it is nested
	}{
		"untrained": {func(a *adapter.Adapter, _ *adapter.Provenance) {
			for i := range a.Modules {
				clear(a.Modules[i].B)
			}
		}, Options{Force: true}, "", "its update is zero in every module"},
		"rank 1": {func(a *adapter.Adapter, _ *adapter.Provenance) {
			one, err := a.Slice(1)
			must(t, err)
			*a = *one
		}, Options{Force: true}, "", "its rank is 1"},
		"DyLoRA":        {provenance(1), Options{}, NestedAlready, "trained at ranks 1 to 4"},
		"DyLoRA, force": {provenance(1), Options{Force: true}, "", ""},
		"LoRA":          {provenance(4), Options{}, "", ""},
		"own alpha to train": {func(a *adapter.Adapter, _ *adapter.Provenance) { a.Modules[1].Alpha = 5 }, Options{Tuned: true}, NotTrainable,
			"has a rank or a scale of its own"},
		"biases to train": {func(a *adapter.Adapter, _ *adapter.Provenance) {
			a.Biases = []weights.Tensor{{Name: a.Modules[0].Name + ".bias", Shape: []int{a.Modules[0].Out}, Data: make([]float32, a.Modules[0].Out)}}
		}, Options{Tuned: true}, NotTrainable, "biases of the base model"},
		"no task to train for": {nil, Options{Tuned: true}, session.NoTask, "records no task"},
		"no data to weigh by":  {nil, Options{Weighted: true}, session.NoTask, "records no task"},
	} {
		a := lora(t, tt.edit)
		_, err := Make(t.Context(), quiet(), a, tt.o)
		if tt.want == "" {
			must(t, err)
			continue
		}
		if fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != tt.reason || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Lstat(filepath.Join(filepath.Dir(a.Folder), "nested")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: something was written, %v", name, err)
		}
	}
}

// TestTuning: the settings of the adapter's run without those of its one rank, below what the user says; the adapter settles its own.
func TestTuning(t *testing.T) {
	t.Parallel()
	a := lora(t, nil)
	a.Run = t.TempDir()
	must(t, os.WriteFile(filepath.Join(a.Run, "config.yaml"), []byte("task: sst2\nrank: 4\nr_min: 4\nlr: 0.003\nepochs: 7\nsampler: list:4\nalpha: 3\nrecipe: cpu\nwarmup: 0.2\n"), 0o666))
	user := settings.YAMLLayer(settings.Flag, "user.yaml", []byte("warmup: 0.1\nsampler: geometric\n"))
	r, err := Tuning(nil, a, "there", 30, user)
	must(t, err)
	if l := r.Train.Loop; l.LR != 0.003 || l.Warmup != 0.1 || l.MaxSteps != 30 || l.Epochs < 30 {
		t.Errorf("%+v", l)
	}
	if d := r.Adapter; d.Rank != 4 || d.RMin != 1 || d.Sampler != "geometric" || d.Alpha != a.Adapter.Alpha || d.Scaling != adapter.Constant || d.InitAdapter != "there" || d.Targets != strings.Join(a.Adapter.Targets(), ",") {
		t.Errorf("%+v", d)
	}
	if slices.ContainsFunc(settings.Keys(), func(key string) bool { return r.Origin(key) == settings.Run }) {
		t.Error("it is taken for a run that is resumed")
	}
	for _, key := range []string{"rank: 4", "alpha: 2", "scaling: paper", "targets: query", "init_adapter: x", "max_steps: 3"} {
		said := settings.YAMLLayer(settings.Flag, "user.yaml", []byte(key))
		if _, err := Tuning(nil, a, "there", 30, said); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "(user.yaml line 1)") {
			t.Errorf("%s: %v", key, err)
		}
	}
	must(t, os.WriteFile(filepath.Join(a.Run, "config.yaml"), []byte("lr: fast\n"), 0o666))
	if _, err := Tuning(nil, a, "there", 30); err == nil {
		t.Error("damaged settings are taken")
	}
}
