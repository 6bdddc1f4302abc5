package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/glue/gluetest"
	"github.com/dylora/dylora/internal/hub/hubtest"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/models"
)

// onHub starts a Hub that has the built-in model under two names, and lets dylora use it
// with a cache of its own.
func onHub(t *testing.T) *hubtest.Server {
	t.Helper()
	s := hubtest.New(t)
	files := map[string][]byte{"README.md": []byte("not wanted")}
	names, err := fs.Glob(models.Mini(), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if files[name], err = fs.ReadFile(models.Mini(), name); err != nil {
			t.Fatal(err)
		}
	}
	s.Add("models/org/mini", files)
	s.Move("models/old-mini", "models/org/mini")
	t.Setenv("HF_ENDPOINT", s.URL)
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HF_HUB_OFFLINE", "")
	return s
}

// dylora runs a command line in this process.
func dylora(t *testing.T, want int, args ...string) (out, talk string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(args, strings.NewReader(""), &o, &e); got != want {
		t.Fatalf("dylora %s: exit %d, want %d: %s", strings.Join(args, " "), got, want, e.String())
	}
	return o.String(), e.String()
}

func TestFetchFlags(t *testing.T) {
	tests := []struct {
		args    string
		names   []string
		json    bool
		wantErr string
	}{
		{args: "org/name", names: []string{"org/name"}},
		{args: "a b@v1 --json", names: []string{"a", "b@v1"}, json: true},
		{args: "", wantErr: "say what to fetch"},
		{args: "a --rank 3", wantErr: "unknown flag"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *fetchOptions
			cmd := newFetchCmd(&streams{}, func(_ context.Context, o *fetchOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if !slices.Equal(got.names, tt.names) || got.json != tt.json {
				t.Errorf("options = %+v", got)
			}
		})
	}
}

func TestFetchModel(t *testing.T) {
	s := onHub(t)
	out, _ := dylora(t, 0, "fetch", "org/mini", "mini", "--json")
	var got struct{ Fetched []session.Fetched }
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Fetched) != 2 {
		t.Fatalf("%s: %v", out, err)
	}
	f := got.Fetched[0]
	if f.Commit != hubtest.Commit || f.Bytes != f.Downloaded || f.Bytes < 1<<20 || len(f.Files) < 3 || got.Fetched[1].Kind != "built in" {
		t.Errorf("session.Fetched %+v", got)
	}
	for _, file := range f.Files {
		if _, err := os.Stat(filepath.Join(f.Folder, file.Name)); err != nil || file.Name == "README.md" {
			t.Errorf("%s: %v", file.Name, err)
		}
	}
	out, _ = dylora(t, 0, "fetch", "org/mini@v1", "--revision", "v1")
	if !strings.Contains(out, "(0 B downloaded)\n  "+f.Folder) {
		t.Errorf("the second time: %q", out)
	}
	_, talk := dylora(t, int(fault.Usage), "fetch", "org/none")
	if !strings.Contains(talk, "there is no such repository") {
		t.Errorf("an unknown name: %q", talk)
	}
	s.Private("models/org/mini")
	_, talk = dylora(t, int(fault.Usage), "fetch", "org/mini@v9")
	if !strings.Contains(talk, "set HF_TOKEN") {
		t.Errorf("a private one: %q", talk)
	}
}

