package predict

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o777))
	must(t, os.WriteFile(path, []byte(text), 0o666))
}

func get(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return string(b)
}

func glueTask(t *testing.T, name string) *data.Task {
	t.Helper()
	task, err := data.LookupTask(name)
	must(t, err)
	return task
}

// mnli is an adapter for MNLI on the committed RoBERTa, whose texts are in the folder glue of
// the working folder: splits of 7, 5 and 3 rows.
func mnli(t *testing.T, env *session.Env, yaml string) *session.Session {
	t.Helper()
	base := os.DirFS(filepath.Join(reftest.Testdata(t), "roberta", "model"))
	t.Chdir(t.TempDir())
	must(t, os.CopyFS("model", base))
	for file, n := range map[string]int{"MNLI/test_matched.tsv": 7, "MNLI/test_mismatched.tsv": 5, "diagnostic/diagnostic.tsv": 3} {
		text := "index\tsentence1\tsentence2\n"
		for i := range n {
			text += fmt.Sprintf("%d\tthe %s sank\tthe river was %s\n", i, []string{"boat", "old boat", "small boat"}[i%3], []string{"cold", "so old"}[i%2])
		}
		put(t, filepath.Join("glue", file), text)
	}
	m, err := model.Load(os.DirFS("model"), "model", model.LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	projections, err := m.Projections([]string{"query"})
	must(t, err)
	a, err := adapter.New(2, 4, adapter.Paper, projections, m.Head(3, 1), 1)
	must(t, err)
	for i := range a.Modules {
		for j := range a.Modules[i].B {
			a.Modules[i].B[j] = float32(j%7) - 3
		}
	}
	must(t, adapter.Save("a", a, &adapter.Provenance{Task: "mnli", Model: "model", Labels: glueTask(t, "mnli").Labels}, adapter.SaveOptions{}))
	stored, err := session.OpenAdapter(env, "a", adapter.Options{})
	must(t, err)
	layer := settings.YAMLLayer(settings.Flag, "test.yaml", []byte("data_dir: glue\n"+yaml))
	s, err := session.Open(t.Context(), env, stored, session.Options{Layers: []*settings.Layer{layer}})
	must(t, err)
	return s
}

// quiet is an Env whose notes are collected.
func quiet(notes *[]string) *session.Env {
	return &session.Env{
		Note:   func(line string) { *notes = append(*notes, line) },
		Getenv: func(name string) string { return map[string]string{"DYLORA_CACHE": "off"}[name] },
		Now:    time.Now,
	}
}

// TestPartsHere: the diagnostic set is left out where its file is not there, and nothing else
// is; the Hub has all.
func TestPartsHere(t *testing.T) {
	dir := t.TempDir()
	files := func(task, dir string) string {
		t.Helper()
		parts, err := partsHere(glueTask(t, task), settings.Data{DataDir: dir})
		must(t, err)
		var names []string
		for _, p := range parts {
			names = append(names, p.File)
		}
		return strings.Join(names, " ")
	}
	for _, tt := range []struct{ task, dir, want string }{
		{"mnli", "", "MNLI-m.tsv MNLI-mm.tsv AX.tsv"},
		{"mnli", dir, "MNLI-m.tsv MNLI-mm.tsv"},
		{"mnli", filepath.Join(dir, "nosuch"), "MNLI-m.tsv MNLI-mm.tsv"},
		{"rte", dir, "RTE.tsv"}, // that its split is missing is said when it is read
		{"stsb", "", "STS-B.tsv"},
	} {
		if got := files(tt.task, tt.dir); got != tt.want {
			t.Errorf("%s in %q: %s, want %s", tt.task, tt.dir, got, tt.want)
		}
	}
	put(t, filepath.Join(dir, "diagnostic", "diagnostic.tsv"), "")
	if got := files("mnli", dir); got != "MNLI-m.tsv MNLI-mm.tsv AX.tsv" {
		t.Errorf("with the diagnostic set: %s", got)
	}
	if _, err := partsHere(glueTask(t, "demo"), settings.Data{}); fault.ClassOf(err) != fault.Usage {
		t.Errorf("demo: %v", err)
	}
}

// TestPlan: a folder for each rank with the task's files; nothing is made, and what is in the
// way is refused.
func TestPlan(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "sub")
	rte := glueTask(t, "rte")
	plan, err := Plan(rte, settings.Data{}, out, []int{1, 4}, false)
	must(t, err)
	for i, rank := range []int{1, 4} {
		if w := plan[i]; w.Rank != rank || w.Folder != filepath.Join(out, fmt.Sprintf("rank-%d", rank)) || !slices.Equal(w.Files, []string{"RTE.tsv"}) {
			t.Errorf("%+v", w)
		}
	}
	if _, err := os.Lstat(out); len(plan) != 2 || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%d planned; the folder: %v", len(plan), err)
	}
	put(t, filepath.Join(out, "rank-1", "QNLI.tsv"), "kept")
	put(t, filepath.Join(out, "rank-4", "RTE.tsv"), "old")
	for _, tt := range []struct {
		task    string
		ranks   []int
		replace bool
		reason  fault.Reason
		want    string
	}{
		{"rte", []int{1}, false, "", ""},
		{"rte", []int{1, 4}, false, session.Occupied, filepath.Join("rank-4", "RTE.tsv") + " exists"},
		{"rte", []int{1, 4}, true, "", ""},
		{"qnli", []int{1}, false, session.Occupied, "QNLI.tsv exists"},
		{"demo", []int{1}, true, "", "task demo is none of GLUE's"},
	} {
		plan, err := Plan(glueTask(t, tt.task), settings.Data{}, out, tt.ranks, tt.replace)
		if tt.want == "" && (err != nil || len(plan) != len(tt.ranks)) ||
			tt.want != "" && (plan != nil || fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != tt.reason || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: %v, %v", tt, plan, err)
		}
	}
	put(t, filepath.Join(out, "rank-1", "notes.txt"), "mine")
	if _, err := Plan(rte, settings.Data{}, out, []int{1}, true); err == nil || !strings.Contains(err.Error(), "notes.txt is no file of a GLUE submission") {
		t.Errorf("a file of somebody's: %v", err)
	}
}

