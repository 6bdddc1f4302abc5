package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/reftest"
)

// earlier is a test in a working folder that an earlier version left: with a run that was
// stopped, one that ended, its adapter, their data and their base model.
type earlier struct{ *testing.T }

func inEarlier(t *testing.T) earlier {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/before")); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(reftest.Testdata(t), "roberta", "model")
	if err := os.CopyFS(filepath.Join(dir, "model"), os.DirFS(model)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DYLORA_CACHE", "off")
	t.Chdir(dir)
	return earlier{t}
}

// succeed runs a line of arguments and returns what it prints.
func (t earlier) succeed(line string) string {
	t.Helper()
	var out, talk bytes.Buffer
	if code := run(strings.Fields(line), strings.NewReader(""), &out, &talk); code != 0 {
		t.Fatalf("dylora %s: exit %d: %s", line, code, talk.String())
	}
	return out.String()
}

func (t earlier) read(elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fingerprint is that of the adapter in a folder.
func (t earlier) fingerprint(dir string) string {
	t.Helper()
	a, _, err := adapter.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a.Fingerprint()
}

// TestBeforeResume: a run that an earlier version was stopped in goes on to the bits that the
// earlier version reached, with its log and its sweep.
func TestBeforeResume(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the files are of amd64; compilers for other processors may fuse multiplications and additions, which changes bits")
	}
	e := inEarlier(t)
	config := e.read("stopped", "config.yaml")
	printed := e.succeed("train --resume --run stopped --json")
	if got, want := e.fingerprint("stopped/adapter"), e.fingerprint("whole/adapter"); got != want {
		t.Error("the adapter differs from that of the earlier version")
	}
	if got, want := e.read("stopped", "metrics.jsonl"), e.read("whole", "metrics.jsonl"); got != want {
		t.Errorf("metrics.jsonl is\n%s, of the earlier version\n%s", got, want)
	}
	want := strings.Replace(e.read("whole", "sweep.json"), `"run":"whole"`, `"run":"stopped"`, 1)
	if got := e.read("stopped", "sweep.json"); !keeps(got, want) || printed != got {
		t.Errorf("sweep.json is\n%s, printed is\n%s, of the earlier version\n%s", got, printed, want)
	}
	if e.read("stopped", "config.yaml") != config {
		t.Error("config.yaml was written anew")
	}
}

// TestBeforeRefused: the checks of a resume hold for such a run, too.
func TestBeforeRefused(t *testing.T) {
	e := inEarlier(t)
	text := strings.Replace(e.read("train.csv"), "the boat sank,bad", "the boat sank,good", 1)
	for line, want := range map[string]string{
		"train --resume --run stopped --rank 8":  "resume: rank is 8",
		"train --resume --run stopped --lr 0.02": "resume: lr is 0.02",
	} {
		var out, talk bytes.Buffer
		if code := run(strings.Fields(line), strings.NewReader(""), &out, &talk); code != 2 || !strings.Contains(talk.String(), want) {
			t.Errorf("dylora %s: exit %d: %s", line, code, talk.String())
		}
	}
	if err := os.WriteFile("train.csv", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, talk bytes.Buffer
	code := run(strings.Fields("train --resume --run stopped"), strings.NewReader(""), &out, &talk)
	if code != 2 || !strings.Contains(talk.String(), "other inputs than the run was started with: training is") {
		t.Errorf("other data: exit %d: %s", code, talk.String())
	}
}

// TestBeforeAdapter: the adapter of an earlier version is evaluated with the values that the
// earlier version gave, and its slice has the same weights and says the same of itself.
func TestBeforeAdapter(t *testing.T) {
	e := inEarlier(t)
	for _, tt := range []struct{ line, want string }{
		{"eval --adapter whole --rank 4 --kernel portable --json", "eval.json"},
		{"sweep --adapter whole --kernel portable --json", "sweep.json"},
		{"eval --adapter whole/adapter --rank 4 --kernel portable --json --dev-file dev.csv --task train.csv", "eval.json"},
	} {
		if got, want := e.succeed(tt.line), e.read(tt.want); !keeps(got, want) {
			t.Errorf("dylora %s prints\n%s, the earlier version\n%s", tt.line, got, want)
		}
	}
	e.succeed("slice --adapter whole --rank 2 --out again")
	if e.fingerprint("again") != e.fingerprint("slice") {
		t.Error("the slice's weights differ")
	}
	if got, want := e.read("again", "adapter_model.safetensors"), e.read("slice", "adapter_model.safetensors"); got != want {
		t.Error("the slice's weights file differs")
	}
	for _, file := range []string{"dylora.json", "adapter_config.json"} {
		got, want := e.read("again", file), e.read("slice", file)
		if file == "dylora.json" { // which has gained the version of its format, and nothing else
			got = strings.Replace(got, "  \"format\": 1,\n", "", 1)
		}
		if got != want {
			t.Errorf("%s of the slice is\n%s, of the earlier version\n%s", file, got, want)
		}
	}
	if got := e.succeed("inspect --adapter whole --json"); !strings.Contains(got, `"facts":{"version":`) {
		t.Errorf("inspect prints %s", got)
	}
	if got := e.succeed("check --adapter whole --json --kernel portable"); !strings.Contains(got, `"nested":"yes"`) || !strings.Contains(got, `"holds":true`) {
		t.Errorf("check prints %s", got)
	}
}

// keeps says whether a JSON text has every field of an earlier one, with its value to the digit. It may
// have further ones.
func keeps(got, earlier string) bool {
	decode := func(text string) (v any) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber() // digits stay as they are written
		if d.Decode(&v) != nil || d.More() {
			return nil
		}
		return v
	}
	was := decode(earlier)
	return was != nil && within(was, decode(got))
}

// within says whether value b is a, or has all that a has.
func within(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		for key, v := range a {
			w, found := b[key]
			ok = ok && found && within(v, w)
		}
		return ok
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, within)
	}
	return reflect.DeepEqual(a, b)
}

// TestKeeps: what keeps calls the same, by example.
func TestKeeps(t *testing.T) {
	for _, tt := range []struct {
		got, earlier string
		want         bool
	}{
		{`{"a":1,"b":[{"c":0.10,"d":2}]}`, `{"a":1,"b":[{"c":0.10}]}`, true},
		{`{"a":1,"b":[{"c":0.1}]}`, `{"a":1,"b":[{"c":0.10}]}`, false},
		{`{"b":[]}`, `{"a":null}`, false},
		{`{"b":[1,2]}`, `{"b":[1]}`, false},
		{`{"a":{}}`, `{"a":[]}`, false},
		{`{"a":1} {}`, `{"a":1}`, false},
		{``, ``, false},
	} {
		if got := keeps(tt.got, tt.earlier); got != tt.want {
			t.Errorf("%s keeps %s: %v", tt.got, tt.earlier, got)
		}
	}
}
