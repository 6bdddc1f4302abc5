package datacheck

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

func report(t *testing.T, yaml string) (*Report, error) {
	t.Helper()
	env := &session.Env{Getenv: func(string) string { return "" }, Now: time.Now}
	r, err := settings.Resolve(settings.YAMLLayer(settings.File, "test.yaml", []byte(strings.ReplaceAll(yaml, "; ", "\n"))))
	if err != nil {
		t.Fatal(err)
	}
	return Make(t.Context(), env, r)
}

// TestReport: the words and lines that a person reads.
func TestReport(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"train.csv": "text;label\ngood boat;x\n;y\n\"good\nboat\";y\nanother;y\none more;\n",
		"dev.jsonl": "\n" + `{"text":"another","label":"y"}` + "\n" + `{"text":"new","label":"z"}` + "\n",
		"clean.csv": "text,label\na,1.5\nb,2\n",
		"bad.csv":   "text,label\na,x\nb\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := report(t, "task: train.csv; delimiter: ;; dev_file: dev.jsonl; max_length: 3")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := `train  train.csv: 5 rows; labels x 1, y 3
dev    dev.jsonl: 2 rows; labels y 1, z 1

1 row has an empty text: training refuses it
  train.csv line 3 "y"

the label of 1 row cannot be read: training refuses it
  column "label" is empty: every example needs its label: train.csv line 7 ""

1 label is in dev and not in train, which does not learn it
  z: dev.jsonl line 3 "z"

1 text is in train and in dev, which then measures what was learnt by heart
  train.csv line 6 "y", dev.jsonl line 2 "y"

1 text stands with different labels
  train.csv line 2 "x", train.csv line 4 "y"

2 labels have fewer than 10 examples in train: x 1, y 3
  x: train.csv line 2 "x"
  y: train.csv line 3 "y", train.csv line 4 "y", train.csv line 6 "y"

dev has no example of 1 label: x

5 of 7 texts (71 %) have more than 3 tokens (max_length) and are cut
  train.csv line 2 "x"
  train.csv line 4 "y"
  train.csv line 6 "y"
  train.csv line 7 ""
  dev.jsonl line 2 "y"
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"findings":[{"kind":"empty_text","count":1,"text":"1 row has`) || !strings.Contains(string(text), `"rows":[{"split":"train","file":"train.csv","line":3,"label":"y"}]`) {
		t.Errorf("%s, %v", text, err)
	}

	b.Reset()
	if r, err = report(t, "task: clean.csv; kind: regression"); err == nil {
		err = r.Write(&b)
	}
	if want := "train  clean.csv: 2 rows\ndev    10 % of train, each label in proportion, as no dev_file is given\nnothing was found that is wrong\n"; err != nil || b.String() != want {
		t.Errorf("%s, %v", b.String(), err)
	}
	for yaml, want := range map[string]string{
		"task: bad.csv":              "bad.csv: line 3: another number of columns",
		"task: none.csv":             "cannot read none.csv",
		"task: sst2":                 `task: "sst2" is no file`,
		"task: clean.csv; model: no": "model",
	} {
		if _, err := report(t, yaml); err == nil || !strings.Contains(err.Error(), want) || fault.ClassOf(err) == fault.Failure {
			t.Errorf("%s: %v, want %q", yaml, err, want)
		}
	}
}

// TestWriteLong: long lists end.
func TestWriteLong(t *testing.T) {
	f := Finding{Kind: Duplicate, Text: "many"}
	for range shownCases + 4 {
		f.add("", make([]Row, shownRows+3))
	}
	r := &Report{Findings: []Finding{f}, Splits: []Split{{Name: "train", Labels: make([]Count, shownLabels+1)}}}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "… (3 more)"); got != shownCases || !strings.Contains(b.String(), "… and 4 more") || !strings.Contains(b.String(), "… (13 labels)") {
		t.Errorf("%d in\n%s", got, b.String())
	}
}
