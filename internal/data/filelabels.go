package data

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

const (
	mostLabels    = 1000 // of a classification
	longestLabel  = 200  // bytes
	mostSpellings = 4000 // of labels that are remembered, so that they are parsed once
)

// labels gathers those of a column as its rows are read.
type labels struct {
	*labelSet
	column string
	known  map[string]bool // spellings that have been added
}

func newLabels(f Files) *labels { return &labels{newLabelSet(), f.Label, map[string]bool{}} }

// add takes a label without blanks around it.
func (l *labels) add(at place, label string) error {
	if l.known[label] {
		return nil
	}
	if len(label) > longestLabel {
		return fault.Because(LongLabel, at.errorf(l.column, "has %d bytes, no label is so long", len(label)))
	}
	if rival := l.labelSet.add(at, label); rival != nil {
		return at.errorf(l.column, "is %.40q, but %s has %.40q: write them alike if they are one label, and as words if not", label, rival.at.from(at), rival.text)
	}
	if len(l.found) > mostLabels {
		return fault.Because(ManyLabels, at.errorf(l.column, "is the label %.40q, one more than %d different ones", label, mostLabels))
	}
	if len(l.known) < mostSpellings {
		l.known[strings.Clone(label)] = true
	}
	return nil
}

// findLabels reads the training file's column of labels.
func (f Files) findLabels() ([]string, error) {
	found := newLabels(f)
	_, err := f.rows(f.Train, []field{{name: f.Label, single: true}}, func(at place, values []string) error {
		label := strings.TrimSpace(values[0])
		if label == "" {
			return at.errorf(f.Label, "is empty: every example of training needs its label")
		}
		return found.add(at, label)
	})
	if err != nil {
		return nil, err
	}
	labels := found.names()
	if len(labels) == 1 {
		return nil, fault.Invalidf("%s: column %q holds %.40q in every row: there is nothing to learn", f.Train, f.Label, labels[0])
	}
	return labels, nil
}

// sortLabels orders whole numbers by value and anything else as text.
func sortLabels(labels []string) {
	whole := !slices.ContainsFunc(labels, func(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err != nil })
	slices.SortFunc(labels, func(a, b string) int {
		if !whole {
			return cmp.Compare(a, b)
		}
		x, _ := strconv.ParseInt(a, 10, 64) // checked above
		y, _ := strconv.ParseInt(b, 10, 64)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b)) // 1 and +1 and 01 stay apart
	})
}
