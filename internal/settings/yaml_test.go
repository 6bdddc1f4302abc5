package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestYAMLLayerTakes(t *testing.T) {
	for _, tt := range []struct {
		text, key string
		want      any
		place     string
	}{
		{"rank: 4", "rank", 4, "x.yaml line 1"},
		{"# comment\n\nrank: 0x10 # and more", "rank", 16, "x.yaml line 3"},
		{"---\nrank: 4\n", "rank", 4, "x.yaml line 2"},
		{"rank: 4\n...\n", "rank", 4, "x.yaml line 1"},
		{"\ufeffrank: 4", "rank", 4, "x.yaml line 1"},
		{"{lr: 1e-4,\n rank: 3}", "rank", 3, "x.yaml line 2"},
		{"lr: 1e-4", "lr", 1e-4, "x.yaml line 1"},
		{"clip: 2", "clip", 2.0, "x.yaml line 1"},
		{"alpha: 10000000000000000000", "alpha", 1e19, "x.yaml line 1"},
		{"best: 4", "best", "4", "x.yaml line 1"},
		{"seed: 18446744073709551615", "seed", uint64(1<<64 - 1), "x.yaml line 1"},
		{"seed: 9007199254740993", "seed", uint64(1<<53 + 1), "x.yaml line 1"},
		{"targets: [query, key]", "targets", "query,key", "x.yaml line 1"},
		{"targets:\n- query\n- key\n", "targets", "query,key", "x.yaml line 1"},
		{"eval_ranks: [1, 2, 4-8]", "eval_ranks", "1,2,4-8", "x.yaml line 1"},
		{"data_dir: ''", "data_dir", "", "x.yaml line 1"},
		{"data_dir: !!str 8", "data_dir", "8", "x.yaml line 1"},
		{"data_dir: yes", "data_dir", "yes", "x.yaml line 1"},
		{"data_dir: |\n  a\n  b", "data_dir", "a\nb", "x.yaml line 1"},
		{"data_dir: !!binary /w==", "data_dir", "\xff", "x.yaml line 1"},
		{"allow_pickle: true", "allow_pickle", true, "x.yaml line 1"},
	} {
		l := YAMLLayer(File, "x.yaml", []byte(tt.text))
		v, ok := l.Value(tt.key)
		if err := l.Err(); err != nil || !ok || v != tt.want || l.Place(tt.key) != tt.place {
			t.Errorf("%q: %#v at %q, %v, want %#v at %q", tt.text, v, l.Place(tt.key), err, tt.want, tt.place)
		}
	}
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "---\n# nothing\n", "null", "~\n"} {
		if l := YAMLLayer(File, "x.yaml", []byte(text)); l.Err() != nil || len(l.Keys()) > 0 {
			t.Errorf("%q: %v, %v, want an empty layer", text, l.Keys(), l.Err())
		}
	}
}

func TestYAMLLayerRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"seed: 1\nrnak: 4":              "x.yaml line 2: rnak: unknown key",
		"Rank: 4":                       "x.yaml line 1: Rank: unknown key",
		"max-steps: 4":                  "x.yaml line 1: max-steps: unknown key",
		"<<: {rank: 4}":                 "x.yaml line 1: <<: unknown key",
		"[rank]: 4":                     "x.yaml line 1: : unknown key",
		"rank: 2.7":                     "x.yaml line 1: rank: 2.7 is not a whole number",
		"rank: 2.0":                     "x.yaml line 1: rank: 2 is not a whole number",
		"rank: true":                    "x.yaml line 1: rank: true is not a whole number",
		`rank: "8"`:                     `x.yaml line 1: rank: "8" is not a whole number`,
		"rank: ''":                      `x.yaml line 1: rank: "" is not a whole number`,
		"rank: [4]":                     "x.yaml line 1: rank: [4] is not a whole number",
		"rank: 99999999999999999999":    "x.yaml line 1: rank: 1e+20 is not a whole number",
		"rank: 9223372036854775808":     "x.yaml line 1: rank: 9223372036854775808 is not a whole number",
		"seed: -1":                      "x.yaml line 1: seed: -1 is not a whole number from 0 up",
		"seed: 18446744073709551616":    "x.yaml line 1: seed: 1.8446744073709552e+19 is not a whole number from 0 up",
		"lr: fast":                      `x.yaml line 1: lr: "fast" is not a number`,
		"lr: 1_5e":                      `x.yaml line 1: lr: "1_5e" is not a number`,
		"rank:":                         "x.yaml line 1: rank: has no value; leave the line out to keep the default",
		"rank: ~":                       "x.yaml line 1: rank: has no value; leave the line out to keep the default",
		"rank: {max: 4}":                "x.yaml line 1: rank: want a value, not a mapping or an alias",
		"rank: &a 4\nalpha: *a":         "x.yaml line 2: alpha: want a value, not a mapping or an alias",
		"rank: 4\nrank: 5":              "x.yaml line 2: rank: given twice, first at x.yaml line 1",
		"rank: !!int x":                 "x.yaml line 1: rank: yaml: ",
		"targets: [[query]]":            "x.yaml line 1: targets: [query] in a list is neither text nor a whole number",
		"targets: [query, null]":        "x.yaml line 1: targets: <nil> in a list is neither text nor a whole number",
		"targets: [1.5]":                "x.yaml line 1: targets: 1.5 in a list is neither text nor a whole number",
		"update: 1.5":                   "update: 1.5 is not text (x.yaml line 1)",
		"update: [all]":                 "update: [all] is not text (x.yaml line 1)",
		"quoting: [auto]":               "quoting: [auto] is not text (x.yaml line 1)",
		"quoting: excel":                `quoting: "excel" is none of auto, csv, none (x.yaml line 1)`,
		"task: 2020-01-01":              "x.yaml line 1: task: 2020-01-01 00:00:00 +0000 UTC is not text",
		"task: true":                    "x.yaml line 1: task: true is not text",
		"- rank":                        "x.yaml line 1: want lines of 'key: value'",
		"rank":                          "x.yaml line 1: want lines of 'key: value'",
		"rank: [":                       "x.yaml: yaml: ",
		"rank: 4\n\tlr: 1":              "x.yaml: yaml: ",
		"rank: 4\n---\nrank: 5":         "x.yaml line 2: a second document; one is read",
		"rank: 4\n---\n":                "a second document; one is read",
		"rank: 4\n---\nrank: [":         "x.yaml: yaml: ",
		"---\n# nothing\n---\nrank: 4":  "x.yaml line 3: a second document; one is read",
		"rank: \"\x01\"":                "x.yaml: yaml: ",
		"rank: \xff":                    "x.yaml: yaml: ",
		"task: demo\nrank: 4\n  lr: 12": "x.yaml: yaml: ",
	} {
		l := YAMLLayer(File, "x.yaml", []byte(text))
		err := l.Err()
		if err == nil || !strings.HasPrefix(err.Error(), want) && !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error = %v, want one line that begins or ends with %q", text, err, want)
		}
		if fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q: class %d", text, fault.ClassOf(err))
		}
	}
}

// What is sound in a file is taken beside what is not.
func TestYAMLLayerTakesWhatIsSound(t *testing.T) {
	l := YAMLLayer(File, "x.yaml", []byte("rank: 4\nlr: fast\nseed: 7\nrnak: 1\n"))
	rank, _ := l.Value("rank")
	seed, _ := l.Value("seed")
	if _, has := l.Value("lr"); rank != 4 || seed != uint64(7) || has || l.Place("lr") != "" {
		t.Errorf("rank %v, seed %v, lr taken %v", rank, seed, has)
	}
	if want := []string{"rank", "seed"}; !reflect.DeepEqual(l.Keys(), want) {
		t.Errorf("keys %v, want %v", l.Keys(), want)
	}
	if lines := strings.Split(l.Err().Error(), "\n"); len(lines) != 2 {
		t.Errorf("faults %q", lines)
	}
}

