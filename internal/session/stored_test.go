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
	"github.com/dylora/dylora/internal/pickle/pickletest"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// loralib writes a reference's adapter as lora_state_dict of microsoft/LoRA does.
func loralib(t *testing.T, folder, to string) string {
	t.Helper()
	f, err := safetensors.Read(filepath.Join(folder, "adapter_model.safetensors"))
	must(t, err)
	for i := range f.Tensors {
		name := strings.TrimPrefix(f.Tensors[i].Name, "base_model.model.")
		for _, half := range []string{".lora_A", ".lora_B"} {
			name = strings.Replace(name, half+".weight", half, 1)
		}
		f.Tensors[i].Name = name
	}
	b, err := pickletest.Encode(f.Tensors)
	must(t, err)
	return write(t, string(b), to)
}

// TestOpenAdapterForms: every form in which an adapter can be, and what is known of it.
func TestOpenAdapterForms(t *testing.T) {
	e := reference(t, "roberta")
	want := adapterOf(t, peft(e))
	run := runFolder(t, "task: demo", want, provenance(t, e))
	inside := filepath.Join(run, "adapter")
	moved := filepath.Join(t.TempDir(), "adapter")
	must(t, os.CopyFS(moved, os.DirFS(inside)))
	bin := loralib(t, peft(e), filepath.Join(t.TempDir(), "lora.bin"))
	for name, tt := range map[string]struct {
		path              string
		options           adapter.Options
		folder, run, home string
		task              string
	}{
		"run":                   {path: run, folder: inside, run: run, home: run, task: "boats.csv"},
		"adapter of a run":      {path: inside, folder: inside, run: run, home: run, task: "boats.csv"},
		"with a slash":          {path: inside + "/", folder: inside + "/", run: run, home: run, task: "boats.csv"},
		"adapter without a run": {path: moved, folder: moved, home: filepath.Dir(moved), task: "boats.csv"},
		"PEFT":                  {path: peft(e), folder: peft(e), home: e.Dir},
		"loralib":               {path: bin, options: adapter.Options{AllowPickle: true, Alpha: 16}, folder: bin, home: filepath.Dir(bin)},
	} {
		t.Run(name, func(t *testing.T) {
			s := surround(t)
			a, err := OpenAdapter(s.Env, tt.path, tt.options)
			must(t, err)
			if a.Path != tt.path || a.Folder != tt.folder || a.Run != tt.run || a.Home() != tt.home || a.Provenance.Task != tt.task {
				t.Errorf("path %s, folder %s, run %s, home %s, task %q", a.Path, a.Folder, a.Run, a.Home(), a.Provenance.Task)
			}
			if a.Adapter.Fingerprint() != want.Fingerprint() {
				t.Error("another adapter")
			}
			if tt.task != "" && a.Metadata["dylora.task"] != tt.task {
				t.Errorf("metadata %v", a.Metadata)
			}
			if len(s.notes) != len(a.Notes) {
				t.Errorf("the user hears %q of %q", s.notes, a.Notes)
			}
		})
	}
}

// TestOpenAdapterNotes: what an adapter's files say and could not be loaded, the user hears.
func TestOpenAdapterNotes(t *testing.T) {
	e := reference(t, "roberta")
	config := strings.Replace(read(t, peft(e), "adapter_config.json"), `"bias": "none"`, `"bias": "all"`, 1)
	dir := copyOf(t, peft(e), map[string]string{"adapter_config.json": config})
	s := surround(t)
	a, err := OpenAdapter(s.Env, dir, adapter.Options{})
	must(t, err)
	want := "bias is all, but the file has no biases: those of the base model stay"
	if !slices.Equal(a.Notes, []string{want}) || !slices.Equal(s.notes, []string{dir + ": " + want}) {
		t.Errorf("notes %q, the user hears %q", a.Notes, s.notes)
	}
}

func TestOpenAdapterRefuses(t *testing.T) {
	e := reference(t, "roberta")
	bin := loralib(t, peft(e), filepath.Join(t.TempDir(), "lora.bin"))
	unfinished := t.TempDir()
	write(t, "task: demo\n", unfinished, train.SettingsName)
	absent := filepath.Join(t.TempDir(), "absent")
	empty := t.TempDir()
	pickled := copyOf(t, peft(e), map[string]string{"adapter_model.safetensors": "", "adapter_model.bin": "garbage"})
	for name, tt := range map[string]struct {
		path    string
		options adapter.Options
		class   fault.Class
		reason  fault.Reason
		part    string
	}{
		"missing":               {absent, adapter.Options{}, fault.Invalid, "", "adapter: " + absent},
		"empty folder":          {empty, adapter.Options{}, fault.Invalid, "", "no adapter_config.json in it or in adapter/"},
		"unfinished run":        {unfinished, adapter.Options{}, fault.Invalid, NoAdapterYet, "this run has no adapter yet"},
		"pickle not allowed":    {bin, adapter.Options{Alpha: 16}, fault.Usage, adapter.PickledWeights, bin},
		"alpha not given":       {bin, adapter.Options{AllowPickle: true}, fault.Usage, adapter.NoAlpha, bin},
		"pickle of PEFT":        {pickled, adapter.Options{}, fault.Usage, adapter.PickledWeights, "adapter_model.bin"},
		"garbage of PEFT":       {pickled, adapter.Options{AllowPickle: true}, fault.Invalid, "", "adapter_model.bin"},
		"no run for the latest": {LatestRun, adapter.Options{}, fault.Invalid, train.NoRun, "there is no run yet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			_, err := OpenAdapter(env(t), tt.path, tt.options)
			refused(t, err, tt.class, tt.reason, tt.part)
		})
	}
}

// TestOpenLatest: runs/latest stands for the run that it points to, which is then the path.
func TestOpenLatest(t *testing.T) {
	e := reference(t, "roberta")
	t.Chdir(t.TempDir())
	for _, name := range []string{"first", "second"} {
		must(t, os.MkdirAll(filepath.Join(RunsRoot, name), 0o777))
		write(t, "task: "+name+"\n", RunsRoot, name, train.SettingsName)
		must(t, adapter.Save(filepath.Join(RunsRoot, name, "adapter"), adapterOf(t, peft(e)), nil, adapter.SaveOptions{}))
		must(t, os.RemoveAll(LatestRun))
		must(t, os.Symlink(name, LatestRun))
		a, err := OpenAdapter(env(t), LatestRun, adapter.Options{})
		must(t, err)
		if want := filepath.Join(RunsRoot, name); a.Path != want || a.Run != want {
			t.Errorf("path %s, run %s, want %s", a.Path, a.Run, want)
		}
	}
}

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
