// Package datacheck looks for what is wrong with texts and labels before they are trained on: texts in both
// splits, texts with two labels, labels that look alike, rare labels, empty texts, texts that are too long.
package datacheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
)

// Kind is what a finding is about.
type Kind string

// The kinds of findings, the worst first.
const (
	EmptyText     Kind = "empty_text"     // training refuses them
	BadLabel      Kind = "bad_label"      // training refuses them
	UnknownLabel  Kind = "unknown_label"  // of dev, and training has none of it
	Overlap       Kind = "overlap"        // of train and dev
	Conflict      Kind = "conflict"       // the same text with different labels
	LookAlike     Kind = "look_alike"     // labels that differ by case, blanks or unseen letters, and count as different
	RareLabel     Kind = "rare_label"     // fewer than enough examples in train
	MissingInDev  Kind = "missing_in_dev" // labels that dev has no example of
	Truncated     Kind = "truncated"      // texts with more tokens than are read
	LabelVariants Kind = "label_variants" // labels that are written in several ways and count as one
	Duplicate     Kind = "duplicate"      // the same text with the same label
)

// enough is how many examples a label has at least in training, so as not to be called rare.
const enough = 10

// Finding is one thing that is wrong, with the rows where it is.
type Finding struct {
	Kind  Kind   `json:"kind"`
	Count int    `json:"count"` // of texts, rows or labels, as Text says
	Text  string `json:"text"`  // in words, with the count
	Cases []Case `json:"cases"` // the first of them, mostCases at most
}

// Case is one instance of a finding: the rows that belong together.
type Case struct {
	What string `json:"what,omitempty"` // the label that it is about
	Rows []Row  `json:"rows"`           // mostRows at most
	More int    `json:"more,omitempty"` // rows left out
}

// Row is where something is.
type Row struct {
	Split   string `json:"split"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`    // from 1
	Element int    `json:"element,omitempty"` // of a JSON array, from 1
	Label   string `json:"label"`             // as it is written
}

// A report keeps so many cases of a finding and rows of a case.
const (
	mostCases = 1000
	mostRows  = 100
)

// Data is what is looked at.
type Data struct {
	Kind       data.Kind
	Train, Dev []data.Raw
}

// Find lists what is wrong, and what else was found, the worst first. Rows are compared by their texts but for blanks.
func Find(d Data, more ...Finding) []Finding {
	texts := gather(d)
	all := append(more, emptyTexts(d), badLabels(d))
	if d.Kind != data.Regression {
		labels := gatherLabels(d)
		all = append(all, labels.unknown(), labels.lookAlike(), labels.rare(), labels.missing(), labels.variants())
	}
	all = append(all, texts.overlap(), texts.conflicts(), texts.duplicates())
	all = slices.DeleteFunc(all, func(f Finding) bool { return f.Count == 0 })
	slices.SortStableFunc(all, func(a, b Finding) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return all
}

var order = []Kind{EmptyText, BadLabel, UnknownLabel, Overlap, Conflict, LookAlike, RareLabel, MissingInDev, Truncated, LabelVariants, Duplicate}

// add adds a case of rows to a finding.
func (f *Finding) add(what string, rows []Row) {
	f.Count++
	if len(f.Cases) < mostCases {
		n := min(len(rows), mostRows)
		f.Cases = append(f.Cases, Case{What: what, Rows: slices.Clone(rows[:n]), More: len(rows) - n})
	}
}

// say sets the finding's words: of one, and of several with their number.
func (f Finding) say(one, several string) Finding {
	if f.Text = one; f.Count != 1 {
		f.Text = fmt.Sprintf(several, f.Count)
	}
	return f
}

func rowOf(split string, r *data.Raw) Row {
	return Row{Split: split, File: r.Path, Line: r.Line, Element: r.Element, Label: r.Label}
}

// each goes through the rows of both splits.
func (d Data) each(visit func(split string, r *data.Raw)) {
	for i := range d.Train {
		visit("train", &d.Train[i])
	}
	for i := range d.Dev {
		visit("dev", &d.Dev[i])
	}
}

func empty(s string) bool { return strings.TrimSpace(s) == "" }

func emptyTexts(d Data) Finding {
	f := Finding{Kind: EmptyText}
	d.each(func(split string, r *data.Raw) {
		if empty(r.A) || r.B != nil && empty(*r.B) {
			f.add("", []Row{rowOf(split, r)})
		}
	})
	return f.say("1 row has an empty text: training refuses it", "%d rows have an empty text: training refuses them")
}

func badLabels(d Data) Finding {
	f := Finding{Kind: BadLabel}
	d.each(func(split string, r *data.Raw) {
		if r.Fault != "" {
			f.add(r.Fault, []Row{rowOf(split, r)})
		}
	})
	return f.say("the label of 1 row cannot be read: training refuses it", "the labels of %d rows cannot be read: training refuses them")
}
