package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// write makes a file in a temporary folder.
func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll reads the training split of a task of files.
func readAll(f Files) (*Task, [][]float32, error) {
	task, err := f.Task()
	if err != nil {
		return nil, nil, err
	}
	examples, err := task.Read("", "train")
	var targets [][]float32
	for _, e := range examples {
		targets = append(targets, e.Targets)
	}
	return task, targets, err
}

func TestMultiLabelFiles(t *testing.T) {
	abc, rows := []string{"a", "b", "c"}, [][]float32{{1, 0, 1}, {0, 0, 0}, {0, 1, 0}}
	for _, tt := range []struct {
		name, file, content, label, separator string
		labels                                []string // given
		want                                  []string
	}{
		{"CSV", "t.csv", "text,label\nx,\"a,c\"\ny,\nz,b\n", "label", "", nil, abc},
		{"CSV with blanks", "t.csv", "text,label\nx,\" c , a \"\ny,\"  \"\nz,b\n", "label", "", nil, abc},
		{"TSV", "t.tsv", "label\ttext\na,c\tx\n\ty\nb\tz\n", "label", "", nil, abc},
		{"a separator", "t.csv", "text,label\nx,c;a\ny,\nz,b\n", "label", ";", nil, abc},
		{"a blank", "t.csv", "text,label\nx,c a\ny,\nz,b\n", "label", " ", nil, abc},
		{"an array in a cell", "t.tsv", "text\tlabel\nx\t[\"a\", \"c\"]\ny\t[]\nz\t[\"b\"]\n", "label", "", nil, abc},
		{"JSON lines", "t.jsonl", `{"text":"x","label":["c","a","a"]}` + "\n" + `{"text":"y","label":[]}` + "\n" + `{"text":"z","label":"b"}`, "label", "", nil, abc},
		{"a JSON array", "t.json", `[{"text":"x","label":["a",` + "\n" + `"c"]},{"text":"y","label":""},{"text":"z","label":["b"]}]`, "label", "", nil, abc},
		{"labels given", "t.csv", "text,label\nx,\"a,c\"\ny,\nz,b\n", "label", "", []string{"c", "b", "a", "d"}, []string{"c", "b", "a", "d"}},
		{"numbers", "t.jsonl", `{"text":"x","label":[10,2.0]}` + "\n" + `{"text":"y","label":[]}` + "\n" + `{"text":"z","label":["2",9]}`, "label", "", nil, []string{"2", "9", "10"}},
		{"columns", "t.csv", "a,text,b,c\n1,x,0,1\n0,y,0,0\n0,z,1,0\n", "a, b,c", "", nil, abc},
		{"columns of truth values", "t.jsonl", `{"a":true,"b":0,"c":1.0,"text":"x"}` + "\n" + `{"a":false,"b":"0","c":"False","text":"y"}` + "\n" + `{"a":0,"b":"TRUE","c":0.0,"text":"z"}`, "a,b,c", "", nil, abc},
		{"columns in another order", "t.csv", "a,text,b,c\n1,x,0,1\n0,y,0,0\n0,z,1,0\n", "a,b,c", "", []string{"C", "b", "A"}, []string{"C", "b", "A"}},
		{"a column with a comma", "t.tsv", "a,b\ttext\tc\n1\tx\t0\n0\ty\t0\n", `"a,b",c`, "", nil, []string{"a,b", "c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := Files{Train: writeFile(t, tt.file, tt.content), Text: "text", Label: tt.label, Kind: MultiLabel, Separator: tt.separator, Labels: tt.labels}
			task, targets, err := readAll(f)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(task.Labels, tt.want) || task.Outputs() != len(tt.want) || task.Threshold != 0.5 || task.Metrics[0] != "micro_f1" {
				t.Errorf("task %+v, want labels %v", task, tt.want)
			}
			switch tt.want[0] {
			case "a":
				if !slices.EqualFunc(targets, rows, slices.Equal) {
					t.Errorf("targets %v, want %v", targets, rows)
				}
			case "c":
				if !slices.EqualFunc(targets, [][]float32{{1, 0, 1, 0}, {0, 0, 0, 0}, {0, 1, 0, 0}}, slices.Equal) {
					t.Errorf("targets %v", targets)
				}
			case "C":
				if !slices.EqualFunc(targets, [][]float32{{1, 0, 1}, {0, 0, 0}, {0, 1, 0}}, slices.Equal) {
					t.Errorf("targets %v", targets)
				}
			case "2":
				if !slices.EqualFunc(targets, [][]float32{{1, 0, 1}, {0, 0, 0}, {1, 1, 0}}, slices.Equal) {
					t.Errorf("targets %v", targets)
				}
			default:
				if !slices.EqualFunc(targets, [][]float32{{1, 0}, {0, 0}}, slices.Equal) {
					t.Errorf("targets %v", targets)
				}
			}
		})
	}
}