func TestFileLayer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("rank: 4\nlr: x\n")
	l, err := FileLayer(Run, path)
	if err != nil || l.Origin != Run || l.Place("rank") != path+" line 1" || l.Err() == nil || !strings.HasPrefix(l.Err().Error(), path+" line 2: lr: ") {
		t.Errorf("%+v, %v, faults %v", l, err, l.Err())
	}
	write(strings.Repeat("#", maxFileBytes))
	if _, err := FileLayer(File, path); err != nil {
		t.Errorf("a file of %d bytes: %v", maxFileBytes, err)
	}
	write(strings.Repeat("#", maxFileBytes+1))
	for at, want := range map[string]string{
		path:                              path + ": 1048577 bytes is too much for a config file",
		filepath.Join(path, "nosuch"):     "config file: " + filepath.Join(path, "nosuch"),
		filepath.Dir(path):                "is a directory",
		filepath.Dir(path) + "/none.yaml": "none.yaml: no such file",
	} {
		l, err := FileLayer(File, at)
		if err == nil || l != nil || !strings.Contains(err.Error(), want) || fault.ClassOf(err) != fault.Usage {
			t.Errorf("%s: %v, error = %v, want %q", at, l, err, want)
		}
	}
}

func FuzzYAMLLayer(f *testing.F) {
	f.Add("rank: 4\nlr: 1e-3\ntargets: [query, value]\n")
	f.Add("rank: &a 4\nalpha: *a")
	f.Add("---\n...\n---\n")
	f.Add("quoting: [auto]\nupdate: [all]\n")
	f.Add("rank: 9223372036854775807\nbest: R\neval_ranks: all\n")
	f.Add("rank: 4\n---\nrank: [")
	f.Add("data_dir: !!binary /w==\nmodel: \"\\u0085\"\ntask: |\n a\n")
	f.Add("alpha: 10000000000000000000\nlr: .nan\nclip: .inf\n? [a]\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		l := YAMLLayer(File, "fuzz.yaml", []byte(text))
		checkLayer(t, l)
	})
}

// checkLayer holds for every layer: its values join, and settings that break no rule read
// back as what they are.
func checkLayer(t *testing.T, l *Layer) {
	t.Helper()
	if err := l.Err(); err != nil && fault.ClassOf(err) != fault.Usage {
		t.Fatalf("a fault of class %d: %v", fault.ClassOf(err), err)
	}
	r, err := join(l)
	if err != nil {
		t.Fatalf("a checked layer does not join: %v", err)
	}
	joined := valuesOf(&r.Settings)
	for _, key := range l.Keys() {
		if v, _ := l.Value(key); r.Origin(key) != l.Origin || l.Place(key) == "" || v != joined[key] && v == v {
			t.Fatalf("%s: %v at %q became %v", key, v, l.Place(key), joined[key])
		}
	}
	if len(r.broken()) > 0 {
		return
	}
	again := YAMLLayer(Run, "config.yaml", r.YAML())
	back, err := join(again)
	if again.Err() != nil || err != nil || back.Settings != r.Settings {
		t.Fatalf("read back %+v, %v, %v\nwrote     %+v\n%s", back.Settings, again.Err(), err, r.Settings, r.YAML())
	}
}

// TestFormat: a file says of which version it is, or nothing; one of a newer version is refused by name, and for that alone.
func TestFormat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"rank: 4\n":                           "",
		"format: 1\nrank: 4\n":                "",
		"rank: 4\nformat: 1\n":                "",
		"format: 2\nkey_of_the_future: yes\n": "run/config.yaml has format 2, this program reads up to 1: update dylora",
		"key_of_the_future: yes\nformat: 9\n": "run/config.yaml has format 9, this program reads up to 1: update dylora",
		"format: 0\n":                         "run/config.yaml has format 0: formats begin at 1",
		"format: new\n":                       "run/config.yaml line 1: format: want a whole number",
		"format:\n  a: 1\n":                   "run/config.yaml line 1: format: want a whole number",
		"rank: 4\nformat: 1\nformat: 1\n":     "run/config.yaml line 3: format: given twice, first at run/config.yaml line 2",
	} {
		l := YAMLLayer(Run, "run/config.yaml", []byte(text))
		got := ""
		if err := l.Err(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if want == "" && l.Keys()[0] != "rank" {
			t.Errorf("%q sets %v", text, l.Keys())
		}
	}
}
