package main

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// newest is the adapter argument of a command line that names none.
func newest() baseArgs { return baseArgs{adapterArg: adapterArg{path: session.LatestRun}} }

// adapterAt is the adapter argument of a command line that names a path.
func adapterAt(path string) baseArgs { return baseArgs{adapterArg: adapterArg{path: path}} }

func TestMergeFlags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args    string
		want    mergeOptions
		wantErr string
	}{
		{args: "", want: mergeOptions{baseArgs: newest(), ranks: flagset.Ranks{Flag: "--rank"}}},
		{args: "x --rank 1,2 --out m --json", want: mergeOptions{baseArgs: adapterAt("x"), ranks: flagset.Ranks{Flag: "--rank", Spec: "1,2"}, out: "m", json: true}},
		{args: "-a x --ranks all -o m", want: mergeOptions{baseArgs: adapterAt("x"), ranks: flagset.Ranks{Flag: "--ranks", Spec: "all"}, out: "m"}},
		{args: "--force-base", want: mergeOptions{baseArgs: baseArgs{adapterArg: newest().adapterArg, forceBase: true}, ranks: flagset.Ranks{Flag: "--rank"}}},
		{args: "--ranks 0", wantErr: "--ranks: rank 0"},
		{args: "--out=", wantErr: "--out is empty"},
		{args: "--precision i16", wantErr: "unknown flag"},
		{args: "x y", wantErr: "unexpected argument"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			var got *mergeOptions
			cmd := newMergeCmd(&streams{}, func(_ context.Context, o *mergeOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			got.io, got.layers = nil, nil
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestCheckOptions(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]checkOptions{
		"":                                  {baseArgs: newest(), ranks: flagset.Ranks{Flag: "--rank"}},
		"x --rank 1,4 --nested --data":      {baseArgs: adapterAt("x"), ranks: flagset.Ranks{Flag: "--rank", Spec: "1,4"}, nested: true, data: true},
		"--adapter x --ranks 1-3 --json":    {baseArgs: adapterAt("x"), ranks: flagset.Ranks{Flag: "--ranks", Spec: "1-3"}, json: true},
		"x --nested=false --ranks all":      {baseArgs: adapterAt("x"), ranks: flagset.Ranks{Flag: "--ranks", Spec: "all"}},
		"x --data-dir glue --threads 2":     {baseArgs: adapterAt("x"), ranks: flagset.Ranks{Flag: "--rank"}},
		"x --task sst2 --model m --ranks=8": {baseArgs: adapterAt("x"), ranks: flagset.Ranks{Flag: "--ranks", Spec: "8"}},
	} {
		var got *checkOptions
		cmd := newCheckCmd(&streams{}, func(_ context.Context, o *checkOptions) error { got = o; return nil })
		if err := execute(cmd, args); err != nil {
			t.Fatal(err)
		}
		got.io, got.layers = nil, nil
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: options = %+v, want %+v", args, *got, want)
		}
	}
}

func TestInspectFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]inspectOptions{
		"":                 {adapterArg: adapterArg{path: session.LatestRun}},
		"x":                {adapterArg: adapterArg{path: "x"}},
		"--json -a x":      {adapterArg: adapterArg{path: "x"}, json: true},
		"x --allow-pickle": {adapterArg: adapterArg{path: "x", read: adapter.Options{AllowPickle: true}}},
		"--model m --json": {adapterArg: adapterArg{path: session.LatestRun}, model: true, json: true},
	} {
		var got *inspectOptions
		cmd := newInspectCmd(&streams{}, func(_ context.Context, o *inspectOptions) error { got = o; return nil })
		if err := execute(cmd, args); err != nil {
			t.Fatal(err)
		}
		got.io, got.layers = nil, nil
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: options = %+v, want %+v", args, *got, want)
		}
	}
	for args, want := range map[string]string{
		"--rank 1": "unknown flag", "--task demo": "unknown flag",
		"x --model m": "give one of them", "--model m -a x": "give one of them", "--revision v1": "name it with --model",
	} {
		if err := execute(newInspectCmd(&streams{}, nil), args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// The layers of a command are the file, the environment and its flags, weakest first, and
// what Open gets of them.
func TestLayersOfACommand(t *testing.T) {
	t.Setenv("DYLORA_TASK", "mrpc")
	t.Setenv("DYLORA_MAX_LENGTH", "32")
	file := writeFile(t, "run.yaml", "task: cola\nmax_length: 16\nmodel: m\n")
	var got *sweepOptions
	cmd := newSweepCmd(&streams{}, func(_ context.Context, o *sweepOptions) error { got = o; return nil })
	if err := execute(cmd, "x --rank 2 --max-length 64 --force-base --config "+file); err != nil {
		t.Fatal(err)
	}
	o := got.options()
	if !o.ForceBase || o.AnyTask || o.Exact || o.Split != "" {
		t.Errorf("options of Open: %+v", o)
	}
	r, err := settings.Resolve(o.Layers...)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]settings.Origin{"model": settings.File, "task": settings.Env, "max_length": settings.Flag, "rank": settings.Default} {
		if r.Origin(key) != want {
			t.Errorf("%s is from %s, want %s", key, r.Origin(key), want)
		}
	}
	if r.Data.Task != "mrpc" || r.Data.MaxLength != 64 || r.Data.Model != "m" {
		t.Errorf("%+v", r.Data)
	}
}

// config show prints every setting once, with its value and where it is from.
func TestConfigShow(t *testing.T) {
	t.Setenv("DYLORA_SEED", "18446744073709551615")
	file := writeFile(t, "run.yaml", "# a comment\ntargets: [query, key]\n")
	show := func(args string) string {
		t.Helper()
		var out bytes.Buffer
		if err := execute(newConfigShowCmd(&streams{out: &out}, runConfigShow), args+" --config "+file); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	text := show("--task mrpc --precision i16")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if n := len(settings.Keys()); len(lines) != n+2 {
		t.Errorf("%d lines for %d settings:\n%s", len(lines), n, text)
	}
	for _, want := range []string{
		"setting|value|origin", "task|mrpc|flag (--task)", "seed|18446744073709551615|env (DYLORA_SEED)", "targets|query,key|file (" + file + " line 2)",
		"precision|i16|flag (--precision)", "alpha|16|default", "epochs|6|recipe",
	} {
		found := false
		for _, line := range lines {
			cells := strings.Fields(strings.ReplaceAll(line, `"`, ""))
			found = found || len(cells) >= 3 && cells[0]+"|"+cells[1]+"|"+strings.Join(cells[2:], " ") == want
		}
		if !found {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
	var all struct{ Settings []settings.Entry }
	if err := json.Unmarshal([]byte(show("--json --task mrpc")), &all); err != nil || len(all.Settings) != len(settings.Keys()) {
		t.Fatalf("%d settings, %v", len(all.Settings), err)
	}
	for i, key := range settings.Keys() {
		e := all.Settings[i]
		if e.Key != key || e.From == e.Origin || (e.From == "") != (e.Origin == "default") && e.Origin != "recipe" {
			t.Errorf("entry %d: %+v, want %s", i, e, key)
		}
	}
}
