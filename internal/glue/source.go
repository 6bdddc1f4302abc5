// Package glue has the tasks of GLUE from the Hub's data set nyu-mll/glue: parquet files,
// read once by a process of their own and kept as checked lines of JSON.
package glue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/parquet"
)

// repository is the data set on the Hub.
const repository = "nyu-mll/glue"

// file is where the Hub has a split of a task.
func file(t *data.Task, split string) string {
	config, split := t.Name, canonical(t, split)
	if split == "diagnostic" {
		config, split = "ax", "test"
	}
	if rest, dev := strings.CutPrefix(split, "dev"); dev {
		split = "validation" + rest
	}
	return fmt.Sprintf("%s/%s-00000-of-00001.parquet", config, split)
}

// canonical is the one name of a split: MNLI's dev is its dev_matched.
func canonical(t *data.Task, split string) string {
	if t.Name == "mnli" && (split == "dev" || split == "test") {
		return split + "_matched"
	}
	return split
}

// splits are those of a task, each by one name.
func splits(t *data.Task) (all []string) {
	for _, s := range t.Splits() {
		if s = canonical(t, s); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// layout says how the columns of a task's files become lines. The Hub numbers labels in the
// order of names, which is that of the task's own labels, whatever the order of a head's columns.
func layout(t *data.Task, split string) parquet.Layout {
	columns := map[string][]string{
		"cola": {"sentence"}, "sst2": {"sentence"}, "qqp": {"question1", "question2"},
		"mnli": {"premise", "hypothesis"}, "qnli": {"question", "sentence"},
	}[t.Name]
	if columns == nil {
		columns = []string{"sentence1", "sentence2"}
	}
	l := parquet.Layout{}
	for i, c := range columns {
		l.Texts = append(l.Texts, parquet.Key{Column: c, Key: []string{data.KeyA, data.KeyB}[i]})
	}
	if data.Labelled(split) {
		l.Label, l.Labels, l.Names = data.KeyLabel, t.Own(), names(t)
	}
	return l
}

// names are the labels as the Hub's data set calls them.
func names(t *data.Task) []string {
	own := map[string][]string{
		"cola": {"unacceptable", "acceptable"}, "sst2": {"negative", "positive"}, "mrpc": {"not_equivalent", "equivalent"},
		"qqp": {"not_duplicate", "duplicate"}, "wnli": {"not_entailment", "entailment"},
	}[t.Name]
	if own == nil {
		return t.Own()
	}
	return own
}
