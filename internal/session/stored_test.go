package session

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/pickle/pickletest"
	"github.com/dylora/dylora/internal/safetensors"
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
	empty, named := t.TempDir(), t.TempDir()
	must(t, os.CopyFS(filepath.Join(named, "sentiment"), os.DirFS(peft(e))))
	pickled := copyOf(t, peft(e), map[string]string{"adapter_model.safetensors": "", "adapter_model.bin": "garbage"})
	pointer := copyOf(t, peft(e), map[string]string{"adapter_model.safetensors": "", "adapter_model.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 9\n"})
	for name, tt := range map[string]struct {
		path    string
		options adapter.Options
		class   fault.Class
		reason  fault.Reason
		part    string
	}{
		"missing":               {absent, adapter.Options{}, fault.Invalid, "", "adapter: " + absent},
		"empty folder":          {empty, adapter.Options{}, fault.Invalid, "", "no adapter_config.json in it or in adapter/"},
		"in a named folder":     {named, adapter.Options{}, fault.Invalid, "", `sub-folder "sentiment": give that`},
		"pointer to a pickle":   {pointer, adapter.Options{}, fault.Invalid, "", "adapter_model.bin: a Git LFS pointer"},
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
