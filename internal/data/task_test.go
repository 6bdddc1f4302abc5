package data

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestLookupTask(t *testing.T) {
	for name, want := range map[string]string{
		"sst2": "sst2", "SST-2": "sst2", "sst_2": "sst2", "STS-B": "stsb", "CoLA": "cola", "Demo": "demo", "MNLI": "mnli",
	} {
		if got := lookup(t, name); got.Name != want {
			t.Errorf("%s is %s, want %s", name, got.Name, want)
		}
	}
	for _, name := range []string{"", "sst", "sst 2", "ax"} {
		_, err := LookupTask(name)
		checkError(t, err, fault.Usage, "choose one of cola, sst2, mrpc, qqp, stsb, mnli, qnli, rte, wnli, demo")
	}
}

// TestTasks holds what every entry of the table must have, present and future ones alike.
func TestTasks(t *testing.T) {
	metrics := []string{"accuracy", "f1", "matthews", "pearson", "spearman"}
	for _, task := range Tasks() {
		t.Run(task.Name, func(t *testing.T) {
			if task.Name != canonical(task.Name) || task.Folder != "" && canonical(task.Folder) != task.Name {
				t.Errorf("name %q, folder %q: want one canonical form", task.Name, task.Folder)
			}
			if (task.Kind == Regression) != (task.Labels == nil) || len(task.Labels) == 1 {
				t.Errorf("%v with labels %v", task.Kind, task.Labels)
			}
			if len(task.Metrics) == 0 {
				t.Error("no metric")
			}
			for _, m := range task.Metrics {
				if !slices.Contains(metrics, m) {
					t.Errorf("unknown metric %q", m)
				}
			}
			if task.Pair != (task.textB.name != "") {
				t.Errorf("pair is %t, second column %q", task.Pair, task.textB.name)
			}
			if !slices.Contains(task.Splits(), "train") || !slices.Contains(task.Splits(), "dev") {
				t.Errorf("splits %v", task.Splits())
			}
		})
	}
}

func TestTasksAreNotShared(t *testing.T) {
	lookup(t, "sst2").Labels[0] = "changed"
	if got := lookup(t, "sst2").Labels[0]; got != "0" {
		t.Errorf("label = %q: one caller's change reaches another", got)
	}
}

func TestKindString(t *testing.T) {
	if Classification.String() != "classification" || Regression.String() != "regression" {
		t.Errorf("%v, %v", Classification, Regression)
	}
}
