package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/parquet"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// TestMain reads parquet files where the test binary is started as the process for that.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == parquet.Argument {
		os.Exit(parquet.Child(os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// surroundings are an Env that records what a user would see.
type surroundings struct {
	*Env
	variables map[string]string
	notes     []string
	tasks     []string         // "evaluate 6", then "at 2" for each report and "end"
	downloads map[string]int64 // bytes, by file
}

// surround makes surroundings with empty caches, without packed weights and a network.
func surround(t *testing.T) *surroundings {
	t.Helper()
	s := &surroundings{
		variables: map[string]string{"HF_HUB_OFFLINE": "1", "HF_HOME": t.TempDir(), "XDG_CACHE_HOME": t.TempDir(), "DYLORA_CACHE": "off", "HOME": t.TempDir()},
		downloads: map[string]int64{},
	}
	s.Env = &Env{
		Note: func(line string) {
			t.Log(line)
			s.notes = append(s.notes, line)
		},
		Progress: func(what string, total int) Progress {
			s.tasks = append(s.tasks, fmt.Sprintf("%s %d", what, total))
			return s
		},
		Download: func(file string, done, _ int64) { s.downloads[file] = done },
		Getenv:   func(name string) string { return s.variables[name] },
		Now:      time.Now,
		Version:  "test",
	}
	return s
}

// At and End are those of a Progress.
func (s *surroundings) At(done int) { s.tasks = append(s.tasks, fmt.Sprintf("at %d", done)) }
func (s *surroundings) End()        { s.tasks = append(s.tasks, "end") }

// env is an Env whose user hears everything in the test's log, without caches and a network.
func env(t *testing.T) *Env {
	t.Helper()
	return surround(t).Env
}

// layer is what a user says: lines of YAML, which may be separated by "; ".
func layer(yaml string) *settings.Layer {
	return settings.YAMLLayer(settings.File, "test.yaml", []byte(strings.ReplaceAll(yaml, "; ", "\n")))
}

// settled are the settings of lines of YAML, over the defaults.
func settled(t *testing.T, yaml string) *settings.Resolved {
	t.Helper()
	r, err := settings.Resolve(layer(yaml))
	must(t, err)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks an error's class, its reason and parts of its text.
func refused(t *testing.T, err error, class fault.Class, reason fault.Reason, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if fault.ClassOf(err) != class || fault.ReasonOf(err) != reason {
		t.Errorf("class %d and reason %q, want %d and %q: %v", fault.ClassOf(err), fault.ReasonOf(err), class, reason, err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, without %q", err, part)
		}
	}
}

// write makes a file, and the folders above it, and gives its path.
func write(t *testing.T, content string, elem ...string) string {
	t.Helper()
	path := filepath.Join(elem...)
	must(t, os.MkdirAll(filepath.Dir(path), 0o777))
	must(t, os.WriteFile(path, []byte(content), 0o666))
	return path
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	must(t, err)
	return string(b)
}

// names are what a folder holds, sorted, hidden files too; nil where there is none.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	must(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// copyOf is a copy of a folder of files in which some have another content; "" is without it.
func copyOf(t *testing.T, dir string, changed map[string]string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range names(t, dir) {
		if _, other := changed[name]; !other {
			write(t, read(t, dir, name), to, name)
		}
	}
	for name, content := range changed {
		if content != "" {
			write(t, content, to, name)
		}
	}
	return to
}

// garbled is a copy of a model folder whose weights are no weights: what has loaded it fails.
func garbled(t *testing.T, dir string) string {
	t.Helper()
	return copyOf(t, dir, map[string]string{"model.safetensors": "garbage"})
}

// float32s is exact arithmetic.
func float32s(t *testing.T) Arithmetic {
	t.Helper()
	return Arithmetic{Machine: kerneltest.New(t)}
}

// reference is one of the committed encoders, "roberta" of three labels or "bert" of one output.
func reference(t *testing.T, name string) *reftest.Encoder {
	t.Helper()
	return reftest.Open(t, filepath.Join(reftest.Testdata(t), name))
}

// peft is the folder of a reference's adapter at its highest rank, as PEFT saved it.
func peft(e *reftest.Encoder) string { return filepath.Join(e.Dir, fmt.Sprintf("peft-r%d", e.RankMax)) }

// own writes the files of a task of three labels, with six examples to train and nine to
// measure, and gives the folder.
func own(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, "text,label\na small boat,bad\nthe river was cold,good\nthe boat sank,so so\n"+
		"cold,bad\nold,good\nthe old boat was on,so so\n", dir, "boats.csv")
	write(t, "text,label\nthe boat was old,good\na river,bad\nnobody saw the boat,so so\nand so on,good\n"+
		"cold and old,bad\nthe small river,so so\nwas it cold?,good\nsink,bad\nso,so so\n", dir, "dev.csv")
	return dir
}

// ownTask is a layer that names the files of own.
func ownTask(dir string) string {
	return fmt.Sprintf("task: %s; dev_file: %s", filepath.Join(dir, "boats.csv"), filepath.Join(dir, "dev.csv"))
}

// provenance is that of an adapter of the reference roberta for the files of own.
func provenance(t *testing.T, e *reftest.Encoder) *adapter.Provenance {
	t.Helper()
	f, err := LoadEncoder(context.Background(), env(t), settled(t, "model: "+e.Model()), float32s(t))
	must(t, err)
	return &adapter.Provenance{
		Version: "test", Task: "boats.csv", Labels: []string{"bad", "good", "so so"}, TextColumn: "text", LabelColumn: "label",
		Model: e.Model(), ModelHash: f.Model.Hash, RankMax: 4, RankMin: 1, Sampler: "uniform", Update: "all", Block: 1,
		Targets: []string{"query", "value"}, MaxLength: 20,
		Metrics: map[string]map[string]float64{"1": {"accuracy": 0.25}, "2": {"accuracy": 0.5}, "4": {"accuracy": 0.75}},
	}
}

// adapterOf is the adapter of a PEFT folder.
func adapterOf(t *testing.T, dir string) *adapter.Adapter {
	t.Helper()
	a, _, err := adapter.Load(dir)
	must(t, err)
	return a
}

// runFolder makes a run of an adapter for the files of own: config.yaml and adapter/.
func runFolder(t *testing.T, yaml string, a *adapter.Adapter, p *adapter.Provenance) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	write(t, strings.ReplaceAll(yaml, "; ", "\n")+"\n", dir, train.SettingsName)
	must(t, adapter.Save(filepath.Join(dir, "adapter"), a, p, adapter.SaveOptions{}))
	return dir
}

// open opens an adapter and its base model with what a user says.
func open(t *testing.T, e *Env, path, yaml string, o Options) (*Session, error) {
	t.Helper()
	a, err := OpenAdapter(e, path, adapter.Options{})
	must(t, err)
	o.Layers = []*settings.Layer{layer(yaml)}
	return Open(context.Background(), e, a, o)
}

// opened is open without an error.
func opened(t *testing.T, e *Env, path, yaml string, o Options) *Session {
	t.Helper()
	s, err := open(t, e, path, yaml, o)
	must(t, err)
	return s
}

// onRoberta is a session of the reference roberta and its adapter, for the files of own.
func onRoberta(t *testing.T, o Options) *Session {
	t.Helper()
	e := reference(t, "roberta")
	return opened(t, env(t), peft(e), "model: "+e.Model()+"; "+ownTask(own(t)), o)
}

func TestEnvSays(t *testing.T) {
	s := surround(t)
	s.Say("one", "two")
	s.Begin("count", 3).At(2)
	if !slices.Equal(s.notes, []string{"one", "two"}) || !slices.Equal(s.tasks, []string{"count 3", "at 2"}) {
		t.Errorf("notes %q, tasks %q", s.notes, s.tasks)
	}
	silent := &Env{Getenv: s.Getenv}
	silent.Say("nobody hears this")
	p := silent.Begin("count", 3)
	p.At(1)
	p.End()
}

// TestPackedWeights: the cache of packed weights is where DYLORA_CACHE says, and bounded.
func TestPackedWeights(t *testing.T) {
	s := surround(t)
	for variable, want := range map[string]string{
		"":        filepath.Join(s.variables["XDG_CACHE_HOME"], "dylora", "packed"),
		"/a/path": "/a/path",
	} {
		s.variables["DYLORA_CACHE"] = variable
		if c := s.packedWeights(); c == nil || c.Dir != want || c.Limit != 8<<30 {
			t.Errorf("DYLORA_CACHE=%q: %+v, want the folder %s", variable, c, want)
		}
	}
	s.variables["DYLORA_CACHE"] = "off"
	if c := s.packedWeights(); c != nil {
		t.Errorf("DYLORA_CACHE=off: %+v", c)
	}
}

// TestHubOfEnv: the client is set up by the variables of the Env, not of the process.
func TestHubOfEnv(t *testing.T) {
	s := surround(t)
	c, err := s.Hub()
	must(t, err)
	if !c.Offline {
		t.Error("HF_HUB_OFFLINE=1 of the Env does not count")
	}
	s.variables["HF_ENDPOINT"] = "no address"
	_, err = s.Hub()
	refused(t, err, fault.Usage, "", "HF_ENDPOINT")
	if _, err := s.glue(); err == nil {
		t.Error("GLUE's store is made without a client")
	}
}
