package session

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// TestWithMaxLength: a tokenizer_config.json stays as it is, and where there is none the length that texts are cut to is the model's.
func TestWithMaxLength(t *testing.T) {
	own := []disk.Content{{Name: "tokenizer.json", Data: []byte("x")}, {Name: tokenizerConfig, Data: []byte(`{"model_max_length":  1e30}`)}}
	if got := withMaxLength(own, 128); len(got) != 2 || string(got[1].Data) != string(own[1].Data) {
		t.Errorf("its own: %s", got[1].Data)
	}
	got := withMaxLength(own[:1:1], 128)
	var config map[string]any
	must(t, json.Unmarshal(got[1].Data, &config))
	if len(got) != 2 || got[1].Name != tokenizerConfig || config["model_max_length"] != 128.0 || len(config) != 1 {
		t.Errorf("a new one: %v", got)
	}
}

// TestExportBase: the folder is the built-in model, to the hash of its weights, with the labels of an adapter and the kind of its task.
func TestExportBase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mini")
	a := &StoredAdapter{Provenance: &adapter.Provenance{Task: "moods.csv", Labels: []string{"calm", "<b>"}, MultiLabel: true}}
	e, err := ExportBase("mini", dir, a)
	must(t, err)
	if len(e.Files) != 4 || e.Bytes < 10<<20 {
		t.Errorf("%+v", e)
	}
	b, err := os.ReadFile(filepath.Join(dir, "config.json"))
	must(t, err)
	var config struct {
		Names   map[string]string `json:"id2label"`
		Numbers map[string]int    `json:"label2id"`
		Problem string            `json:"problem_type"`
		Type    string            `json:"torch_dtype"` // that Transformers computes in
	}
	must(t, json.Unmarshal(b, &config))
	if config.Names["1"] != "<b>" || config.Numbers["calm"] != 0 || config.Problem != "multi_label_classification" || config.Type != "float32" {
		t.Errorf("%+v", config)
	}
	if _, err := ExportBase("mini", dir, nil); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a folder that exists: %v", err)
	}
	if !isModel(dir) || isModel(filepath.Dir(dir)) {
		t.Error("the folder is not taken for a model")
	}
}

// TestOpenWhole: an adapter's folder is not taken for a whole model, and a record that says it is an adapter's is refused.
func TestOpenWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mini")
	_, err := ExportBase("mini", dir, nil)
	must(t, err)
	a, err := OpenAdapterOrModel(env(t), dir, adapter.Options{})
	must(t, err)
	if !a.Whole() || a.Adapter.Rank != 0 || a.Provenance.Model != dir || a.Provenance.Task != "" {
		t.Errorf("%+v of %+v", a, a.Provenance)
	}
	if _, err := OpenAdapter(env(t), dir, adapter.Options{}); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "is a whole model and not an adapter") {
		t.Errorf("as an adapter: %v", err)
	}
	for text, want := range map[string]string{`{"task": "demo"}`: "it is not known which of the two", `{"merged": 2, "nosuch": 1}`: "nosuch", `{`: "dylora.json"} {
		must(t, os.WriteFile(filepath.Join(dir, adapter.ProvenanceName), []byte(text), 0o666))
		if _, err := OpenAdapterOrModel(env(t), dir, adapter.Options{}); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestCaches: each cache's entries have its kind before their name; files that are no entries are not listed, and the splits of GLUE go
// when they are named.
func TestCaches(t *testing.T) {
	home := t.TempDir()
	e := env(t)
	e.Getenv = func(name string) string { return map[string]string{"XDG_CACHE_HOME": home}[name] }
	for _, name := range []string{"dylora/glue/rte-train/rows.jsonl", "dylora/glue/.rte-dev.0123/rows.jsonl", "dylora/packed/ab.packed", "dylora/packed/ab.txt", "huggingface/hub/models--a/refs/main"} {
		path := filepath.Join(home, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o777))
		must(t, os.WriteFile(path, []byte("12345"), 0o666))
	}
	l, err := Caches(e, nil, false)
	must(t, err)
	var names []string
	for _, entry := range l.Entries {
		names = append(names, entry.Name)
	}
	if got := strings.Join(names, " "); got != "packed/ab.packed glue/rte-train hub/a" || l.Bytes != 15 {
		t.Errorf("%s, %d bytes", got, l.Bytes)
	}
	if l, err = Caches(e, []string{"glue", "glue/rte-train"}, true); err != nil || len(l.Entries) != 1 || l.Removed {
		t.Errorf("dry: %+v, %v", l, err)
	}
	if _, err := Caches(e, []string{"glue", "nosuch"}, false); fault.ReasonOf(err) != NotCached {
		t.Errorf("an unknown name: %v", err)
	}
	if _, err := os.Stat(filepath.Join(home, "dylora/glue/rte-train")); err != nil {
		t.Errorf("removed before all names were known: %v", err)
	}
	if l, err = Caches(e, []string{"glue"}, false); err != nil || !l.Removed {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err := os.Stat(filepath.Join(home, "dylora/glue/rte-train")); err == nil {
		t.Error("the split is left")
	}
	var b strings.Builder
	must(t, l.WriteText(&b))
	if !strings.HasPrefix(b.String(), "glue/rte-train  5 B  ") || !strings.HasSuffix(b.String(), "1 entry, 5 B removed\n") {
		t.Errorf("%s", b.String())
	}
}