func TestMultiLabelFilesRefused(t *testing.T) {
	for _, tt := range []struct {
		name, file, content, label string
		labels                     []string
		part                       string
		reason                     fault.Reason
	}{
		{"an unknown label", "t.csv", "text,label\nx,a\ny,\"a,d\"\n", "label", []string{"a", "b"}, `line 3: column "label" is "d", which training does not know: its labels are a, b`, ""},
		{"nothing between separators", "t.csv", "text,label\nx,\"a,,b\"\n", "label", nil, "line 2", ""},
		{"a separator at the end", "t.csv", "text,label\nx,\"a,\"\n", "label", nil, "line 2", ""},
		{"another separator", "t.csv", "text,label\nx,a\ny,a;b\n", "label", nil, "line 3", UnclearSeparator},
		{"not an array", "t.tsv", "text\tlabel\nx\t[a, b]\n", "label", nil, "line 2", ""},
		{"a Python list", "t.tsv", "text\tlabel\nx\t['a']\n", "label", nil, "line 2", ""},
		{"an array that goes on", "t.tsv", "text\tlabel\nx\t[\"a\"] b\n", "label", nil, "more follows", ""},
		{"an array without its end", "t.tsv", "text\tlabel\nx\t[\"a\"\n", "label", nil, "line 2", ""},
		{"an array in an array", "t.jsonl", `{"text":"x","label":[["a"]]}`, "label", nil, "line 1", ""},
		{"null", "t.jsonl", `{"text":"x","label":null}`, "label", nil, "write [] for none", ""},
		{"null in an array", "t.jsonl", `{"text":"x","label":["a",null]}`, "label", nil, "line 1", ""},
		{"an object", "t.jsonl", `{"text":"x","label":{"a":1}}`, "label", nil, "line 1", ""},
		{"an empty label", "t.jsonl", `{"text":"x","label":["a",""]}`, "label", nil, "empty", ""},
		{"no label anywhere", "t.csv", "text,label\nx,\ny,\n", "label", nil, "nothing to learn", ""},
		{"one label everywhere", "t.csv", "text,label\nx,a\ny,a\n", "label", nil, "nothing to learn", ""},
		{"a long label", "t.csv", "text,label\nx," + strings.Repeat("a", 300) + "\n", "label", nil, "300 bytes", LongLabel},
		{"neither 1 nor 0", "t.csv", "text,a,b\nx,1,0\ny,2,0\n", "a,b", nil, `line 3: column "a" is "2"`, ""},
		{"an empty cell", "t.csv", "text,a,b\nx,1,\n", "a,b", nil, `column "b" is empty`, ""},
		{"no such column", "t.csv", "text,a,b\nx,1,0\n", "a,c", nil, `no column "c"`, NoColumn},
		{"other columns than labels", "t.csv", "text,a,b\nx,1,0\n", "a,b", []string{"a", "c"}, `the columns "a", "b" are not the outputs of the task, "a", "c"`, ""},
		{"a column twice", "t.csv", "text,a,b\nx,1,0\n", "a,a", nil, "twice", ""},
		{"a column without a name", "t.csv", "text,a,b\nx,1,0\n", "a,,b", nil, "without a name", ""},
		{"a stray quote", "t.csv", "text,a,b\nx,1,0\n", `a,"b`, nil, "label_column", ""},
		{"a list where numbers belong", "t.jsonl", `{"text":"x","a":[1],"b":0}`, "a,b", nil, "line 1", ""},
	} {
		f := Files{Train: writeFile(t, tt.file, tt.content), Text: "text", Label: tt.label, Kind: MultiLabel, Labels: tt.labels}
		_, _, err := readAll(f)
		if err == nil || !strings.Contains(err.Error(), tt.part) || fault.ReasonOf(err) != tt.reason {
			t.Errorf("%s: %v, want a fault with %q", tt.name, err, tt.part)
		}
	}
}

