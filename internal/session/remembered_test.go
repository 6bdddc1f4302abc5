package session

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// remembered are the settings of a layer by key, as text.
func remembered(t *testing.T, path string) map[string]string {
	t.Helper()
	a, err := OpenAdapter(env(t), path, adapter.Options{})
	must(t, err)
	l, err := a.Remembered()
	must(t, err)
	if l.Origin != settings.Run {
		t.Errorf("the layer's origin is %s", l.Origin)
	}
	r, err := settings.Resolve(l)
	must(t, err)
	all := map[string]string{}
	for _, f := range r.Fields() {
		if r.Origin(f.Key) == settings.Run {
			all[f.Key] = strings.TrimSuffix(settings.YAMLValue(settings.Plain(f.Value)), "\n")
		}
	}
	return all
}

// TestRemembered: what config.yaml and dylora.json say, and which of them counts.
func TestRemembered(t *testing.T) {
	e := reference(t, "roberta")
	a := adapterOf(t, peft(e))
	p := func(change func(p *adapter.Provenance)) *adapter.Provenance {
		p := &adapter.Provenance{Task: "sst2", Labels: []string{"negative", "positive"}, Model: "mini", RankMax: 4, RankMin: 1}
		change(p)
		return p
	}
	nothing := func(*adapter.Provenance) {}
	for name, tt := range map[string]struct {
		yaml string
		p    *adapter.Provenance
		want map[string]string
	}{
		"neither":          {"# empty", nil, map[string]string{}},
		"config alone":     {"task: rte; model: org/boats; data_dir: glue; rank: 4; seed: 7; precision: i16", nil, map[string]string{"task": "rte", "model": "org/boats", "data_dir": "glue"}},
		"provenance alone": {"# empty", p(func(p *adapter.Provenance) { p.MaxLength = 40 }), map[string]string{"task": "sst2", "model": "mini", "max_length": "40"}},
		"both": {"task: rte; model: org/boats; max_length: 64", p(func(p *adapter.Provenance) { p.MaxLength = 40 }),
			map[string]string{"task": "sst2", "model": "mini", "max_length": "40"}},
		"a run knows where its file is": {"task: here/boats.csv; dev_file: here/dev.csv", p(func(p *adapter.Provenance) { p.Task, p.LabelColumn = "boats.csv", "mood" }),
			map[string]string{"task": "here/boats.csv", "dev_file": "here/dev.csv", "model": "mini", "label_column": "mood", "kind": "classification"}},
		"a file alone": {"# empty", p(func(p *adapter.Provenance) {
			p.Task, p.Labels, p.Regression, p.PairColumn = "boats.csv", nil, true, "other"
		}),
			map[string]string{"task": "boats.csv", "model": "mini", "pair_column": "other", "kind": "regression"}},
		"revision on the name": {"task: sst2; model: old-mini@v1", p(func(p *adapter.Provenance) { p.Model, p.Revision = "old-mini", "v1" }),
			map[string]string{"task": "sst2", "model": "old-mini", "revision": "v1"}},
		"columns without a file": {"task: sst2", p(func(p *adapter.Provenance) { p.TextColumn = "text" }), map[string]string{"task": "sst2", "model": "mini"}},
		"the same":               {"task: sst2; model: mini", p(nothing), map[string]string{"task": "sst2", "model": "mini"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := remembered(t, runFolder(t, tt.yaml, a, tt.p))
			for key, v := range got {
				got[key] = strings.Trim(v, `"`)
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("remembers %v, want %v", got, tt.want)
			}
		})
	}
}

// TestRememberedElsewhere: an adapter that has left its run remembers what dylora.json says,
// one of others nothing.
func TestRememberedElsewhere(t *testing.T) {
	e := reference(t, "roberta")
	run := runFolder(t, "task: far/boats.csv; dev_file: far/dev.csv", adapterOf(t, peft(e)), provenance(t, e))
	moved := filepath.Join(t.TempDir(), "adapter")
	must(t, os.Rename(filepath.Join(run, "adapter"), moved))
	got := remembered(t, moved)
	if got["task"] != "boats.csv" || got["dev_file"] != "" || got["max_length"] != "20" {
		t.Errorf("moved: %v", got)
	}
	if got := remembered(t, peft(e)); len(got) != 0 {
		t.Errorf("PEFT's: %v", got)
	}
}

// TestRememberedBroken: a run's settings that cannot be read are a fault of the run, not of
// the command line.
func TestRememberedBroken(t *testing.T) {
	e := reference(t, "roberta")
	for text, part := range map[string]string{
		"rank: many":            "config.yaml line 1: rank",
		"# one\nno_such_key: 1": "config.yaml line 2: no_such_key: unknown key",
		"rank: [":               "config.yaml",
	} {
		run := runFolder(t, text, adapterOf(t, peft(e)), nil)
		a, err := OpenAdapter(env(t), run, adapter.Options{})
		must(t, err)
		_, err = a.Remembered()
		if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: class %d, %v", text, fault.ClassOf(err), err)
		}
		_, err = Open(t.Context(), env(t), a, Options{})
		if fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%q: Open: %v", text, err)
		}
	}
	// A config.yaml that is a folder is none.
	run := runFolder(t, "task: demo", adapterOf(t, peft(e)), nil)
	must(t, os.Remove(filepath.Join(run, train.SettingsName)))
	must(t, os.Mkdir(filepath.Join(run, train.SettingsName), 0o777))
	if got := remembered(t, run); len(got) != 0 {
		t.Errorf("a folder is read as %v", got)
	}
}

// TestLabels: those of a task of own files are the adapter's, of a task of the table its own.
func TestLabels(t *testing.T) {
	for task, want := range map[string][]string{"boats.csv": {"a", "b"}, "sst2": nil, "": nil} {
		a := &StoredAdapter{Provenance: &adapter.Provenance{Task: task, Labels: []string{"a", "b"}}}
		if got := a.labels(); !slices.Equal(got, want) {
			t.Errorf("%q: labels %q, want %q", task, got, want)
		}
	}
	if got := new(StoredAdapter).labels(); got != nil {
		t.Errorf("without provenance: %q", got)
	}
}
