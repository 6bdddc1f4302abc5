package finetune

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/weights"
)

// TestOrderLabels: the columns of the head that is trained have the order that config.json names,
// that the user states, or that of the task.
func TestOrderLabels(t *testing.T) {
	for _, tt := range []struct {
		name, task, names, problem string
		stated                     string
		newHead                    bool
		want                       string // "": refused
		reason                     fault.Reason
		told                       string
	}{
		{name: "nothing named", task: "rte", want: "entailment,not_entailment"},
		{name: "generic names", task: "sst2", names: "LABEL_0,LABEL_1", want: "0,1"},
		{name: "names of another order", task: "mnli", names: "Contradiction,Neutral,Entailment", want: "contradiction,neutral,entailment"},
		{name: "names of another order, a new head", task: "mnli", names: "Contradiction,Neutral,Entailment", newHead: true, want: "contradiction,neutral,entailment"},
		{name: "another size", task: "rte", names: "contradiction,neutral,entailment", want: "entailment,not_entailment"},
		{name: "other names", task: "sst2", names: "good,bad", reason: OtherHead},
		{name: "other names, a new head", task: "sst2", names: "good,bad", newHead: true, want: "0,1"},
		{name: "other names, stated", task: "sst2", names: "good,bad", stated: "1,0", want: "1,0", told: `id2label has "good", "bad"`},
		{name: "names corrected", task: "rte", names: "entailment,not_entailment", stated: "not_entailment,entailment", want: "not_entailment,entailment", told: "as stated"},
		{name: "stated for a new head", task: "rte", names: "entailment,not_entailment", stated: "not_entailment,entailment", newHead: true, want: "not_entailment,entailment"},
		{name: "a head for numbers", task: "rte", names: "LABEL_0,LABEL_1", problem: model.Regression, reason: session.OtherProblem},
		{name: "a head for numbers, a new head", task: "rte", names: "LABEL_0,LABEL_1", problem: model.Regression, newHead: true, want: "entailment,not_entailment"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			yaml := "task: " + tt.task
			if tt.stated != "" {
				yaml += "; labels: " + tt.stated
			}
			if tt.newHead {
				yaml += "; new_head: true"
			}
			r, err := Resolve(Place{}, layer(yaml))
			must(t, err)
			task, err := r.Data.NewTask(nil)
			must(t, err)
			c := &model.Config{Outputs: 2, ProblemType: tt.problem}
			if tt.names != "" {
				c.Labels = strings.Split(tt.names, ",")
				c.Outputs = len(c.Labels)
			}
			var told []string
			got, err := orderLabels(&session.Env{Note: func(line string) { told = append(told, line) }}, r, task, c)
			if tt.want == "" {
				if fault.ReasonOf(err) != tt.reason || fault.ClassOf(err) != fault.Invalid {
					t.Fatalf("%v, want the reason %s", err, tt.reason)
				}
				return
			}
			must(t, err)
			if !slices.Equal(got.Labels, strings.Split(tt.want, ",")) {
				t.Errorf("columns %q, want %s", got.Labels, tt.want)
			}
			if all := strings.Join(told, "\n"); !strings.Contains(all, tt.told) || tt.told == "" && all != "" {
				t.Errorf("told %q, want %q", all, tt.told)
			}
		})
	}
}

// TestTakeHead: the head of another adapter for the same task is taken over with each row at
// the column of its label, and not at all where the labels are others.
func TestTakeHead(t *testing.T) {
	headOf := func(rows ...float32) []weights.Tensor {
		weight := weights.Tensor{Name: "classifier.weight", Shape: []int{len(rows), 2}}
		for _, v := range rows {
			weight.Data = append(weight.Data, v, -v)
		}
		return []weights.Tensor{weight, {Name: "classifier.bias", Shape: []int{len(rows)}, Data: rows}}
	}
	mnli, err := data.LookupTask("mnli")
	must(t, err)
	from := &session.StoredAdapter{Adapter: &adapter.Adapter{Head: headOf(1, 2, 3)}, Provenance: &adapter.Provenance{Task: "mnli"}}
	for _, tt := range []struct {
		recorded, columns string
		want              []float32 // the rows; nil: not taken
	}{
		{"entailment,neutral,contradiction", "entailment,neutral,contradiction", []float32{1, 2, 3}},
		{"entailment,neutral,contradiction", "contradiction,entailment,neutral", []float32{3, 1, 2}},
		{"neutral,contradiction,entailment", "entailment,neutral,contradiction", []float32{3, 1, 2}},
		{"neutral,contradiction,yes", "entailment,neutral,contradiction", nil},
		{"neutral,contradiction", "entailment,neutral,contradiction", nil},
	} {
		task, ok := mnli.Columns(strings.Split(tt.columns, ","), "")
		if !ok {
			t.Fatal(tt.columns)
		}
		from.Provenance.Labels = strings.Split(tt.recorded, ",")
		a := &adapter.Adapter{Head: headOf(7, 8, 9)}
		want := headOf(7, 8, 9)
		if tt.want != nil {
			want = headOf(tt.want...)
		}
		if took := takeHead(from, a, task); took != (tt.want != nil) || !slices.Equal(a.Head[0].Data, want[0].Data) || !slices.Equal(a.Head[1].Data, want[1].Data) {
			t.Errorf("%s to %s: %t, %v", tt.recorded, tt.columns, took, a.Head)
		}
	}
	if !slices.Equal(from.Adapter.Head[1].Data, []float32{1, 2, 3}) {
		t.Error("the other adapter is changed")
	}
}

// TestNewHead: training begins with the model's own head if it has one for as many labels, and
// with new_head with one from the seed.
func TestNewHead(t *testing.T) {
	f := newFolder(t)
	f.write("three.csv", "text,label\na boat,one\nthe boat,two\nold,three\n")
	const yaml = "task: three.csv; dev_file: three.csv"
	own := f.prepare(f.settled(yaml), Place{Run: "own"})
	want, ok := own.Encoder.Model.OwnHead(3)
	if !ok || !slices.EqualFunc(own.Adapter.Head, want, func(a, b weights.Tensor) bool { return slices.Equal(a.Data, b.Data) }) {
		t.Errorf("the model has a head: %t, and training does not begin with it", ok)
	}
	made := f.prepare(f.settled(yaml+"; new_head: true"), Place{Run: "new"})
	if !weights.SameShapes(made.Adapter.Head, want) || slices.Equal(made.Adapter.Head[0].Data, want[0].Data) {
		t.Error("new_head: the head is the model's own, or of another shape")
	}
	if !f.said("head: a new one") {
		t.Errorf("told %q", *f.notes)
	}
}
