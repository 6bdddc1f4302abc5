package session

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

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
	f, err := LoadEncoder(context.Background(), env(t), settled(t, "model: "+e.Model()), float32s(t), nil)
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

// storedRoberta is a run of the reference roberta's adapter, with provenance.
func storedRoberta(t *testing.T) *StoredAdapter {
	t.Helper()
	e := reference(t, "roberta")
	a, err := OpenAdapter(env(t), runFolder(t, ownTask(own(t)), adapterOf(t, peft(e)), provenance(t, e)), adapter.Options{})
	must(t, err)
	return a
}

// asPEFT opens a folder as one that was just written.
func asPEFT(t *testing.T, dir string) *StoredAdapter {
	t.Helper()
	a, err := OpenAdapter(env(t), dir, adapter.Options{})
	must(t, err)
	return a
}
