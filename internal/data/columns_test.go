package data

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// ownFile is a task of a training file with one row for each of the labels, all of them twice.
func ownFile(t *testing.T, labels ...string) *Task {
	t.Helper()
	rows := ""
	for _, l := range slices.Concat(labels, labels) {
		rows += `a text,"` + l + `"` + "\n"
	}
	task, err := Files{Train: saved(t, "own.csv", "text,label\n"+rows), Text: "text", Label: "label"}.Task()
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// saved writes a file into a folder of its own and gives its path.
func saved(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestColumns(t *testing.T) {
	own := func(labels ...string) *Task { return ownFile(t, labels...) }
	list := func(s string) []string { return strings.Split(s, ",") }
	for _, tt := range []struct {
		name  string
		task  *Task
		names string
		of    string
		want  string // "": refused
	}{
		{"the same", lookup(t, "mnli"), "entailment,neutral,contradiction", "", "entailment,neutral,contradiction"},
		{"mnli of another order", lookup(t, "mnli"), "CONTRADICTION,NEUTRAL,ENTAILMENT", "", "contradiction,neutral,entailment"},
		{"rte", lookup(t, "rte"), "not_entailment,entailment", "", "not_entailment,entailment"},
		{"rte with other joints", lookup(t, "rte"), "Not Entailment,Entailment", "", "not_entailment,entailment"},
		{"rte with a hyphen", lookup(t, "qnli"), "not-entailment, entailment ", "", "not_entailment,entailment"},
		{"sst2 by meaning", lookup(t, "sst2"), "POSITIVE,NEGATIVE", "", "1,0"},
		{"sst2 by number", lookup(t, "sst2"), "1,0", "", "1,0"},
		{"sst2 by abbreviation", lookup(t, "sst2"), "Neg,Pos", "", "0,1"},
		{"cola", lookup(t, "cola"), "acceptable,unacceptable", "", "1,0"},
		{"mrpc", lookup(t, "mrpc"), "equivalent,not_equivalent", "", "1,0"},
		{"qqp", lookup(t, "qqp"), "duplicate,not_duplicate", "", "1,0"},
		{"wnli", lookup(t, "wnli"), "entailment,not_entailment", "", "1,0"},
		{"demo by the numbers of sst2", lookup(t, "demo"), "1,0", "sst2", "positive,negative"},
		{"demo", lookup(t, "demo"), "Positive,Negative", "", "positive,negative"},
		{"own by the numbers of sst2", own("positive", "negative"), "1,0", "sst2", "positive,negative"},
		{"own by bare numbers", own("positive", "negative"), "1,0", "", ""},
		{"another word", lookup(t, "mnli"), "entailment,neutral,contradictory", "", ""},
		{"another task's", lookup(t, "sst2"), "acceptable,unacceptable", "", ""},
		{"generic", lookup(t, "sst2"), "LABEL_0,LABEL_1", "", ""},
		{"too many", lookup(t, "sst2"), "negative,neutral,positive", "", ""},
		{"too few", lookup(t, "mnli"), "entailment,contradiction", "", ""},
		{"twice", lookup(t, "sst2"), "negative,negative", "", ""},
		{"twice by meaning", lookup(t, "sst2"), "0,negative", "", ""},
		{"own", own("good", "bad", "So So"), "SO SO,Bad,Good", "", "So So,bad,good"},
		{"own of letters alike", own("Yes", "yes"), "yes,Yes", "", "yes,Yes"},
		{"own of letters alike, not exactly", own("Yes", "yes"), "YES,yes", "", ""},
		{"own by the value of numbers", own("1", "2", "10"), "10.0,1,2", "", "10,1,2"},
		{"own without one of the names", own("good", "bad"), "Good,NEUTRAL,Bad", "", "good,NEUTRAL,bad"},
		{"own with one that is none", own("good", "bad", "odd"), "good,neutral,bad,worst", "", ""},
		{"own with more than there are names", own("good", "bad", "odd"), "good,bad", "", ""},
		{"beyond ASCII", own("größer", "ÄHNLICH"), "ähnlich,GRÖSSER", "", "ÄHNLICH,größer"},
		{"eleven", own(list("l0,l1,l2,l3,l4,l5,l6,l7,l8,l9,l10")...), "L10,L9,L8,L7,L6,L5,L4,L3,L2,L1,L0", "", "l10,l9,l8,l7,l6,l5,l4,l3,l2,l1,l0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(tt.task.Labels)
			got, ok := tt.task.Columns(list(tt.names), tt.of)
			if ok != (tt.want != "") || ok && !slices.Equal(got.Labels, list(tt.want)) {
				t.Fatalf("%t, %+v, want %s", ok, got, tt.want)
			}
			if !slices.Equal(tt.task.Labels, before) {
				t.Errorf("the task itself is changed: %q", tt.task.Labels)
			}
			if !ok {
				return
			}
			if tt.task.Folder != "" && !slices.Equal(got.Own(), before) {
				t.Errorf("the own order is %q, want %q", got.Own(), before)
			}
			again, ok := got.Columns(list(tt.names), tt.of)
			if !ok || !slices.Equal(again.Labels, got.Labels) {
				t.Errorf("the second time: %+v", again)
			}
			for i, place := range got.OwnPlaces() {
				if got.Own()[place] != got.Labels[i] {
					t.Errorf("place %d of column %d is of %q", place, i, got.Own()[place])
				}
			}
		})
	}
	if got, _ := own("good", "bad").Columns(list("Good,NEUTRAL,Bad"), ""); slices.Contains(got.Metrics, "f1") {
		t.Errorf("three labels with metrics %q", got.Metrics)
	}
}

// TestColumnsOfRows: a row's class is the column of its label, in every format of file, and
// the labels of rows do not have to be written as the head's names are.
func TestColumnsOfRows(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, task := range Tasks() {
		if task.Kind != Classification {
			continue
		}
		names := slices.Clone(task.Labels)
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		ordered, ok := task.Columns(names, "")
		if !ok {
			t.Fatalf("%s: %q", task.Name, names)
		}
		if task.Folder == "" {
			plain, err := task.Read("", "dev")
			if err != nil {
				t.Fatal(err)
			}
			moved, err := ordered.Read("", "dev")
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range plain {
				if ordered.Labels[moved[i].Class] != task.Labels[e.Class] {
					t.Fatalf("example %d is %q", i, ordered.Labels[moved[i].Class])
				}
			}
			continue
		}
		tab := table{task: ordered}
		for _, label := range task.Labels {
			if c, err := tab.class(label); err != nil || ordered.Labels[c] != label {
				t.Errorf("%s: %q is column %d of %q, %v", task.Name, label, c, ordered.Labels, err)
			}
		}
	}
	train := saved(t, "train.csv", "text,label\nx,good\ny,bad\n")
	dev := saved(t, "dev.csv", "text,label\nx,Good\ny,neutral\nz,BAD\n")
	task, err := Files{Train: train, Dev: dev, Text: "text", Label: "label"}.Task()
	if err != nil {
		t.Fatal(err)
	}
	_, err = task.Read("", "dev")
	checkError(t, err, fault.Invalid, `line 3: column "label" is "neutral"`)
	ordered, _ := task.Columns([]string{"NEUTRAL", "BAD", "GOOD"}, "")
	examples, err := ordered.Read("", "dev")
	if err != nil || len(examples) != 3 || examples[0].Class != 2 || examples[1].Class != 0 || examples[2].Class != 1 {
		t.Errorf("%+v, %v", examples, err)
	}
}

func TestUnnamed(t *testing.T) {
	for names, want := range map[string]bool{
		"LABEL_0,LABEL_1": true, "label_0,label_1": true, "0,1,2": true, "LABEL_0": true, " 0": true,
		"LABEL_1,LABEL_0": false, "1,0": false, "LABEL_0,spam": false, "LABEL_00": false, "LABEL_0 x": false, "": false,
	} {
		if got := Unnamed(strings.Split(names, ",")); got != want {
			t.Errorf("%q: %t", names, got)
		}
	}
	if !Unnamed(nil) {
		t.Error("no names are names")
	}
}

func TestOwnClasses(t *testing.T) {
	task, _ := lookup(t, "mnli").Columns([]string{"contradiction", "neutral", "entailment"}, "")
	classes := []int32{0, 1, 2, NoLabel, 7}
	if got := task.OwnClasses(classes); !slices.Equal(got, []int32{2, 1, 0, NoLabel, 7}) {
		t.Errorf("%v", got)
	}
	if got := lookup(t, "mnli").OwnClasses(classes); &got[0] != &classes[0] {
		t.Error("classes of the own order are copied")
	}
}

func TestParseLabels(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    nil,
		"negative,positive":   {"negative", "positive"},
		" b , a ":             {"b", "a"},
		`"a, b","say ""no"""`: {"a, b", `say "no"`},
		"one":                 {"one"},
	} {
		if got, err := ParseLabels(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for text, part := range map[string]string{
		"a,,b": "label 2 is empty", "a,b\nc,d": "more than one line", `"a,b`: "not a list", "a,A": `"a" and "A" are one label`,
		"1,1.0": "one label", strings.Repeat("x", longestLabel+1) + ",y": "label 1 has 201 bytes", strings.Repeat("x,", mostLabels) + "y": "more than 1000",
	} {
		if _, err := ParseLabels(text); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%.20q: %v, want %q", text, err, part)
		}
	}
}

func FuzzParseLabels(f *testing.F) {
	f.Add("a,b")
	f.Add(`"a, b", c`)
	f.Fuzz(func(t *testing.T, text string) {
		labels, err := ParseLabels(text)
		if err != nil {
			return
		}
		for _, l := range labels {
			if l == "" || l != strings.TrimSpace(l) {
				t.Errorf("%q gives %q", text, labels)
			}
		}
	})
}
