package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
)

// TestColumnsOrder: the order of a head's columns by what the user states, what the adapter
// records, and what config.json names.
func TestColumnsOrder(t *testing.T) {
	list := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, ",")
	}
	for _, tt := range []struct {
		name                     string
		task                     string
		outputs                  int
		stated, recorded, by, id string // by: the task of what is recorded; id: id2label
		problem                  string
		want                     string // labels by column
		reason                   fault.Reason
		class                    fault.Class
		note                     bool
	}{
		{name: "nothing known", task: "mnli", want: "entailment,neutral,contradiction"},
		{name: "generic names", task: "rte", outputs: 2, id: "LABEL_0,LABEL_1", want: "entailment,not_entailment"},
		{name: "bare numbers", task: "rte", outputs: 2, id: "0,1", want: "entailment,not_entailment"},
		{name: "numbers of the other order", task: "rte", outputs: 2, id: "1,0", reason: OtherLabels},
		{name: "names of the adapter's head", task: "mnli", outputs: 3, id: "CONTRADICTION,NEUTRAL,ENTAILMENT", want: "contradiction,neutral,entailment"},
		{name: "names of the base's head", task: "mnli", id: "CONTRADICTION,NEUTRAL,ENTAILMENT", want: "contradiction,neutral,entailment"},
		{name: "names by meaning", task: "sst2", outputs: 2, id: "POSITIVE,NEGATIVE", want: "1,0"},
		{name: "names of a head of another size", task: "sst2", outputs: 2, id: "a,b,c", want: "0,1"},
		{name: "names of the base's head of another size", task: "sst2", id: "a,b,c", reason: OtherLabels},
		{name: "other names", task: "sst2", outputs: 2, id: "good,bad", reason: OtherLabels},
		{name: "other names, stated", task: "sst2", outputs: 2, id: "good,bad", stated: "1,0", want: "1,0", note: true},
		{name: "names corrected", task: "sst2", outputs: 2, id: "NEGATIVE,POSITIVE", stated: "positive,negative", want: "1,0", note: true},
		{name: "names confirmed", task: "sst2", outputs: 2, id: "NEGATIVE,POSITIVE", stated: "0,1", want: "0,1"},
		{name: "stated where nothing is named", task: "rte", outputs: 2, stated: "not_entailment,entailment", want: "not_entailment,entailment"},
		{name: "recorded", task: "rte", outputs: 2, recorded: "not_entailment,entailment", by: "rte", want: "not_entailment,entailment"},
		{name: "recorded in the order of an old version", task: "rte", outputs: 2, recorded: "entailment,not_entailment", by: "rte", id: "not_entailment,entailment", want: "entailment,not_entailment"},
		{name: "recorded by another task's numbers", task: "demo", outputs: 2, recorded: "1,0", by: "sst2", want: "positive,negative"},
		{name: "recorded of another task", task: "mnli", outputs: 3, recorded: "good,bad,so so", by: "own.csv", reason: OtherTask},
		{name: "recorded of another task, stated", task: "mnli", outputs: 3, recorded: "good,bad,so so", by: "own.csv", stated: "neutral,entailment,contradiction", want: "neutral,entailment,contradiction"},
		{name: "recorded and stated", task: "rte", outputs: 2, recorded: "not_entailment,entailment", by: "rte", stated: "not_entailment,entailment", want: "not_entailment,entailment"},
		{name: "recorded and contradicted", task: "rte", outputs: 2, recorded: "not_entailment,entailment", by: "rte", stated: "entailment,not_entailment", class: fault.Usage},
		{name: "a record without labels", task: "rte", outputs: 2, by: "rte", id: "not_entailment,entailment", want: "entailment,not_entailment"},
		{name: "a head for several labels at once", task: "mnli", outputs: 3, id: "entailment,neutral,contradiction", problem: model.MultiLabel, reason: OtherProblem},
		{name: "a head for numbers", task: "rte", outputs: 2, id: "LABEL_0,LABEL_1", problem: model.Regression, reason: OtherProblem},
		{name: "a number of a classification", task: "stsb", outputs: 2, id: "a,b", problem: model.SingleLabel, reason: OtherProblem},
		{name: "a number", task: "stsb", outputs: 1, id: "LABEL_0", problem: model.Regression, want: ""},
		{name: "a number of another head", task: "stsb", outputs: 1, id: "a,b", problem: model.SingleLabel, want: ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := settled(t, "task: "+tt.task+"; labels: \""+tt.stated+"\"")
			task, err := r.Data.NewTask(nil)
			must(t, err)
			c := Columns{Outputs: tt.outputs, Stated: list(tt.stated), Recorded: list(tt.recorded), Task: tt.by, Adapter: "ad",
				Config: &model.Config{Labels: list(tt.id), Outputs: max(2, len(list(tt.id))), ProblemType: tt.problem}, Place: "base/config.json"}
			if tt.id == "LABEL_0" {
				c.Config.Outputs = 1
			}
			got, err := c.Order(task)
			if tt.reason != "" || tt.class != 0 {
				class := max(tt.class, fault.Usage)
				if tt.reason != "" {
					class = fault.Invalid
				}
				refused(t, err, class, tt.reason)
				if tt.reason == OtherLabels { // both places, both lists
					refused(t, err, class, tt.reason, "base/config.json: id2label", data.Listed(list(tt.id)), data.Listed(task.Labels))
				}
				return
			}
			must(t, err)
			if !slices.Equal(got.Labels, list(tt.want)) {
				t.Errorf("columns %q, want %s", got.Labels, tt.want)
			}
			if note := c.Correction(got); (note != "") != tt.note {
				t.Errorf("note %q", note)
			}
		})
	}
}
