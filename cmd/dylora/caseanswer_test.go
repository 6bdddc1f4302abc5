package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// folderCase is a case.json: a command on a folder, and what must come of it.
type folderCase struct {
	answer
	Kind            string          `json:"kind"` // predict, merge, slice, train or eval
	Expect          string          `json:"expect"`
	Mention         oneOrMore       `json:"mention"` // words of the message, of which one suffices
	Then            []answer        `json:"then"`    // commands afterwards
	Out             string          `json:"out"`     // folder that is written
	Config          map[string]any  `json:"config"`  // what its configuration must hold
	Files           []string        `json:"files"`   // of the base, which it must hold unchanged
	Tensors         string          `json:"tensors"` // file of the tensors that are not the base's
	Same            []string        `json:"same"`    // names of those that are
	TensorTolerance float64         `json:"tensor_tolerance"`
	LabelSet        []string        `json:"label_set"`
	LabelCounts     map[string]int  `json:"label_counts"`
	Examples        json.RawMessage `json:"examples"` // by split, or of the one that is measured
	Metrics         map[string]float64
}

// answer is a command that predicts and what it must print, a row for each input.
type answer struct {
	Args          []string      `json:"args"`
	Labels        []oneOrMore   `json:"labels"` // of the columns; several names of one label count alike
	Probabilities [][]float64   `json:"probabilities"`
	Also          [][][]float64 `json:"also"` // other tables that are right too
	Scores        []float64     `json:"scores"`
	Tolerance     float64       `json:"tolerance"`
}

// oneOrMore is a text or a list of texts.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(o))
}

// has says whether a name is one of these, without regard to case.
func (o oneOrMore) has(name string) bool {
	return slices.ContainsFunc(o, func(s string) bool { return strings.EqualFold(s, name) })
}

// prediction is a line that predict prints with --json.
type prediction struct {
	Label         any                `json:"label"`
	Score         *float64           `json:"score"`
	Probabilities map[string]float64 `json:"probabilities"`
}

// compare holds the lines that were printed against the table, or any of the tables.
func (a answer) compare(out string) (err error) {
	var rows []prediction
	for line := range strings.Lines(out) {
		var p prediction
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			return fmt.Errorf("%.80q is not an object of a line: %w", line, err)
		}
		rows = append(rows, p)
	}
	for _, table := range append([][][]float64{a.Probabilities}, a.Also...) {
		if e := a.compareTable(rows, table); e == nil {
			return nil
		} else if err == nil {
			err = e
		}
	}
	return err
}

func (a answer) compareTable(rows []prediction, table [][]float64) error {
	tolerance := cmp.Or(a.Tolerance, 1e-4)
	if want := max(len(table), len(a.Scores)); len(rows) != want || want == 0 {
		return fmt.Errorf("%d lines, want %d", len(rows), want)
	}
	for i, row := range rows {
		if a.Scores != nil {
			if row.Score == nil || !(math.Abs(*row.Score-a.Scores[i]) <= tolerance) {
				return fmt.Errorf("line %d: score %v, want %v", i+1, row, a.Scores[i])
			}
			continue
		}
		if err := a.compareRow(row, table[i], tolerance); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return nil
}

func (a answer) compareRow(row prediction, want []float64, tolerance float64) error {
	if len(row.Probabilities) != len(a.Labels) {
		return fmt.Errorf("probabilities of %d labels, want %d: %v", len(row.Probabilities), len(a.Labels), row.Probabilities)
	}
	got := make([]float64, len(want))
	for i, names := range a.Labels {
		found := false
		for name, p := range row.Probabilities {
			if names.has(name) {
				got[i], found = p, true
			}
		}
		if !found {
			return fmt.Errorf("no label %s among %v", names, row.Probabilities)
		}
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			return fmt.Errorf("%s has %v, want %v of %v", names, row.Probabilities, want[i], want)
		}
	}
	top, near, sum := slices.Index(want, slices.Max(want)), 0, 0.0
	for _, p := range want {
		sum += p
		if math.Abs(p-want[top]) <= 2*tolerance {
			near++
		}
	}
	if near == 1 && math.Abs(sum-1) < 1e-3 && !a.Labels[top].has(fmt.Sprint(row.Label)) {
		return fmt.Errorf("the label is %v, want %s", row.Label, a.Labels[top])
	}
	return nil
}

// TestCaseAnswers: the comparison of predictions finds what is wrong.
func TestCaseAnswers(t *testing.T) {
	a := answer{Labels: []oneOrMore{{"yes", "1"}, {"no"}}, Probabilities: [][]float64{{0.3, 0.7}}, Also: [][][]float64{{{0.9, 0.1}}}}
	score := answer{Scores: []float64{1.5}}
	for _, tt := range []struct {
		a    answer
		out  string
		want string // part of the error; "": none
	}{
		{a, `{"label": "NO", "probabilities": {"1": 0.3, "No": 0.7}}`, ""},
		{a, `{"label": "yes", "probabilities": {"yes": 0.9, "no": 0.1}}`, ""},
		{a, `{"label": "no", "probabilities": {"yes": 0.7, "no": 0.3}}`, "[yes 1] has"},
		{a, `{"label": "no", "probabilities": {"yes": 0.3, "no": 0.6997}}`, "[no] has"},
		{a, `{"label": "yes", "probabilities": {"yes": 0.3, "no": 0.7}}`, "the label is yes"},
		{a, `{"label": "no", "probabilities": {"a": 0.3, "no": 0.7}}`, "no label [yes 1]"},
		{a, `{"label": "no", "probabilities": {"yes": 0.3, "no": 0.7, "b": 0}}`, "of 3 labels"},
		{a, ``, "0 lines, want 1"},
		{a, `no`, "not an object"},
		{score, `{"score": 1.5}`, ""},
		{score, `{"score": 1.6}`, "score"},
		{score, `{"label": "no"}`, "score"},
	} {
		switch err := tt.a.compare(tt.out); {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.out, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.out, err, tt.want)
		}
	}
}
