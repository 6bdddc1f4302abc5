package session

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/settings"
)

// training makes a training file and gives the setting that names it.
func training(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, []byte(content), 0o600))
	return "task: " + path
}

// TestDecide: the kind of a task of files is the one that the user says, else what problem_type of the
// base model says, whatever the file looks like as a classification.
func TestDecide(t *testing.T) {
	const (
		words   = "text,label\na,joy\nb,fear\n"
		numbers = "text,label\na,1.5\nb,2\n"
		lists   = `{"text":"a","label":["joy","fear"]}` + "\n" + `{"text":"b","label":[]}`
		columns = "text,v,w\na,1,0\nb,0,1\n"
	)
	for _, tt := range []struct {
		name, file, content, yaml, problem string
		kind                               data.Kind
		labels                             []string
		told                               bool
		part                               string // of the refusal; "": none
	}{
		{"nobody says", "t.csv", words, "", "", data.Classification, []string{"fear", "joy"}, false, ""},
		{"single", "t.csv", words, "", model.SingleLabel, data.Classification, []string{"fear", "joy"}, false, ""},
		{"multi-label", "t.csv", words, "", model.MultiLabel, data.MultiLabel, []string{"fear", "joy"}, true, ""},
		{"lists", "t.jsonl", lists, "", model.MultiLabel, data.MultiLabel, []string{"fear", "joy"}, true, ""},
		{"lists of a classification", "t.jsonl", lists, "", "", 0, nil, false, "where a label belongs"},
		{"columns", "t.csv", columns, "; label_column: \"v,w\"", model.MultiLabel, data.MultiLabel, []string{"v", "w"}, true, ""},
		{"a number", "t.csv", numbers, "", model.Regression, data.Regression, nil, true, ""},
		{"numbers", "t.csv", columns, "; label_column: \"v,w\"", model.Regression, data.Regression, []string{"v", "w"}, true, ""},
		{"the user says classification", "t.csv", words, "; kind: classification", model.MultiLabel, data.Classification, []string{"fear", "joy"}, false, ""},
		{"the user says multi-label", "t.csv", words, "; kind: multi-label; threshold: 0.3", model.SingleLabel, data.MultiLabel, []string{"fear", "joy"}, false, ""},
		{"a threshold for what the base decides", "t.csv", words, "; threshold: 0.3", model.MultiLabel, data.MultiLabel, []string{"fear", "joy"}, true, ""},
		{"a threshold of a classification", "t.csv", words, "; threshold: 0.3", "", 0, nil, false, "threshold: is for a multi-label task, and task t.csv is a classification ("},
		{"the defaults, as a run's settings have them", "t.csv", words, "; threshold: 0.5; label_separator: \"\"", "", data.Classification, []string{"fear", "joy"}, false, ""},
		{"a separator of a regression", "t.csv", numbers, "; label_separator: \";\"; kind: regression", "", 0, nil, false, "label_separator: is for a multi-label task"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Propose(settled(t, training(t, tt.file, tt.content)+tt.yaml), nil)
			must(t, err)
			if p.Task.Name != tt.file {
				t.Errorf("proposed %q", p.Task.Name)
			}
			for range 2 { // the configuration may be seen twice, before a download and after it
				task, note, err := p.Decide(&model.Config{ProblemType: tt.problem}, "base/config.json")
				if tt.part != "" {
					if err == nil || !strings.Contains(err.Error(), tt.part) {
						t.Fatalf("%v, want a refusal with %q", err, tt.part)
					}
					continue
				}
				must(t, err)
				if task.Kind != tt.kind || !slices.Equal(task.Labels, tt.labels) || (note != "") != tt.told {
					t.Errorf("%s with labels %q, told %q", task.Kind, task.Labels, note)
				}
				if tt.told && !strings.Contains(note, "base/config.json") {
					t.Errorf("told %q", note)
				}
				if want := p.settings.Data.Threshold; task.Kind == data.MultiLabel && task.Threshold != want {
					t.Errorf("threshold %v, want %v", task.Threshold, want)
				}
			}
		})
	}
}