// TestTrainModelOfTheHub trains on a model by its name: the same bits as on the same model
// from elsewhere, also later without a network.
func TestTrainModelOfTheHub(t *testing.T) {
	onHub(t)
	runs := t.TempDir()
	t.Chdir(runs) // runs/latest is made where one is
	train := func(name string, args ...string) []byte {
		dir := filepath.Join(runs, name)
		dylora(t, 0, append([]string{"train", "--max-steps", "2", "--batch", "8", "--max-train-examples", "16", "--max-eval-examples", "8", "--run", dir}, args...)...)
		b, err := os.ReadFile(filepath.Join(dir, "adapter", "adapter_model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		return b[len(b)/2:] // weights: the header names the model
	}
	want := train("mini")
	if got := train("hub", "--model", "old-mini@v1"); !bytes.Equal(got, want) {
		t.Error("a model of the Hub trains to other bits than the same one built in")
	}
	facts, err := os.ReadFile(filepath.Join(runs, "hub", "adapter", "dylora.json"))
	if err != nil || !strings.Contains(string(facts), `"model": "old-mini"`) || !strings.Contains(string(facts), `"revision": "v1"`) {
		t.Errorf("the adapter remembers %s, %v", facts, err)
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	out, _ := dylora(t, 0, "eval", "--adapter", filepath.Join(runs, "hub"), "--max-eval-examples", "8", "--json")
	if !strings.Contains(out, `"examples":8`) {
		t.Errorf("eval prints %q", out)
	}
	_, talk := dylora(t, int(fault.Offline), "eval", "--adapter", filepath.Join(runs, "hub"), "--revision", "main")
	if !strings.Contains(talk, "model old-mini is not in the cache") {
		t.Errorf("eval of another revision: %q", talk)
	}
}

// TestTaskOfTheHub fetches a task, trains, evaluates and predicts on it, and needs the Hub no
// more: all of MNLI's test splits are there, the diagnostic set too.
func TestTaskOfTheHub(t *testing.T) {
	s := onHub(t)
	gluetest.Serve(t, s, 48)
	t.Setenv(runAsProgram, "1") // the process that reads parquet files is this binary
	t.Chdir(t.TempDir())
	out, _ := dylora(t, 0, "fetch", "MNLI", "sst2", "demo", "--verbose") // which tells the commits, too
	for _, want := range []string{"task mnli: 6 splits, ", "task sst2: 3 splits, ", ", commit 0123456789abcdef0123456789abcdef01234567\n  " + os.Getenv("XDG_CACHE_HOME"), "demo: built in\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("fetch prints %q, without %q", out, want)
		}
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	out, _ = dylora(t, 0, "fetch", "sst2", "--json")
	if !strings.Contains(out, `"kind":"task"`) || !strings.Contains(out, `"name":"sst2-dev"`) || !strings.Contains(out, `"downloaded":0}`) {
		t.Errorf("fetch again prints %q", out)
	}
	short := []string{"--max-length", "24"}
	_, talk := dylora(t, 0, append([]string{"train", "--task", "mnli", "--max-steps", "2", "--batch", "8", "--run", "runs/m"}, short...)...)
	if !strings.Contains(talk, "mnli train: 48 examples, labels entailment 16, neutral 16, contradiction 16") {
		t.Errorf("train says %q", talk)
	}
	for _, split := range []string{"dev", "dev_mismatched"} {
		out, _ = dylora(t, 0, append([]string{"eval", "--adapter", "runs/m", "--split", split, "--json"}, short...)...)
		if !strings.Contains(out, `"split":"`+split+`","rank":8,"examples":48`) {
			t.Errorf("eval prints %q", out)
		}
	}
	dylora(t, 0, append([]string{"predict", "--adapter", "runs/m", "--rank", "2", "--glue", "answers"}, short...)...)
	for _, name := range []string{"MNLI-m.tsv", "MNLI-mm.tsv", "AX.tsv"} {
		if b, err := os.ReadFile(filepath.Join("answers", "rank-2", name)); err != nil || bytes.Count(b, []byte("\n")) != 1+48 {
			t.Errorf("%s: %d lines, %v", name, bytes.Count(b, []byte("\n")), err)
		}
	}
	_, talk = dylora(t, int(fault.Offline), "train", "--task", "rte", "--run", "runs/r")
	if !strings.Contains(talk, "task rte: its train split, RTE/train.tsv, is not here: ") || !strings.Contains(talk, "; pass --data-dir, the GLUE folder that has it, or run 'dylora fetch'") {
		t.Errorf("another task: %q", talk)
	}
}

// TestTrainLine: what was fetched is trained with and on.
func TestTrainLine(t *testing.T) {
	task, model, demo := &session.Fetched{Name: "sst2", Kind: "task"}, &session.Fetched{Name: "a/b@main", Kind: "model"}, &session.Fetched{Name: "demo", Kind: "built in"}
	for want, all := range map[string][]*session.Fetched{
		"dylora train": {demo}, "dylora train --task sst2": {task, demo},
		"dylora train --model a/b@main": {model}, "dylora train --task sst2 --model a/b@main": {model, task},
	} {
		if got := trainLine(all); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
