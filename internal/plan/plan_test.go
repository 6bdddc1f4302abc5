package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// idOf is the ID of settings by key.
func idOf(t *testing.T, values map[string]any) string {
	t.Helper()
	r, err := settings.WithRecipe((&Line{Settings: values}).Layer("here"))
	if err != nil {
		t.Fatal(err)
	}
	return ID(r)
}

// TestID: what changes a result changes the ID; where and how fast it is computed, defaults that
// are said, and another spelling of a task do not.
func TestID(t *testing.T) {
	base := idOf(t, nil)
	for _, same := range []map[string]any{{"threads": 3}, {"kernel": "portable"}, {"checkpoint_every": 1}, {"task": "demo"}, {"lr": 1e-3}, {"seed": uint64(42)}} {
		if id := idOf(t, same); id != base {
			t.Errorf("%v: %s, without it %s", same, id, base)
		}
	}
	seen := map[string]map[string]any{base: nil}
	for _, other := range []map[string]any{{"seed": 1}, {"model": "m"}, {"data_dir": "d"}, {"precision": "i16"}, {"lr": 2e-3}, {"rank": 4}, {"task": "sst2"}, {"task": "cola"}, {"init_adapter": "a"}} {
		id := idOf(t, other)
		if before, twice := seen[id]; twice {
			t.Errorf("%v and %v have the ID %s", other, before, id)
		}
		seen[id] = other
	}
	if a, b := idOf(t, map[string]any{"task": "sst2"}), idOf(t, map[string]any{"task": "SST-2"}); a != b {
		t.Errorf("sst2 is %s, SST-2 %s", a, b)
	}
}

// TestParseRefused: a plan that was not made by Write is refused with the line.
func TestParseRefused(t *testing.T) {
	const good = `{"index":0,"id":"e3b0c44298fc","run":"a","settings":{}}` + "\n"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "\n\n", "p.jsonl has no trainings"},
		{"YAML", "runs: x", "p.jsonl line 1: invalid character"},
		{"a number too many", good + `{"index":3,"id":"1","run":"b","settings":{}}`, "p.jsonl line 2: index 3 where 1 is due"},
		{"another key", `{"index":0,"id":"1","run":"a","settings":{},"gpu":1}`, "unknown field"},
		{"no folder", `{"index":0,"id":"1","settings":{}}`, "p.jsonl line 1: no run folder"},
		{"two objects", strings.TrimSpace(good) + strings.TrimSpace(good), "more than one object"},
		{"one ID", good + `{"index":1,"id":"e3b0c44298fc","run":"b","settings":{}}`, "p.jsonl index 0 and p.jsonl index 1 have the same settings"},
		{"one folder", good + `{"index":1,"id":"2","run":"./a/","settings":{"lr":1}}`, "share the run folder a: runs needs {lr}, or {id}"},
		{"a folder in another", good + `{"index":1,"id":"2","run":"a/b/c","settings":{"lr":1}}`, "the run folder a/b/c of p.jsonl index 1 is inside that of p.jsonl index 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse("p.jsonl", []byte(tt.text))
			if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	if p, err := parse("p.jsonl", []byte("\n"+good+"\n\n")); err != nil || len(p.Lines) != 1 {
		t.Errorf("blank lines: %v", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); fault.ClassOf(err) != fault.Usage {
		t.Errorf("no file: %v", err)
	}
}

// TestCheck: settings are refused as in training, and so is an ID that is not theirs.
func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		`{"index":0,"id":"e3b0c44298fc","run":"a","settings":{"lr":-1}}`:    "lr: -1 is not a positive number (p.jsonl index 0)",
		`{"index":0,"id":"e3b0c44298fc","run":"a","settings":{"lrr":1}}`:    "p.jsonl index 0: lrr: unknown key",
		`{"index":0,"id":"e3b0c44298fc","run":"a","settings":{"rank":"8"}}`: "is not a whole number",
		`{"index":0,"id":"e3b0c44298fc","run":"a","settings":{"rank":4}}`:   "p.jsonl index 0: id e3b0c44298fc is not that of its settings, which is ",
	} {
		p, err := parse("p.jsonl", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(&p.Lines[0]); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	p, err := parse("p.jsonl", []byte(`{"index":0,"id":"x","run":"a","settings":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []int{-1, 1} {
		if _, err := p.At(index); fault.ClassOf(err) != fault.Usage {
			t.Errorf("index %d: %v", index, err)
		}
	}
}

// TestNumbers: seeds and rates come back from JSON to the bit.
func TestNumbers(t *testing.T) {
	l, err := parseLine([]byte(`{"index":0,"id":"x","run":"a","settings":{"seed":18446744073709551615,"lr":5e-4,"weight_decay":0,"rank":4,"new_head":true,"sampler":"uniform"}}`))
	if err != nil {
		t.Fatal(err)
	}
	layer := l.Layer("here")
	for key, want := range map[string]any{"seed": uint64(1<<64 - 1), "lr": 5e-4, "weight_decay": 0.0, "rank": 4, "new_head": true, "sampler": "uniform"} {
		if got, _ := layer.Value(key); got != want {
			t.Errorf("%s: %v, want %v; %v", key, got, want, layer.Err())
		}
	}
}

// FuzzPlan: whatever a plan holds, it is read or refused.
func FuzzPlan(f *testing.F) {
	f.Add(`{"index":0,"id":"e3b0c44298fc","run":"a","settings":{}}`)
	f.Add(`{"index":0,"id":"x","run":"a","arm":"b","settings":{"lr":1e400,"seed":-1,"targets":["a"]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parse("p", []byte(text))
		if err != nil {
			if fault.ClassOf(err) != fault.Usage {
				t.Fatalf("class %d: %v", fault.ClassOf(err), err)
			}
			return
		}
		for i := range p.Lines {
			if err := p.Check(&p.Lines[i]); err != nil && fault.ClassOf(err) != fault.Usage {
				t.Fatalf("class %d: %v", fault.ClassOf(err), err)
			}
		}
	})
}

// mustWrite writes a file and the folders above it.
func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