// TestListsAreOfMultiLabel: other kinds refuse an array, and take a comma for a letter.
func TestListsAreOfMultiLabel(t *testing.T) {
	path := writeFile(t, "t.jsonl", `{"text":"x","label":["a"]}`)
	if _, _, err := readAll(Files{Train: path, Text: "text", Label: "label"}); fault.ReasonOf(err) != SeveralLabels || !strings.Contains(err.Error(), "where a label belongs") {
		t.Errorf("a classification with arrays: %v", err)
	}
	path = writeFile(t, "t.csv", "text,\"a,b\"\nx,\"c,d\"\ny,e\n")
	task, targets, err := readAll(Files{Train: path, Text: "text", Label: "a,b"})
	if err != nil || !slices.Equal(task.Labels, []string{"c,d", "e"}) || targets[0] != nil {
		t.Errorf("labels %v, %v", task, err)
	}
}

func TestRegressionOfSeveralOutputs(t *testing.T) {
	path := writeFile(t, "t.csv", "v,text,a\n1.5,x,-2\n0,y,1e3\n")
	for _, tt := range []struct {
		columns string
		given   []string
		want    [][]float32
	}{
		{"v,a", nil, [][]float32{{1.5, -2}, {0, 1e3}}},
		{"v,a", []string{"A", "V"}, [][]float32{{-2, 1.5}, {1e3, 0}}},
	} {
		task, targets, err := readAll(Files{Train: path, Text: "text", Label: tt.columns, Kind: Regression, Labels: tt.given})
		if err != nil || !slices.EqualFunc(targets, tt.want, slices.Equal) || task.Outputs() != 2 || !slices.Equal(task.Metrics, []string{"pearson", "spearman", "mse"}) {
			t.Errorf("%s, %v: %+v, %v, %v", tt.columns, tt.given, task, targets, err)
		}
	}
	task, targets, err := readAll(Files{Train: path, Text: "text", Label: "v", Kind: Regression})
	if err != nil || task.Labels != nil || task.Outputs() != 1 || targets[0] != nil || len(task.Metrics) != 2 {
		t.Errorf("one output: %+v, %v", task, err)
	}
	path = writeFile(t, "t.csv", "v,text,a\n1.5,x,high\n")
	if _, _, err := readAll(Files{Train: path, Text: "text", Label: "v,a", Kind: Regression}); err == nil || !strings.Contains(err.Error(), `line 2: column "a" is "high", not a number`) {
		t.Errorf("a word for a number: %v", err)
	}
}

func TestPackTargets(t *testing.T) {
	b := Pack([]Encoded{{IDs: []int32{1}, Targets: []float32{1, 0}}, {IDs: []int32{2, 3}, Targets: []float32{0, 1}}})
	if !slices.Equal(b.Scores, []float32{1, 0, 0, 1}) || b.Len() != 2 {
		t.Errorf("packed %+v", b)
	}
	one, two := []Example{{A: "x", Targets: []float32{1, 0}}}, []Example{{A: "x", Targets: []float32{0, 1}}}
	if Fingerprint(one) == Fingerprint(two) {
		t.Error("examples of other targets have the same fingerprint")
	}
}

// FuzzLabelList: a cell gives labels that are none of them empty, or an error that names its row.
func FuzzLabelList(f *testing.F) {
	for _, s := range []string{"", "a", "a,b", "a,,b", `["a","b"]`, "[", "[1,true]", "[]]", "['a']", "a;b", " [ ] "} {
		f.Add(s, "")
		f.Add(s, ";")
	}
	f.Fuzz(func(t *testing.T, text, separator string) {
		files := Files{Label: "label", Separator: separator}
		list, err := files.labelList(place{path: "f", line: 7}, text)
		if err != nil && !strings.Contains(err.Error(), "line 7") {
			t.Errorf("%q: %v", text, err)
		}
		if slices.Contains(list, "") {
			t.Errorf("%q: %q", text, list)
		}
	})
}
