package data

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
)

// A head's columns may stand in any order: class c of an example is column c, and Task.Labels
// are the labels in the columns' order. What is compared between heads, metrics and files of
// predictions, goes by the order of the task's own; see Own.

// meanings are further names of the labels of a task, by the names that the task's own files
// have. They are those of the data sets of the Hub, and those that published models have.
var meanings = map[string]map[string][]string{
	"cola": {"0": {"unacceptable"}, "1": {"acceptable"}},
	"sst2": {"0": {"negative", "neg"}, "1": {"positive", "pos"}},
	"mrpc": {"0": {"not_equivalent", "not_paraphrase"}, "1": {"equivalent", "paraphrase", "is_paraphrase"}},
	"qqp":  {"0": {"not_duplicate"}, "1": {"duplicate", "is_duplicate"}},
	"wnli": {"0": {"not_entailment"}, "1": {"entailment"}},
	"demo": {"negative": {"0", "neg"}, "positive": {"1", "pos"}},
}

// Own is the task's labels in the order of its own: that of GLUE, and for a task of the
// user's own files whole numbers by value, else sorted as text.
func (t *Task) Own() []string {
	if t.own == nil {
		return t.Labels
	}
	return t.own
}

// OwnClasses gives classes, which are columns of a head, as places in Own. Metrics of them do
// not depend on the order of the columns. It is classes itself where the two orders are one.
func (t *Task) OwnClasses(classes []int32) []int32 {
	if t.OwnPlaces() == nil {
		return classes
	}
	own := make([]int32, len(classes))
	for i, c := range classes {
		own[i] = t.OwnClass(c)
	}
	return own
}

// OwnClass is one of OwnClasses. A class that is no column, NoLabel for one, stays as it is.
func (t *Task) OwnClass(class int32) int32 {
	if class < 0 || int(class) >= len(t.Labels) || t.own == nil {
		return class
	}
	return int32(slices.Index(t.own, t.Labels[class]))
}

// OwnPlaces is the place in Own of each column's label; nil where they are in the same order.
func (t *Task) OwnPlaces() []int32 {
	if t.own == nil || slices.Equal(t.own, t.Labels) {
		return nil
	}
	places := make([]int32, len(t.Labels))
	for i, label := range t.Labels {
		places[i] = int32(slices.Index(t.own, label))
	}
	return places
}

// Columns is the task for a head whose columns have these names, in their order; of is the
// task that the names are labels of, where that is known. Names are the same without regard
// to case, blanks around them, and whether a blank, a hyphen or an underscore joins words;
// numbers are compared by value, and the labels of a task of GLUE have further names. Every
// label must be one name and every name one label. Only where the user's training file has
// fewer labels than there are names may further names stay: then they are labels, too. It is
// false where names and labels do not match.
func (t *Task) Columns(names []string, of string) (*Task, bool) {
	exact := func(label string) []string { return []string{label} }
	ordered, ok := t.ordered(names, exact, exact)
	if !ok {
		ordered, ok = t.ordered(names, t.known, func(name string) []string { return alike(of, name) })
	}
	if !ok {
		return nil, false
	}
	n := *t
	n.own, n.Labels = slices.Clone(t.Own()), ordered
	for _, label := range ordered {
		if !slices.Contains(n.own, label) {
			n.own = append(n.own, label)
		}
	}
	if t.files != nil && t.Kind == Classification {
		sortLabels(n.own)
		n.Metrics = ownMetrics(len(ordered))
	}
	return &n, true
}

// known are the folded names of one of the task's labels.
func (t *Task) known(label string) []string { return alike(t.Name, label) }

// alike are the folded names that mean the same as a label of a task.
func alike(task, label string) []string {
	names := []string{fold(label)}
	for own, others := range meanings[task] {
		if fold(own) == names[0] || slices.Contains(others, names[0]) {
			names = append(append(names, fold(own)), others...)
		}
	}
	return names
}

// fold is the one form of names that are alike.
func fold(name string) string {
	name = strings.TrimSpace(name)
	if key, _, _ := keyOf(name); key.kind == numberLabel {
		if whole, ok := key.number.integer(); ok {
			return whole
		}
	}
	return strings.NewReplacer(" ", "_", "-", "_").Replace(cases.Fold().String(name))
}

// ordered are the labels by the columns of names, where the forms of each label meet those of
// exactly one name.
func (t *Task) ordered(names []string, ofLabel, ofName func(string) []string) ([]string, bool) {
	more := t.files != nil && len(names) > len(t.Labels)
	if len(names) != len(t.Labels) && !more || len(names) > mostLabels {
		return nil, false
	}
	columns := map[string]int{} // of each form of the names
	for i, name := range names {
		for _, form := range ofName(name) {
			if other, taken := columns[form]; taken && other != i {
				return nil, false
			}
			columns[form] = i
		}
	}
	labels, taken := slices.Clone(names), make([]bool, len(names))
	for _, label := range t.Labels {
		found := -1
		for _, form := range ofLabel(label) {
			if i, ok := columns[form]; ok && found >= 0 && i != found {
				return nil, false
			} else if ok {
				found = i
			}
		}
		if found < 0 || taken[found] {
			return nil, false
		}
		labels[found], taken[found] = label, true
	}
	return labels, true
}

var genericName = regexp.MustCompile(`^(?i:LABEL_)?([0-9]+)$`)

// Unnamed says that names tell nothing of what the columns mean: there are none, or each is
// the number of its column, with or without LABEL_ before it, as Transformers makes them up.
func Unnamed(names []string) bool {
	for i, name := range names {
		m := genericName.FindStringSubmatch(strings.TrimSpace(name))
		if m == nil || m[1] != strconv.Itoa(i) {
			return false
		}
	}
	return true
}

// Listed is a list of labels for a message: in quotes, and cut where it is long.
func Listed(labels []string) string { return listed(labels) }