// TestProposeRefuses: what no kind would mend is refused before the base model is looked for.
func TestProposeRefuses(t *testing.T) {
	for name, yaml := range map[string]string{
		"no file":                "task: " + filepath.Join(t.TempDir(), "none.csv"),
		"the user says the kind": training(t, "t.jsonl", `{"text":"a","label":["joy"]}`) + "; kind: classification",
		"labels of a regression": training(t, "t.csv", "text,label\na,1\n") + "; kind: regression; labels: \"a,b\"",
	} {
		if _, err := Propose(settled(t, yaml), nil); err == nil {
			t.Errorf("%s: proposed", name)
		}
	}
	if _, err := Propose(settled(t, "task: stsb"), nil); err != nil {
		t.Errorf("a task of GLUE: %v", err)
	}
}

// TestKindsOfHeads: problem_type and kind name each other.
func TestKindsOfHeads(t *testing.T) {
	for kind, problem := range map[data.Kind]string{data.Classification: model.SingleLabel, data.MultiLabel: model.MultiLabel, data.Regression: model.Regression} {
		if kindOf(problem) != kind || problemType(&data.Task{Kind: kind}) != problem {
			t.Errorf("%s and %s", kind, problem)
		}
		p := &adapter.Provenance{MultiLabel: kind == data.MultiLabel, Regression: kind == data.Regression}
		if recordedKind(p) != kind {
			t.Errorf("recorded %s for %s", recordedKind(p), kind)
		}
	}
	if kindOf("") != data.Classification {
		t.Error("no problem_type is a classification")
	}
}

// TestUnknownTaskKinds: where nobody names a task, problem_type says what the columns are.
func TestUnknownTaskKinds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		head   int // columns of the adapter's own; 0: it has none
		config model.Config
		kind   data.Kind
		labels string
	}{
		{"labels", 3, model.Config{Labels: []string{"a", "b", "c"}, Outputs: 3, ProblemType: model.MultiLabel}, data.MultiLabel, "a,b,c"},
		{"labels of the base's head", 0, model.Config{Labels: []string{"a", "b"}, Outputs: 2, ProblemType: model.MultiLabel}, data.MultiLabel, "a,b"},
		{"one label", 1, model.Config{Labels: []string{"a"}, Outputs: 1, ProblemType: model.MultiLabel}, data.MultiLabel, "a"},
		{"outputs", 2, model.Config{Labels: []string{"v", "w"}, Outputs: 2, ProblemType: model.Regression}, data.Regression, "v,w"},
		{"one output", 1, model.Config{Labels: []string{"LABEL_0"}, Outputs: 1, ProblemType: model.Regression}, data.Regression, ""},
		{"generic names", 2, model.Config{Labels: []string{"LABEL_0", "LABEL_1"}, Outputs: 2, ProblemType: model.MultiLabel}, data.MultiLabel, "LABEL_0,LABEL_1"},
		{"one output of nothing known", 1, model.Config{Outputs: 1}, data.Regression, ""},
		{"columns of nothing known", 3, model.Config{Outputs: 2}, data.Classification, "LABEL_0,LABEL_1,LABEL_2"},
		{"columns of the base's head, of nothing known", 0, model.Config{Outputs: 2}, data.Classification, "LABEL_0,LABEL_1"},
		{"names of a head of another size", 2, model.Config{Labels: []string{"a", "b", "c"}, Outputs: 3}, data.Classification, "LABEL_0,LABEL_1"},
	} {
		s := &Session{StoredAdapter: &StoredAdapter{Path: "ad"}, settings: settled(t, ""), Data: settings.Defaults().Data}
		task, err := s.unknownTask(&Columns{Outputs: tt.head, Config: &tt.config, Place: "base/config.json"})
		must(t, err)
		if task.Kind != tt.kind || strings.Join(task.Labels, ",") != tt.labels || task.Threshold != 0.5 {
			t.Errorf("%s: %+v", tt.name, task)
		}
	}
}

// TestRememberedMultiLabel: an adapter's folder keeps the kind of its task, the threshold and
// the separator.
func TestRememberedMultiLabel(t *testing.T) {
	l := settings.NewLayer(settings.Run)
	rememberFiles(l, &adapter.Provenance{Task: "t.csv", MultiLabel: true, Threshold: 0.25, LabelSeparator: "|"}, "dylora.json")
	must(t, l.Err())
	for key, want := range map[string]any{"kind": data.MultiLabel, "threshold": 0.25, "label_separator": "|"} {
		if got, _ := l.Value(key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	l = settings.NewLayer(settings.Run)
	rememberFiles(l, &adapter.Provenance{Task: "t.csv"}, "dylora.json")
	if _, ok := l.Value("threshold"); ok {
		t.Error("a classification remembers a threshold")
	}
}
