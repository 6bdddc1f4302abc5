// Package data reads the tasks: the nine of GLUE from their official TSV folders, the
// built-in demo, and anybody's own from CSV, TSV or JSON. Rows become examples, examples token ids, ids packed batches. The
// order of training is a function of seed and epoch.
package data

import (
	"strings"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/suggest"
)

// Kind is what a task asks for.
type Kind int

// Classification chooses one of the task's labels; Regression gives a number, or one for each
// of several outputs; MultiLabel says of each label whether it holds: none may, or several.
const (
	Classification Kind = iota
	Regression
	MultiLabel
)

var kindNames = enum.Names[Kind]{"classification", "regression", "multi-label"}

// String is the name of the kind: "classification", "regression" or "multi-label".
func (k Kind) String() string { return kindNames.String(k) }

// Noun is the name of a task of the kind in a sentence, behind "a".
func (k Kind) Noun() string {
	if k == MultiLabel {
		return "multi-label task"
	}
	return k.String()
}

// Task describes one task: what a row holds and how predictions are judged.
type Task struct {
	Name    string   // canonical: lower case, no punctuation
	Kind    Kind     // what the labels are
	Labels  []string // values of the label column, by class, which is the head's column; for Regression the names of several outputs, nil for one
	Metrics []string // the first is the headline
	Folder  string   // official folder name; "" for a task that is built in
	Pair    bool     // two texts per example

	// Threshold is the probability above which a label of MultiLabel is taken to hold.
	Threshold float64

	own                 []string          // see Own; nil: Labels
	files               *Files            // of a user's own task, else nil
	placed              map[string]string // by split, a file that is not where the official folder has it
	textA, textB, label column
	columns             int  // columns of a file without a header, else 0
	rough               bool // the official files have torn rows and empty texts, see table.skip
}

// column finds a field of a row by the header's name, or by place in a file without one.
type column struct {
	name  string
	place int // from 0
}

// Example is one row of a split.
type Example struct {
	Index int     // place in the split, from 0
	A     string  // first or only text, exactly as the file has it
	B     *string // second text; nil in a task of single texts
	Class int32   // index into Task.Labels; 0 for Regression; NoLabel in a split without labels
	Score float32 // target of Regression with one output, else 0; NaN in a split without labels

	// Targets are one number per output, in the order of Task.Labels: those of a Regression
	// with several outputs, or of MultiLabel 1 where the label holds and 0 where it does not.
	// They are read-only.
	Targets []float32
}

// Outputs is the number of logits that the task needs: one per label or named output, and
// one for a regression without names.
func (t *Task) Outputs() int {
	if t.Kind == Regression {
		return max(1, len(t.Labels))
	}
	return len(t.Labels)
}

// TextColumns are the names of the texts' columns in the official files of a task of GLUE; "" where the task
// has no such files, and b also where it has one text.
func (t *Task) TextColumns() (a, b string) { return t.textA.name, t.textB.name }

// NoLabel is the class of an example whose label nobody gives, as the Hub's test splits
// write it.
const NoLabel int32 = -1

// Labelled says whether the examples of a split have labels. Those of GLUE's test splits
// and of MNLI's diagnostic set are kept by its graders.
func Labelled(split string) bool {
	return !strings.HasPrefix(split, "test") && split != diagnostic
}

// diagnostic is GLUE's hand-made set of 1,104 pairs, which is graded as MNLI's are.
const diagnostic = "diagnostic"

// Tasks lists every task, the built-in demo last.
func Tasks() []*Task {
	binary := []string{"0", "1"}
	entails := []string{"entailment", "not_entailment"}
	accuracy, accuracyF1 := []string{"accuracy"}, []string{"accuracy", "f1"}
	return []*Task{
		{Name: "cola", Folder: "CoLA", Labels: binary, Metrics: []string{"matthews"},
			columns: 4, label: column{"label", 1}, textA: column{"sentence", 3}},
		{Name: "sst2", Folder: "SST-2", Labels: binary, Metrics: accuracy,
			textA: column{name: "sentence"}, label: column{name: "label"}},
		{Name: "mrpc", Folder: "MRPC", Labels: binary, Metrics: accuracyF1, Pair: true,
			textA: column{name: "#1 String"}, textB: column{name: "#2 String"}, label: column{name: "Quality"}},
		{Name: "qqp", Folder: "QQP", Labels: binary, Metrics: accuracyF1, Pair: true, rough: true,
			textA: column{name: "question1"}, textB: column{name: "question2"}, label: column{name: "is_duplicate"}},
		{Name: "stsb", Folder: "STS-B", Kind: Regression, Metrics: []string{"pearson", "spearman"}, Pair: true,
			textA: column{name: "sentence1"}, textB: column{name: "sentence2"}, label: column{name: "score"}},
		{Name: "mnli", Folder: "MNLI", Labels: []string{"entailment", "neutral", "contradiction"}, Metrics: accuracy, Pair: true,
			textA: column{name: "sentence1"}, textB: column{name: "sentence2"}, label: column{name: "gold_label"}},
		{Name: "qnli", Folder: "QNLI", Labels: entails, Metrics: accuracy, Pair: true,
			textA: column{name: "question"}, textB: column{name: "sentence"}, label: column{name: "label"}},
		{Name: "rte", Folder: "RTE", Labels: entails, Metrics: accuracy, Pair: true,
			textA: column{name: "sentence1"}, textB: column{name: "sentence2"}, label: column{name: "label"}},
		{Name: "wnli", Folder: "WNLI", Labels: binary, Metrics: accuracy, Pair: true,
			textA: column{name: "sentence1"}, textB: column{name: "sentence2"}, label: column{name: "label"}},
		{Name: "demo", Labels: []string{"negative", "positive"}, Metrics: accuracy},
	}
}

// LookupTask finds a task by name; case, '-' and '_' do not matter ("SST-2", "sst_2").
// An unknown name is a Usage error that lists the tasks.
func LookupTask(name string) (*Task, error) {
	var names []string
	for _, t := range Tasks() {
		if t.Name == canonical(name) {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return nil, fault.Usagef("unknown task %q: choose one of %s%s", name, strings.Join(names, ", "), suggest.Hint(name, names))
}

// canonical is the one form of a task's or folder's name.
func canonical(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

// Splits lists the splits that Read takes for this task.
func (t *Task) Splits() []string {
	switch {
	case t.Name == "mnli":
		return []string{"train", "dev", "dev_matched", "dev_mismatched", "test", "test_matched", "test_mismatched", diagnostic}
	case t.Folder == "":
		return []string{"train", "dev"}
	}
	return []string{"train", "dev", "test"}
}