// TestSubmit: each file has a row for each of its split, at each rank what the adapter answers
// there; files of other tasks stay.
func TestSubmit(t *testing.T) {
	var notes []string
	env := quiet(&notes)
	s := mnli(t, env, "")
	put(t, "sub/rank-2/RTE.tsv", "of another task")
	plan, err := Plan(s.Task, s.Data, "sub", []int{1, 2}, false)
	must(t, err)
	must(t, Submit(t.Context(), env, s, plan, false))
	for _, rank := range []int{1, 2} {
		for split, file := range map[string]string{"test_matched": "MNLI-m.tsv", "test_mismatched": "MNLI-mm.tsv", "diagnostic": "AX.tsv"} {
			results, err := s.Measure(t.Context(), split, []int{rank})
			must(t, err)
			want, err := SubmissionFile(s.Task, &results[0])
			must(t, err)
			rows := map[string]int{"test_matched": 7, "test_mismatched": 5, "diagnostic": 3}[split]
			if got := get(t, filepath.Join("sub", fmt.Sprintf("rank-%d", rank), file)); got != string(want) || strings.Count(got, "\n") != rows+1 {
				t.Errorf("rank %d, %s: %s, want %s", rank, file, got, want)
			}
		}
	}
	if got := get(t, "sub/rank-2/RTE.tsv"); got != "of another task" {
		t.Errorf("RTE.tsv is %s", got)
	}
	if len(notes) > 0 {
		t.Errorf("told %q", notes)
	}
	before := get(t, "sub/rank-1/AX.tsv")
	if err := Submit(t.Context(), env, s, plan, false); fault.ReasonOf(err) != session.Occupied {
		t.Errorf("once more: %v", err)
	}
	put(t, "sub/rank-1/AX.tsv", "old")
	must(t, Submit(t.Context(), env, s, plan[:1], true))
	if got := get(t, "sub/rank-1/AX.tsv"); got != before {
		t.Errorf("replaced by %s, want %s", got, before)
	}
}

// TestSubmitCut: a split that is cut is of no use to the server, which the user is told.
func TestSubmitCut(t *testing.T) {
	var notes []string
	env := quiet(&notes)
	s := mnli(t, env, "max_eval_examples: 4")
	plan, err := Plan(s.Task, s.Data, "sub", []int{2}, false)
	must(t, err)
	must(t, Submit(t.Context(), env, s, plan, false))
	if got := get(t, "sub/rank-2/MNLI-m.tsv"); strings.Count(got, "\n") != 5 {
		t.Errorf("%s", got)
	}
	if want := "max_eval_examples is 4: longer splits are cut, and the server refuses them"; !slices.Equal(notes, []string{want}) {
		t.Errorf("told %q", notes)
	}
}

// TestSubmitFails: a split that cannot be read, and a caller that has enough, leave nothing.
func TestSubmitFails(t *testing.T) {
	var notes []string
	env := quiet(&notes)
	s := mnli(t, env, "")
	plan, err := Plan(s.Task, s.Data, "sub", []int{1, 2}, false)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Submit(ctx, env, s, plan, false); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	must(t, os.Remove("glue/MNLI/test_mismatched.tsv"))
	if err := Submit(t.Context(), env, s, plan, false); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "test_mismatched.tsv") {
		t.Errorf("a split is missing: %v", err)
	}
	if _, err := os.Lstat("sub"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}
